using OrleansTasks.Client.Tasks;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Feed;

/// <summary>Counts batches, and waits for all of one to end.</summary>
/// <param name="grains">Counts.</param>
/// <param name="waits">Waits.</param>
public sealed class BatchWaits(GatewayGrains grains, CommitWaits waits)
{
    /// <summary>Whether every task of the counts has ended.</summary>
    public static bool HasEnded(TaskSummary summary) => summary.ByState.All(state => state.Key.IsFinal());

    /// <summary>
    /// Returns the counts of a batch as soon as all its tasks have ended, or as they are when the wait is over; null
    /// when there is no such batch.
    /// </summary>
    public async Task<TaskSummary?> WaitUntilEnded(TaskId batch, TimeSpan wait, CancellationToken aborted)
    {
        var filter = TaskFilter.All with { Batch = batch };
        var summary = await grains.Tasks.Summarize(filter, aborted);
        if (summary.Total == 0)
            return null;
        return HasEnded(summary) || wait <= TimeSpan.Zero
            || await grains.Tasks.Match(filter, null, 1, aborted) is not [var first, ..]
            ? summary
            : await waits.Until(first.Queue, () => grains.Tasks.Summarize(filter, aborted), HasEnded, wait, aborted);
    }
}
