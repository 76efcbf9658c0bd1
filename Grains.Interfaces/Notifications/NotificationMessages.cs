namespace OrleansTasks.Notifications;

/// <summary>A notification as it is stored. Times are Unix milliseconds.</summary>
/// <param name="Name">The name.</param>
/// <param name="Body">The body, as JSON in UTF-8.</param>
/// <param name="CreatedAt">When it was created.</param>
/// <param name="ChangedAt">When its settings were last changed.</param>
[GenerateSerializer, Immutable, Alias("ot.NotificationView")]
public sealed record NotificationView(
    [property: Id(0)] string Name, [property: Id(1)] ReadOnlyMemory<byte> Body, [property: Id(2)] long CreatedAt,
    [property: Id(3)] long ChangedAt)
{
    /// <summary>When the last message was sent; 0 for never.</summary>
    [Id(4)] public long SentAt { get; init; }

    /// <summary>When sending began to fail; 0 if the last try succeeded.</summary>
    [Id(5)] public long FailingSince { get; init; }

    /// <summary>Why the last try failed; null if it succeeded.</summary>
    [Id(6)] public string? Failure { get; init; }

    /// <summary>How many events wait for the next message.</summary>
    [Id(7)] public long Waiting { get; init; }
}

/// <summary>An item that needs attention.</summary>
/// <param name="Key">The code of the item, a space, and its target.</param>
/// <param name="Title">What is wrong, in one line.</param>
[GenerateSerializer, Immutable, Alias("ot.AttentionNote")]
public sealed record AttentionNote([property: Id(0)] string Key, [property: Id(1)] string Title);

/// <summary>The outcome of a change of a notification. Never renumber.</summary>
public enum NotificationOutcome
{
    /// <summary>The notification was changed or deleted, or the test was sent.</summary>
    Done = 0,

    /// <summary>The notification is new.</summary>
    Created = 1,

    /// <summary>There are too many notifications.</summary>
    TooMany = 2,

    /// <summary>The notification does not exist.</summary>
    NotFound = 3,

    /// <summary>The target is not allowed, or no mail server is set up.</summary>
    Refused = 4,

    /// <summary>A notification of this name exists, and the call only creates.</summary>
    Exists = 5,
}

/// <summary>The reply to a change.</summary>
/// <param name="Outcome">The outcome.</param>
/// <param name="Notification">The notification as it is now; null unless the outcome is Done or Created.</param>
/// <param name="Fault">Why it was refused, or why a test failed; null otherwise.</param>
[GenerateSerializer, Immutable, Alias("ot.NotificationReply")]
public sealed record NotificationReply(
    [property: Id(0)] NotificationOutcome Outcome, [property: Id(1)] NotificationView? Notification,
    [property: Id(2)] string? Fault);
