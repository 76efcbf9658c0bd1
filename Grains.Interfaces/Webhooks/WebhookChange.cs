namespace OrleansTasks.Webhooks;

/// <summary>A change of a webhook; what is null stays.</summary>
/// <param name="Url">Where events go from now on.</param>
/// <param name="Types">Which events go there. Of a type that is new, those go that happen from now on, and earlier ones
/// that the webhook has not come to with other types of the same source.</param>
/// <param name="Paused">Whether nothing is sent until it is resumed. Events of that time are sent then.</param>
[GenerateSerializer, Immutable, Alias("ot.WebhookChange")]
public sealed record WebhookChange(
    [property: Id(0)] string? Url,
    [property: Id(1)] WebhookTypes? Types,
    [property: Id(2)] bool? Paused);
