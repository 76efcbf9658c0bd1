using OrleansTasks.Queues;
using OrleansTasks.Storage;

namespace OrleansTasks.Nodes;

/// <summary>
/// The partitions that a node may speak of: those that have spoken to its grain, and those that are stored. A dispatcher is made by
/// being called, and makes its partition thereby; so a name that only a worker has said must not be called. After a restart
/// workers hold leases of partitions that have not been heard of yet: the store tells whether there are such.
/// </summary>
internal sealed class KnownPartitions(ITaskStore store)
{
    private static readonly HashSet<PartitionKey> None = [];
    private readonly HashSet<PartitionKey> known = [];
    private Task reading = Task.CompletedTask;
    private Task? next;

    /// <summary>A partition's dispatcher has called.</summary>
    public void Note(PartitionKey partition) => known.Add(partition);

    /// <summary>
    /// Those of <paramref name="named"/> that do not exist. The store is read only when one has not been heard of, by one reading at a
    /// time; throws <see cref="StoreUnavailableException"/> when it cannot be.
    /// </summary>
    public async ValueTask<IReadOnlySet<PartitionKey>> Invented(IEnumerable<PartitionKey> named)
    {
        var unknown = Unknown(named);
        if (unknown.Count == 0)
            return unknown;
        await Read();
        return Unknown(unknown);
    }

    /// <summary>Those of <paramref name="named"/> that have not been heard of, whether they exist or not.</summary>
    public IReadOnlySet<PartitionKey> Unknown(IEnumerable<PartitionKey> named)
    {
        HashSet<PartitionKey>? unknown = null;
        foreach (var partition in named)
        {
            if (!known.Contains(partition))
                (unknown ??= []).Add(partition);
        }

        return unknown ?? None;
    }

    /// <summary>A reading that begins from now on: an earlier one may have missed a partition that is new.</summary>
    private Task Read() => reading.IsCompleted ? reading = List() : next ??= ReadAfter(reading);

    private async Task ReadAfter(Task before)
    {
        try
        {
            await before;
        }
        catch (StoreUnavailableException)
        {
            // Those who wait for it are told.
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
