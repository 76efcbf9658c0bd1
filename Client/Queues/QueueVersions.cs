using OrleansTasks.Queues;
using OrleansTasks.Storage;

namespace OrleansTasks.Client.Queues;

/// <summary>
/// Sends every change of a queue with the version that it replaces, even if the caller gave none. Otherwise a change
/// that times out and is executed late could undo a newer one; with a version, it is refused as a conflict.
/// </summary>
internal static class QueueVersions
{
    /// <summary>
    /// How often to retry after conflicts with other callers. Of the changes tried at once, one succeeds, so each round
    /// makes progress.
    /// </summary>
    private const int MostTries = 100;

    /// <summary>Returns the version of a queue's settings; 0 if the queue does not exist.</summary>
    public static async Task<long> Of(IQueueReaderGrain reader, string name)
    {
        if ((await reader.ListSettings()).FirstOrDefault(settings => settings.Name == name) is { } settings)
            return settings.Version;
        var exists = name == QueueSettings.DefaultQueue
            || (await reader.List()).Any(status => status.Queue == name);
        return exists ? QueueSettings.DefaultOf(name).Version : 0;
    }

    /// <summary>
    /// Makes a change. A change without a version is tried again with the new version if another caller changed the
    /// queue first.
    /// </summary>
    public static async Task<QueueReply> Put(
        IQueueReaderGrain reader, string name, QueueChange change, Func<QueueChange, Task<QueueReply>> put)
    {
        if (change.Version is not null)
            return await put(change);
        for (var tries = 0; tries < MostTries; tries++)
        {
            if (await put(change with { Version = await Of(reader, name) }) is { IsConflict: false } reply)
                return reply;
        }

        throw Busy();
    }

    /// <summary>Deletes a queue, whatever the version of its settings.</summary>
    public static async Task<QueueDeletion> Delete(IQueueReaderGrain reader, string name, Func<long, Task<QueueDeletion>> delete)
    {
        for (var tries = 0; tries < MostTries; tries++)
        {
            if (await delete(await Of(reader, name)) is not QueueDeletion.Conflict and var outcome)
                return outcome;
        }

        throw Busy();
    }

    private static StoreUnavailableException Busy() => new("Other requests are changing the queue at the same time.");
}
