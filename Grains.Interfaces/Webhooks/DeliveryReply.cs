namespace OrleansTasks.Webhooks;

/// <summary>The answer to a call that tries a delivery at once.</summary>
/// <param name="Outcome">What became of the call; <see cref="WebhookOutcome.Done"/> also when the target did not accept.</param>
/// <param name="Delivery">The delivery after the try; null when there was none.</param>
[GenerateSerializer, Immutable, Alias("ot.DeliveryReply")]
public sealed record DeliveryReply([property: Id(0)] WebhookOutcome Outcome, [property: Id(1)] WebhookDelivery? Delivery)
{
    /// <summary>There is no such webhook or delivery.</summary>
    public static DeliveryReply NotFound { get; } = new(WebhookOutcome.NotFound, null);

    /// <summary>Too many tries wait that somebody has asked for.</summary>
    public static DeliveryReply TooMany { get; } = new(WebhookOutcome.TooMany, null);
}
