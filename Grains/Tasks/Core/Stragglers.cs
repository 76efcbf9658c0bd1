using System.Diagnostics.CodeAnalysis;

namespace OrleansTasks.Tasks;

/// <summary>
/// Finds stragglers: running chunks that take three times as long as others of their job, and at least 3 s, when nothing waits and slots
/// are free. Times are Unix milliseconds, durations milliseconds.
/// </summary>
internal sealed class Stragglers(OpenTasks tasks, NodeSet nodes)
{
    private const long LeastTime = 3_000;
    private const double Factor = 3;
    private const long Period = 500;
    private long lookAt;

    /// <summary>
    /// Whether to look for stragglers now: no task is queued or still to be recovered, a node has room, and the last time was 500 ms ago.
    /// True counts as having looked: the caller goes through all jobs then.
    /// </summary>
    public bool IsTime(long now)
    {
        if (tasks.Counts.Queued > 0 || nodes.Ranks.IsEmpty || now < lookAt || !tasks.Ready.IsComplete)
            return false;
        lookAt = now + Period;
        return true;
    }

    /// <summary>
    /// The longest running straggler of a job that has one run, with another node that has room for a second one. False when there is
    /// none; the values mean nothing then.
    /// </summary>
    /// <param name="job">The job. One with parked chunks, or without a chunk that has succeeded, has no stragglers.</param>
    /// <param name="now">The time.</param>
    /// <param name="slot">The slot of the straggler's run in the task table.</param>
    /// <param name="node">The node for the second run.</param>
    public bool TryFind(DispatchJob job, long now, out int slot, [NotNullWhen(true)] out DispatchNode? node)
    {
        (slot, node) = (-1, null);
        if (job.Usual <= 0 || job.Parked.Count > 0)
            return false;
        var before = now - (long)Math.Max(LeastTime, Factor * job.Usual);
        foreach (var (no, first) in job.Open)
        {
            if (tasks[first].Lease is not { StartedAt: > 0 } held || held.StartedAt > before || job.Seconds.ContainsKey(no))
                continue;
            before = held.StartedAt;
            slot = first;
        }

        if (slot < 0)
            return false;
        ref var task = ref tasks[slot];
        var holder = task.Lease!.Node;
        node = nodes.Ranks.LeastLoaded(task.Signature, avoid: holder.Id);
        return node is not null && node != holder;
    }

    /// <summary>The wall clock was set by so many milliseconds.</summary>
    public void ClockStepped(long by) => lookAt += by;
}
