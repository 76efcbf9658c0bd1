namespace OrleansTasks.ApiClient;

/// <summary>A notification, which tells people about events by mail or in a chat.</summary>
public sealed record NotificationDetails
{
    /// <summary>The name.</summary>
    public string Name { get; init; } = "";

    /// <summary>The kinds of events that it reports: failed, recovered, late and attention.</summary>
    public IReadOnlyList<string> On { get; init; } = [];

    /// <summary>Whether it sends nothing.</summary>
    public bool Paused { get; init; }

    /// <summary>When the last message was sent; null for never.</summary>
    public DateTimeOffset? SentAt { get; init; }

    /// <summary>How many events wait for the next message.</summary>
    public long Waiting { get; init; }

    /// <summary>When sending began to fail; null if the last try succeeded.</summary>
    public DateTimeOffset? FailingSince { get; init; }

    /// <summary>Why the last try failed; null if it succeeded.</summary>
    public string? Failure { get; init; }
}

/// <summary>The outcome of a test of a notification.</summary>
public sealed record NotificationTest
{
    /// <summary>Whether the target took the message.</summary>
    public bool Sent { get; init; }

    /// <summary>Why the target did not take it; null if it did.</summary>
    public string? Failure { get; init; }
}
