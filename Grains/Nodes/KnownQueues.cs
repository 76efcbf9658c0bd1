using OrleansTasks.Storage;

namespace OrleansTasks.Nodes;

/// <summary>
/// The queues whose dispatchers a node's grain may call: those that have called it, and those in the store, which is
/// read mostly after a restart. A call creates its queue, so without this check a worker could create queues by
/// inventing names. When the set has doubled, the store is read to forget deleted queues. Only turns of the grain use
/// this class; calls interleave at the awaits.
/// </summary>
internal sealed class KnownQueues(ITaskStore store)
{
    /// <summary>Up to this number of queues, none is forgotten.</summary>
    internal const int FewQueues = 4_096;

    private static readonly HashSet<string> None = [];
    private HashSet<string> known = [];

    // Those that have called since the running read began, which may not list them.
    private HashSet<string> called = [];
    private int most = FewQueues;

    private Task reading = Task.CompletedTask;

    // The read that starts when the running one has ended; null if no caller waits for it.
    private Task? next;

    /// <summary>Notes a queue that has called.</summary>
    public void Note(string queue)
    {
        known.Add(queue);
        if (!reading.IsCompleted)
            called.Add(queue);
        else if (known.Count > most)
            Read().FireAndForget();
    }

    /// <summary>Returns the named queues that do not exist. Reads the store only for unknown ones.</summary>
    /// <exception cref="StoreUnavailableException">
    /// The store cannot be read. <see cref="FindUnknown"/> shows which queues are in doubt.
    /// </exception>
    public async ValueTask<IReadOnlySet<string>> FindNonexistent(IEnumerable<string> named)
    {
        var unknown = FindUnknown(named);
        if (unknown.Count == 0)
            return unknown;
        await Read();
        return FindUnknown(unknown);
    }

    /// <summary>Returns the named queues that are not known; they may exist. Does not read the store.</summary>
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
    /// Reads the store. Does not join a running read, which may miss a queue created since it began; calls during a
    /// read share the next one.
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
            // The callers of the earlier read get this exception. The next read tries again.
        }
        finally
        {
            next = null;
        }

        await (reading = List());
    }

    private async Task List()
    {
        called = [];
        // If the store cannot be read, as many queues again may call before the next try.
        most = known.Count + FewQueues;
        var listed = await store.ListQueues();
        known = [.. listed.Where(static status => !status.IsRetired).Select(static status => status.Queue), .. called];
        most = Math.Max(FewQueues, 2 * known.Count);
    }
}
