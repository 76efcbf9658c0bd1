namespace OrleansTasks.Webhooks;

/// <summary>
/// An event (the JSON body) on its way to a webhook's target, or a note that events were missed. The deliveries of a
/// webhook are numbered from 1 in the order of their first tries. All tries send <paramref name="Message"/> as the
/// header <c>webhook-id</c>. Status, duration and answer (the start of the body, or the error) are those of the last
/// try. Times are in Unix milliseconds.
/// </summary>
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
