using System.Diagnostics.CodeAnalysis;

namespace OrleansTasks.Dispatch.Chunks;

/// <summary>
/// Finds stragglers: chunks that have run for at least 3 s and at least three times as long as the job's chunks usually
/// do. Looks only while nothing is queued, so that a second run takes no room from a waiting task, and only within
/// rounds: no timer starts a round for it, so a straggler may wait for some seconds. Times are Unix milliseconds,
/// durations milliseconds.
/// </summary>
internal sealed class Stragglers(OpenTasks tasks, NodeSet nodes)
{
    private const long LeastRunTime = 3_000;

    private const double Factor = 3;

    // A look goes through all open chunks of the queue.
    private const long LookPeriod = 500;
    private long nextLook;

    /// <summary>
    /// Begins a look if one is due, and returns whether it did. The caller then must try every open job; the next look
    /// is 500 ms later.
    /// </summary>
    public bool TryBeginLook(long now)
    {
        // Until recovery has read all tasks, the count of waiting tasks may be too low. Without room on any node, no
        // second run could start.
        if (tasks.Counts.Queued > 0 || nodes.Ranks.IsEmpty || now < nextLook || !tasks.Ready.IsComplete)
            return false;
        nextLook = now + LookPeriod;
        return true;
    }

    /// <summary>
    /// Finds a job's longest-running straggler without a second run, and another node with room for it. Finds none
    /// while chunks are parked, because they come first, or before a chunk has succeeded in this activation.
    /// </summary>
    public bool TryFind(DispatchJob job, long now, out int slot, [NotNullWhen(true)] out DispatchNode? node)
    {
        (slot, node) = (-1, null);
        if (job.Usual <= 0 || job.Parked.Count > 0)
            return false;
        // A run that started later ran for a shorter time: it cannot be the longest straggler.
        var latestStart = LatestStart(job, now);
        foreach (var (no, first) in job.Open)
        {
            if (tasks[first].Lease is not { StartedAt: > 0 } held || held.StartedAt > latestStart
                || job.SecondRuns.ContainsKey(no))
                continue;
            latestStart = held.StartedAt;
            slot = first;
        }

        if (slot < 0)
            return false;
        ref var task = ref tasks[slot];
        var holder = task.Lease!.Node;
        // LeastLoaded returns the holder if no other node fits; a second run there would not help.
        node = nodes.Ranks.LeastLoaded(task.Signature, now, avoid: holder.Id);
        return node is not null && node != holder;
    }

    /// <summary>
    /// Returns whether a run that started at this time (0: not yet) is a straggler; false without a usual time.
    /// </summary>
    public static bool IsOne(DispatchJob job, long startedAt, long now) =>
        startedAt > 0 && job.Usual > 0 && startedAt <= LatestStart(job, now);

    private static long LatestStart(DispatchJob job, long now) => now - (long)Math.Max(LeastRunTime, Factor * job.Usual);

    /// <summary>Moves the next look by the milliseconds the clock was set forward (negative: back).</summary>
    public void ClockStepped(long by) => nextLook += by;
}
