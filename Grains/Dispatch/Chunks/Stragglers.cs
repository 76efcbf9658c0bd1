using System.Diagnostics.CodeAnalysis;

namespace OrleansTasks.Dispatch.Chunks;

/// <summary>
/// Finds stragglers: chunks of data jobs that have been running for three times the usual time of their job's chunks,
/// and for 3 s at least. <see cref="Matching"/> gives a straggler a second run on another node; the chunk ends with the
/// run that succeeds first (<see cref="ChunkRuns"/>). Matching looks for stragglers only while nothing is queued and a
/// node has room, so that a second run takes no room from a task that waits. It looks within the dispatcher's rounds,
/// and no timer starts a round for a look: without other work, a straggler may wait some seconds. Times are Unix
/// milliseconds, durations milliseconds.
/// </summary>
internal sealed class Stragglers(OpenTasks tasks, NodeSet nodes)
{
    /// <summary>A chunk that has run for less is no straggler, however short the others are.</summary>
    private const long LeastRunTime = 3_000;

    /// <summary>How many times the usual time of its job's chunks a straggler takes at least.</summary>
    private const double Factor = 3;

    /// <summary>The least time between two looks: each goes through all open chunks of the queue.</summary>
    private const long LookPeriod = 500;
    private long nextLook;

    /// <summary>
    /// Whether to look for stragglers now: no task or chunk run is queued, all stored tasks have been read, a node has
    /// room, and the last look was 500 ms ago or earlier. True counts as a look: the caller then asks
    /// <see cref="TryFind"/> about every open job.
    /// </summary>
    public bool IsTime(long now)
    {
        if (tasks.Counts.Queued > 0 || nodes.Ranks.IsEmpty || now < nextLook || !tasks.Ready.IsComplete)
            return false;
        nextLook = now + LookPeriod;
        return true;
    }

    /// <summary>
    /// Finds the job's straggler that has run longest among those without a second run, and another node with room that
    /// would do for it. False when there is no straggler or no such node; the out values mean nothing then.
    /// A look finds one chunk of each job at most.
    /// </summary>
    /// <param name="job">
    /// The job. It has no stragglers while chunks of it are parked (have no run until fewer chunks are open), because
    /// these come first; nor before one of its chunks has succeeded in this activation, because the usual time is not
    /// known yet.
    /// </param>
    /// <param name="now">The time.</param>
    /// <param name="slot">The straggler's only run: its slot in the task table.</param>
    /// <param name="node">The node for the second run.</param>
    public bool TryFind(DispatchJob job, long now, out int slot, [NotNullWhen(true)] out DispatchNode? node)
    {
        (slot, node) = (-1, null);
        if (job.Usual <= 0 || job.Parked.Count > 0)
            return false;
        // A run that started later is no straggler, or not the longest one.
        var latestStart = LatestStart(job, now);
        foreach (var (no, first) in job.Open)
        {
            if (tasks[first].Lease is not { StartedAt: > 0 } held || held.StartedAt > latestStart || job.Seconds.ContainsKey(no))
                continue;
            latestStart = held.StartedAt;
            slot = first;
        }

        if (slot < 0)
            return false;
        ref var task = ref tasks[slot];
        var holder = task.Lease!.Node;
        // When no other node will do, this returns the holder: a second run on the same node would be no help.
        node = nodes.Ranks.LeastLoaded(task.Signature, avoid: holder.Id);
        return node is not null && node != holder;
    }

    /// <summary>
    /// Whether a run is a straggler that started at a time, 0 if not yet. False before a chunk of the job has succeeded
    /// in this activation.
    /// </summary>
    public static bool IsOne(DispatchJob job, long startedAt, long now) =>
        startedAt > 0 && job.Usual > 0 && startedAt <= LatestStart(job, now);

    private static long LatestStart(DispatchJob job, long now) => now - (long)Math.Max(LeastRunTime, Factor * job.Usual);

    /// <summary>The wall clock was set forward by <paramref name="by"/> milliseconds (negative: back).</summary>
    public void ClockStepped(long by) => nextLook += by;
}
