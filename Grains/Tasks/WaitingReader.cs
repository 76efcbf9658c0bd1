using Microsoft.Extensions.Logging;
using OrleansTasks.Storage;

namespace OrleansTasks.Tasks;

/// <summary>
/// Reads a partition's waiting tasks into its core page by page, in matching order, while the partition already takes
/// work. What operations name meanwhile is taken in ahead of its page.
/// </summary>
internal sealed class WaitingReader(ITaskStore store, DispatchCore core, PartitionWriter writer, int pageSize, ILogger logger)
{
    private const long LeastPause = 50;
    private const long MostPause = 2_000;
    private (int Priority, long Order) last = (ReadyIndex.HighestPriority + 1, 0);
    private long pause = LeastPause;

    /// <summary>Whether all have been read.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>When to read again after a failure, by the steady clock; 0 when at once.</summary>
    public long RetryAt { get; private set; }

    /// <summary>Nothing beyond the pages that have been read is given to nodes.</summary>
    public void Begin() => core.SetHorizon(last.Priority, last.Order);

    /// <summary>Reads the next page; a store that cannot be read is asked again after a pause.</summary>
    public async Task ReadPage(Func<long> readClock, long steadyNow)
    {
        ImmutableArray<OpenTask> page;
        try
        {
            page = await store.LoadWaiting(writer.Number, last.Priority, last.Order, pageSize, CancellationToken.None);
        }
        catch (StoreUnavailableException exception)
        {
            logger.WaitingNotRead(core.Partition, exception);
            RetryAt = steadyNow + pause;
            pause = Math.Min(MostPause, 2 * pause);
            return;
        }

        (RetryAt, pause) = (0, LeastPause);
        var now = readClock();
        foreach (var task in page)
            core.Load(task, now);
        if (page.Length < pageSize)
        {
            IsComplete = true;
            core.ClearHorizon();
            logger.Recovered(core.Partition, core.OpenCount);
            return;
        }

        last = (page[^1].Priority, page[^1].Row.Order);
        core.SetHorizon(last.Priority, last.Order);
    }

    /// <summary>Takes in what operations have looked up.</summary>
    public void Take(Lookup lookup, long now)
    {
        foreach (var task in lookup.Tasks)
        {
            if (!task.Row.State.IsFinal())
                core.Load(task, now);
        }
    }
}
