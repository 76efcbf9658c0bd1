using OrleansTasks.Queues;
using OrleansTasks.Storage;

namespace OrleansTasks.Nodes;

/// <summary>
/// The partitions that a node's grain may call: partitions whose dispatchers have called the grain, and partitions in
/// the store. Calling a dispatcher creates its partition, so the grain must not call a partition only because a worker
/// has named it. After a restart, workers hold leases of partitions whose dispatchers have not called yet.
/// The store then decides whether such a partition exists.
/// </summary>
internal sealed class KnownPartitions(ITaskStore store)
{
    private static readonly HashSet<PartitionKey> None = [];
    private readonly HashSet<PartitionKey> known = [];
    private Task reading = Task.CompletedTask;
    private Task? next;

    /// <summary>Records that the dispatcher of a partition has called.</summary>
    public void Note(PartitionKey partition) => known.Add(partition);

    /// <summary>
    /// Returns the partitions in <paramref name="named"/> that do not exist.
    /// Reads the store only when a partition is not known. Calls that arrive during a read share the next read.
    /// </summary>
    /// <exception cref="StoreUnavailableException">The store cannot be read.</exception>
    public async ValueTask<IReadOnlySet<PartitionKey>> FindNonexistent(IEnumerable<PartitionKey> named)
    {
        var unknown = FindUnknown(named);
        if (unknown.Count == 0)
            return unknown;
        await Read();
        return FindUnknown(unknown);
    }

    /// <summary>
    /// Returns the partitions in <paramref name="named"/> that are not known, whether they exist or not.
    /// Does not read the store.
    /// </summary>
    public IReadOnlySet<PartitionKey> FindUnknown(IEnumerable<PartitionKey> named)
    {
        HashSet<PartitionKey>? unknown = null;
        foreach (var partition in named)
        {
            if (!known.Contains(partition))
                (unknown ??= []).Add(partition);
        }

        return unknown ?? None;
    }

    /// <summary>
    /// Reads the store. Does not join a read that has begun, because that read may miss a partition that was created
    /// since.
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
            // The callers that wait for this read get the exception.
        }

        next = null;
        await (reading = List());
    }

    private async Task List()
    {
        foreach (var status in await store.ListPartitions())
            known.Add(status.Partition);
    }
}
