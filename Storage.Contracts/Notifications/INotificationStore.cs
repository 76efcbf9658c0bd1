using OrleansTasks.Audit;

namespace OrleansTasks.Storage.Notifications;

/// <summary>
/// Notifications, with the position of each in the stored events. All methods throw
/// <see cref="StoreUnavailableException"/>; those that write also throw <see cref="OutcomeUnknownException"/>.
/// </summary>
public interface INotificationStore
{
    /// <summary>Returns whether there is a notification.</summary>
    Task<bool> Any();

    /// <summary>Returns all notifications by name.</summary>
    Task<ImmutableArray<NotificationRow>> List();

    /// <summary>
    /// Stores a row whose number is one more than the stored number, or 1 if there is no row of this name.
    /// Otherwise changes nothing and returns false: another owner has written.
    /// </summary>
    Task<bool> Put(NotificationRow row, AuditRecord? audit = null);

    /// <summary>Deletes a notification. Returns false if no row with this number is stored.</summary>
    Task<bool> Delete(string name, long number, AuditRecord? audit = null);
}

/// <summary>A stored notification. Times are Unix milliseconds.</summary>
/// <param name="Name">The name.</param>
/// <param name="Number">Counts the writes of the row, from 1.</param>
/// <param name="Body">The settings, as JSON in UTF-8.</param>
/// <param name="CreatedAt">When it was created.</param>
/// <param name="ChangedAt">When its settings were last changed.</param>
public sealed record NotificationRow(
    string Name, long Number, ReadOnlyMemory<byte> Body, long CreatedAt, long ChangedAt)
{
    /// <summary>The number of the last commit of the log whose events a message has reported.</summary>
    public long LogSeen { get; init; }

    /// <summary>The number of the last event of resources that a message has reported.</summary>
    public long ResourcesSeen { get; init; }

    /// <summary>
    /// The definitions and schedules that fail, and the items that need attention, in the grain's own JSON.
    /// </summary>
    public ReadOnlyMemory<byte> Known { get; init; }

    /// <summary>When the last message was sent; 0 for never.</summary>
    public long SentAt { get; init; }

    /// <summary>When sending began to fail; 0 if the last try succeeded.</summary>
    public long FailingSince { get; init; }

    /// <summary>Why the last try failed; null if it succeeded.</summary>
    public string? Failure { get; init; }
}
