using OrleansTasks.Audit;

namespace OrleansTasks.Storage.Notifications;

/// <summary>
/// Notifications, and how far each of them is in the stored events. All methods throw
/// <see cref="StoreUnavailableException"/>; those that write also throw <see cref="OutcomeUnknownException"/>.
/// </summary>
public interface INotificationStore
{
    /// <summary>Returns whether there is a notification.</summary>
    Task<bool> Any();

    /// <summary>Returns all notifications by name.</summary>
    Task<ImmutableArray<NotificationRow>> List();

    /// <summary>
    /// Stores a notification whose stored number is the one before that of the row, or which is new if its number is 1.
    /// Otherwise changes nothing and returns false: another owner has written.
    /// </summary>
    Task<bool> Put(NotificationRow row, AuditRecord? audit = null);

    /// <summary>Deletes a notification with this number. Returns false if there is none.</summary>
    Task<bool> Delete(string name, long number, AuditRecord? audit = null);
}

/// <summary>A stored notification. Times are Unix milliseconds.</summary>
/// <param name="Name">The name.</param>
/// <param name="Number">Counts the writes of the row, from 1.</param>
/// <param name="Body">The settings, as JSON in UTF-8.</param>
/// <param name="CreatedAt">When it was created.</param>
/// <param name="ChangedAt">When its settings were last changed.</param>
public sealed record NotificationRow(string Name, long Number, ReadOnlyMemory<byte> Body, long CreatedAt, long ChangedAt)
{
    /// <summary>The number of the last commit of the log whose events were told.</summary>
    public long LogSeen { get; init; }

    /// <summary>The number of the last event of resources that was told.</summary>
    public long ResourcesSeen { get; init; }

    /// <summary>What has failed and not succeeded since, and what needed attention, as the grain writes it.</summary>
    public ReadOnlyMemory<byte> Known { get; init; }

    /// <summary>When the last message was sent; 0 for never.</summary>
    public long SentAt { get; init; }

    /// <summary>When the first of the tries failed since the last success; 0 if the last one succeeded.</summary>
    public long FailingSince { get; init; }

    /// <summary>Why the last try failed; null if it succeeded.</summary>
    public string? Failure { get; init; }
}
