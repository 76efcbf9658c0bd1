namespace OrleansTasks.Webhooks;

/// <summary>A webhook as it is shown: without its secret.</summary>
/// <param name="Id">Its id, which sorts by time of creation.</param>
/// <param name="Url">Where events go.</param>
/// <param name="Types">Which events go there.</param>
/// <param name="Paused">Whether nothing is sent until it is resumed.</param>
/// <param name="CreatedAt">Unix milliseconds.</param>
/// <param name="FailingSince">
/// When the first of its tries failed after which none has succeeded, in Unix milliseconds; null when the last try succeeded, or
/// there was none.
/// </param>
/// <param name="Open">How many deliveries were tried, have failed, and will be tried again.</param>
[GenerateSerializer, Immutable, Alias("ot.WebhookView")]
public sealed record WebhookView(
    [property: Id(0)] string Id,
    [property: Id(1)] string Url,
    [property: Id(2)] WebhookTypes Types,
    [property: Id(3)] bool Paused,
    [property: Id(4)] long CreatedAt,
    [property: Id(5)] long? FailingSince,
    [property: Id(6)] int Open);
