namespace OrleansTasks.Webhooks;

/// <summary>
/// A change of a webhook; null leaves a part as it is. Events of an added type are sent from now on, or from the
/// webhook's position if it already reads the source of that type. Events of a pause are sent when the pause ends.
/// </summary>
[GenerateSerializer, Immutable, Alias("ot.WebhookChange")]
public sealed record WebhookChange(
    [property: Id(0)] string? Url,
    [property: Id(1)] WebhookTypes? Types,
    [property: Id(2)] bool? Paused);
