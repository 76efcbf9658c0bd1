namespace OrleansTasks.Webhooks;

/// <summary>
/// A webhook without its secret. Ids sort by time of creation. <paramref name="FailingSince"/> is when the first try
/// since the last success failed; null if the last try succeeded. <paramref name="Open"/> is the number of failed
/// deliveries that will be tried again. Times are in Unix milliseconds.
/// </summary>
[GenerateSerializer, Immutable, Alias("ot.WebhookView")]
public sealed record WebhookView(
    [property: Id(0)] string Id,
    [property: Id(1)] string Url,
    [property: Id(2)] WebhookTypes Types,
    [property: Id(3)] bool Paused,
    [property: Id(4)] long CreatedAt,
    [property: Id(5)] long? FailingSince,
    [property: Id(6)] int Open)
{
    /// <summary>Which events of its types the webhook receives; null from a silo that knows no filters.</summary>
    [Id(7)] public WebhookFilter? Filter { get; init; }

    /// <summary>When the target answered 410 Gone, which paused the webhook; null if it did not.</summary>
    [Id(8)] public long? GoneAt { get; init; }
}
