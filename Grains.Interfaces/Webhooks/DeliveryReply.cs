namespace OrleansTasks.Webhooks;

/// <summary>A delivery after a requested try. Outcome is Done even if the target did not accept the delivery.</summary>
[GenerateSerializer, Immutable, Alias("ot.DeliveryReply")]
public sealed record DeliveryReply([property: Id(0)] WebhookOutcome Outcome, [property: Id(1)] WebhookDelivery? Delivery)
{
    /// <summary>There is no such webhook or delivery. Nothing was tried.</summary>
    public static DeliveryReply NotFound { get; } = new(WebhookOutcome.NotFound, null);

    /// <summary>Too many requested tries are waiting. Nothing was tried.</summary>
    public static DeliveryReply TooMany { get; } = new(WebhookOutcome.TooMany, null);
}
