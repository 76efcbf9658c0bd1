using OrleansTasks.Storage;

namespace OrleansTasks.Nodes;

/// <summary>
/// The queues whose dispatchers a node's grain may call: those whose dispatchers have called the grain,
/// and those in the store. A dispatcher is the grain that owns a queue.
/// The grain asks at registrations, heartbeats and reports of its worker. It drops reports on a queue that does
/// not exist, and has the worker kill the queue's attempts.
/// The grain must not call a dispatcher only because a worker has named its queue: the call would activate the
/// dispatcher, which stores the queue, so a worker could create queues by inventing names.
/// The store is read mostly after a restart, when workers hold attempts of queues whose dispatchers have not called
/// this activation yet. The set only grows, because queues are never deleted.
/// Only the turns of the grain use this class; calls interleave at the awaits.
/// </summary>
/// <param name="store">Lists the queues that exist.</param>
internal sealed class KnownQueues(ITaskStore store)
{
    private static readonly HashSet<string> None = [];
    private readonly HashSet<string> known = [];

    // The latest read of the store; complete when none is running.
    private Task reading = Task.CompletedTask;

    // The read that begins when the running one has ended; null when no caller waits for it.
    private Task? next;

    /// <summary>Records that a dispatcher has called this grain or sent commands to it: its queue exists.</summary>
    public void Note(string queue) => known.Add(queue);

    /// <summary>
    /// Returns the queues in <paramref name="named"/> that do not exist.
    /// Reads the store only when a queue is not known.
    /// </summary>
    /// <exception cref="StoreUnavailableException">
    /// The store cannot be read. <see cref="FindUnknown"/> tells which queues are in doubt.
    /// </exception>
    public async ValueTask<IReadOnlySet<string>> FindNonexistent(IEnumerable<string> named)
    {
        var unknown = FindUnknown(named);
        if (unknown.Count == 0)
            return unknown;
        await Read();
        return FindUnknown(unknown);
    }

    /// <summary>
    /// Returns the queues in <paramref name="named"/> that are not known; they may exist all the same.
    /// Does not read the store.
    /// </summary>
    public IReadOnlySet<string> FindUnknown(IEnumerable<string> named)
    {
        HashSet<string>? unknown = null;
        foreach (var queue in named)
        {
            if (!known.Contains(queue))
                (unknown ??= []).Add(queue);
        }

        return unknown ?? None;
    }

    /// <summary>
    /// Reads the store.
    /// Does not join a read that is running, because that read may miss a queue that was created since it began.
    /// All calls during a read share the next one.
    /// </summary>
    private Task Read() => reading.IsCompleted ? reading = List() : next ??= ReadAfter(reading);

    private async Task ReadAfter(Task before)
    {
        try
        {
            await before;
        }
        catch (StoreUnavailableException)
        {
            // The callers that wait for the earlier read get this exception. The next read tries again.
        }
        finally
        {
            next = null;
        }

        await (reading = List());
    }

    private async Task List()
    {
        foreach (var status in await store.ListQueues())
            known.Add(status.Queue);
    }
}
