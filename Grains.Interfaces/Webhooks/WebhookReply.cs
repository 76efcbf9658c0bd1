namespace OrleansTasks.Webhooks;

/// <summary>
/// The answer to a call about a webhook. Webhook is null if nothing was done. Only creations and rotations return the
/// secret, and only a refused address has a fault.
/// </summary>
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

    /// <summary>Creates a successful reply.</summary>
    public static WebhookReply Of(WebhookView webhook, string? secret = null) => new(WebhookOutcome.Done, webhook, secret, null);

    /// <summary>Creates the reply for an address that was refused.</summary>
    public static WebhookReply Refused(string fault) => new(WebhookOutcome.Refused, null, null, fault);
}
