namespace OrleansTasks.ApiClient;

/// <summary>Times in which a queue starts no tasks: those of a calendar, or from one time to another.</summary>
public sealed record Blackout
{
    /// <summary>The name of a calendar; null if there are times.</summary>
    public string? Calendar { get; init; }

    /// <summary>The start; null if there is a calendar.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>The end, exclusive; null if there is a calendar.</summary>
    public DateTimeOffset? To { get; init; }
}
