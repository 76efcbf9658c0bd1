namespace OrleansTasks.Notifications;

/// <summary>An event that a message tells.</summary>
/// <param name="Kind">The kind; none for a test.</param>
/// <param name="Text">The event in words.</param>
internal sealed record NotificationEvent(NotificationKinds Kind, string Text)
{
    /// <summary>What it is about: <c>task</c>, <c>job</c> and so on; empty for what needs attention.</summary>
    public string Type { get; init; } = "";

    /// <summary>The id of what it is about.</summary>
    public string Id { get; init; } = "";

    /// <summary>The state, such as <c>failed</c>.</summary>
    public string State { get; init; } = "";

    /// <summary>What it is about, and what started it; null if unknown.</summary>
    public EventOrigin? Origin { get; init; }

    /// <summary>Returns the value of a template's field; empty if the event has none.</summary>
    public string ValueOf(string field) => field switch
    {
        "event.kind" => Kind == NotificationKinds.None ? "test" : Kind.ToString().ToLowerInvariant(),
        "event.text" => Text,
        "event.type" => Type,
        "event.id" => Id,
        "event.name" => Origin?.Name ?? "",
        "event.queue" => Origin?.Queue ?? "",
        "event.state" => State,
        "event.why" => Origin?.Why ?? "",
        "event.definition" => Origin?.Definition ?? "",
        "event.schedule" => Origin?.Schedule ?? "",
        _ => LabelOf(field[MessageTemplate.LabelPrefix.Length..]),
    };

    private string LabelOf(string key) =>
        Origin?.Labels.FirstOrDefault(label => label.Key == key) is { Key: not null } found ? found.Value : "";
}
