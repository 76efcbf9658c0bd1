namespace OrleansTasks.Webhooks;

/// <summary>Sends one request to a webhook's target. In production over HTTP; simulations and tests have targets of their own.</summary>
public interface IWebhookSender
{
    /// <summary>
    /// Says why nothing may be sent to an address, as far as the address itself shows it; null when it shows nothing. The
    /// addresses behind a name are checked when a connection is made.
    /// </summary>
    string? RefusalOf(Uri url);

    /// <summary>
    /// Makes one try. Every failure of the target is an answer, and no exception: only a cancellation throws,
    /// <see cref="OperationCanceledException"/>.
    /// </summary>
    Task<WebhookAnswer> Send(WebhookRequest request, CancellationToken cancellation);
}
