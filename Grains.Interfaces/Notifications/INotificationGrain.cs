namespace OrleansTasks.Notifications;

/// <summary>
/// Reads stored events and sends notifications. Every method throws
/// <see cref="OrleansTasks.Storage.StoreUnavailableException"/> if the store is unreachable.
/// </summary>
[Alias("ot.INotificationGrain")]
public interface INotificationGrain : IGrainWithStringKey
{
    /// <summary>The key of the only grain of this type.</summary>
    const string OnlyKey = "notifications";

    /// <summary>Creates a notification, for events from now on, or replaces its settings.</summary>
    [Alias("Put")]
    Task<NotificationReply> Put(string name, ReadOnlyMemory<byte> body);

    /// <summary>Creates a notification, for events from now on. Changes nothing if there is one of this name.</summary>
    [Alias("Create")]
    Task<NotificationReply> Create(string name, ReadOnlyMemory<byte> body);

    /// <summary>Deletes a notification. Returns false if it does not exist.</summary>
    [Alias("Delete")]
    Task<bool> Delete(string name);

    /// <summary>Returns all notifications by name. One that cannot be read says so as its failure.</summary>
    [Alias("List")]
    Task<ImmutableArray<NotificationView>> List();

    /// <summary>Sends a test message.</summary>
    [Alias("Test")]
    Task<NotificationReply> Test(string name);

    /// <summary>
    /// Reports everything that needs attention, as one gateway sees it. Each gateway calls this every ten seconds.
    /// </summary>
    [Alias("Attend")]
    Task Attend(ImmutableArray<AttentionNote> notes);

    /// <summary>Keeps the grain active, so that it reads events.</summary>
    [Alias("EnsureActive")]
    Task EnsureActive();
}
