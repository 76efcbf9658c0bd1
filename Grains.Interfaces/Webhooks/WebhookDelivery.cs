namespace OrleansTasks.Webhooks;

/// <summary>One event on its way to one webhook's target, or a note that events were missed.</summary>
/// <param name="N">Its number among the webhook's deliveries, from 1, in the order in which they were first tried.</param>
/// <param name="Message">What the target gets as <c>webhook-id</c>, the same at every try.</param>
/// <param name="Event">The event's JSON, which is the body of the request.</param>
/// <param name="At">When it was last tried, in Unix milliseconds.</param>
/// <param name="State">How it stands.</param>
/// <param name="Tries">How often it was tried.</param>
/// <param name="Status">The HTTP status of the last try; null when there was none.</param>
/// <param name="TookMillis">How long the last try took.</param>
/// <param name="NextTryAt">When it is tried again, in Unix milliseconds; null when it is not.</param>
/// <param name="Answer">The beginning of the last answer's body, or what went wrong; null when there is nothing.</param>
[GenerateSerializer, Immutable, Alias("ot.WebhookDelivery")]
public sealed record WebhookDelivery(
    [property: Id(0)] long N,
    [property: Id(1)] string Message,
    [property: Id(2)] ReadOnlyMemory<byte> Event,
    [property: Id(3)] long At,
    [property: Id(4)] DeliveryState State,
    [property: Id(5)] int Tries,
    [property: Id(6)] int? Status,
    [property: Id(7)] long TookMillis,
    [property: Id(8)] long? NextTryAt,
    [property: Id(9)] string? Answer);
