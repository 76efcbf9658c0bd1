using OrleansTasks.Client.Tasks;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Feed;

/// <summary>Counts a batch's tasks, and waits for all of them to end.</summary>
/// <param name="grains">Counts tasks.</param>
/// <param name="waits">Waits for the commits of the batch's queue.</param>
public sealed class BatchWaits(GatewayGrains grains, CommitWaits waits)
{
    /// <summary>Returns whether all counted tasks have ended.</summary>
    public static bool HasEnded(TaskSummary summary) => summary.ByState.All(state => state.Key.IsFinal());

    /// <summary>
    /// Returns a batch's counts when all its tasks have ended, or its current counts when the wait is over; null if the
    /// batch does not exist.
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
