using OrleansTasks.Queues;
using OrleansTasks.Storage;

namespace OrleansTasks.Client.Queues;

/// <summary>
/// Has every change of a queue name the version that it changes, also when its user names none. A change may be executed
/// late, after its user got no answer and has changed the queue again: it then meets another version and changes nothing.
/// </summary>
internal static class QueueVersions
{
    /// <summary>How often a change is tried because others change the queue, too: one of those who try at once succeeds.</summary>
    private const int MostTries = 100;

    /// <summary>The version of a queue's settings; 0 when there is no such queue.</summary>
    public static async Task<long> Of(IQueueReaderGrain reader, string name)
    {
        if ((await reader.ListSettings()).FirstOrDefault(settings => settings.Name == name) is { } settings)
            return settings.Version;
        var exists = name == QueueSettings.DefaultQueue
            || (await reader.List()).Any(status => status.Queue == name);
        return exists ? QueueSettings.DefaultOf(name).Version : 0;
    }

    /// <summary>
    /// Makes a change. A change that names no version itself is tried again when others have changed the queue meanwhile.
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

    /// <summary>Deletes a queue, whatever version its settings have.</summary>
    public static async Task<QueueDeletion> Delete(IQueueReaderGrain reader, string name, Func<long, Task<QueueDeletion>> delete)
    {
        for (var tries = 0; tries < MostTries; tries++)
        {
            if (await delete(await Of(reader, name)) is not QueueDeletion.Conflict and var outcome)
                return outcome;
        }

        throw Busy();
    }

    private static StoreUnavailableException Busy() => new("Others change the queue at the same time.");
}
