namespace OrleansTasks.Webhooks;

/// <summary>The answer to a call that concerns a webhook.</summary>
/// <param name="Outcome">What became of it.</param>
/// <param name="Webhook">The webhook as it is now; null when nothing was done.</param>
/// <param name="Secret">The secret, of a webhook that was made or got a new one; null in every other answer.</param>
/// <param name="Fault">Why the address was refused; null when it was not.</param>
[GenerateSerializer, Immutable, Alias("ot.WebhookReply")]
public sealed record WebhookReply(
    [property: Id(0)] WebhookOutcome Outcome,
    [property: Id(1)] WebhookView? Webhook,
    [property: Id(2)] string? Secret,
    [property: Id(3)] string? Fault)
{
    /// <summary>There is no such webhook.</summary>
    public static WebhookReply NotFound { get; } = new(WebhookOutcome.NotFound, null, null, null);

    /// <summary>There are too many webhooks.</summary>
    public static WebhookReply TooMany { get; } = new(WebhookOutcome.TooMany, null, null, null);

    /// <summary>It was done.</summary>
    public static WebhookReply Of(WebhookView webhook, string? secret = null) => new(WebhookOutcome.Done, webhook, secret, null);

    /// <summary>The address was refused.</summary>
    public static WebhookReply Refused(string fault) => new(WebhookOutcome.Refused, null, null, fault);
}
