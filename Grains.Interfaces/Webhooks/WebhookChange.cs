namespace OrleansTasks.Webhooks;

/// <summary>
/// A change to a webhook. A null property leaves its setting unchanged. Events of an added type are sent from now on,
/// or from the webhook's current position if it already reads the source of that type. Events that occur during a pause
/// are sent when the pause ends.
/// </summary>
[GenerateSerializer, Immutable, Alias("ot.WebhookChange")]
public sealed record WebhookChange(
    [property: Id(0)] string? Url,
    [property: Id(1)] WebhookTypes? Types,
    [property: Id(2)] bool? Paused)
{
    /// <summary>The lists of the filter that change; null if none does.</summary>
    [Id(3)] public WebhookFilter? Filter { get; init; }
}
