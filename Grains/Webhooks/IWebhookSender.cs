namespace OrleansTasks.Webhooks;

/// <summary>Sends a request to a webhook's target: over HTTP in production, to fakes in simulations.</summary>
public interface IWebhookSender
{
    /// <summary>
    /// Returns why the URL itself is not allowed, or null. IP addresses behind a name are checked on connecting.
    /// </summary>
    string? RefusalOf(Uri url);

    /// <summary>
    /// Makes one try. Every failure of the target is an answer; only cancellation throws
    /// (<see cref="OperationCanceledException"/>).
    /// </summary>
    Task<WebhookAnswer> Send(WebhookRequest request, CancellationToken cancellation);
}
