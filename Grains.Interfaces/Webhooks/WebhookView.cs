namespace OrleansTasks.Webhooks;

/// <summary>
/// A webhook without its secret. Its id sorts by creation. <paramref name="FailingSince"/> is the first failed try
/// since the last success, null if the last try succeeded. <paramref name="Open"/> counts failed deliveries that will
/// be tried again. Times are Unix milliseconds.
/// </summary>
[GenerateSerializer, Immutable, Alias("ot.WebhookView")]
public sealed record WebhookView(
    [property: Id(0)] string Id,
    [property: Id(1)] string Url,
    [property: Id(2)] WebhookTypes Types,
    [property: Id(3)] bool Paused,
    [property: Id(4)] long CreatedAt,
    [property: Id(5)] long? FailingSince,
    [property: Id(6)] int Open);
