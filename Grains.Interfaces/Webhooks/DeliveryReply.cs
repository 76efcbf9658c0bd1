namespace OrleansTasks.Webhooks;

/// <summary>A delivery after a requested try; the outcome is Done even if the target did not accept it.</summary>
[GenerateSerializer, Immutable, Alias("ot.DeliveryReply")]
public sealed record DeliveryReply([property: Id(0)] WebhookOutcome Outcome, [property: Id(1)] WebhookDelivery? Delivery)
{
    /// <summary>No such webhook or delivery; nothing was tried.</summary>
    public static DeliveryReply NotFound { get; } = new(WebhookOutcome.NotFound, null);

    /// <summary>Too many requested tries are waiting; nothing was tried.</summary>
    public static DeliveryReply TooMany { get; } = new(WebhookOutcome.TooMany, null);
}
