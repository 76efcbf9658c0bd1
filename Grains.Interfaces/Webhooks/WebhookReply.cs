namespace OrleansTasks.Webhooks;

/// <summary>
/// Answer to a call about a webhook, which is null if nothing was done. Only creations and rotations return the secret;
/// only a refused address has a fault.
/// </summary>
[GenerateSerializer, Immutable, Alias("ot.WebhookReply")]
public sealed record WebhookReply(
    [property: Id(0)] WebhookOutcome Outcome,
    [property: Id(1)] WebhookView? Webhook,
    [property: Id(2)] string? Secret,
    [property: Id(3)] string? Fault)
{
    /// <summary>No such webhook.</summary>
    public static WebhookReply NotFound { get; } = new(WebhookOutcome.NotFound, null, null, null);

    /// <summary>Too many webhooks.</summary>
    public static WebhookReply TooMany { get; } = new(WebhookOutcome.TooMany, null, null, null);

    /// <summary>Creates a successful reply.</summary>
    public static WebhookReply Of(WebhookView webhook, string? secret = null) => new(WebhookOutcome.Done, webhook, secret, null);

    /// <summary>Creates the reply to an address that was refused.</summary>
    public static WebhookReply Refused(string fault) => new(WebhookOutcome.Refused, null, null, fault);
}
