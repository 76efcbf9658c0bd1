using System.Diagnostics.CodeAnalysis;

namespace OrleansTasks.Tasks;

/// <summary>
/// Finds chunks that take far longer than others of their job, when nothing waits and slots are free. Times are Unix
/// milliseconds.
/// </summary>
internal sealed class Stragglers(OpenTasks tasks, NodeSet nodes)
{
    private const long LeastTime = 3_000;
    private const double Factor = 3;
    private const long Period = 500;
    private long lookAt;

    /// <summary>Whether it is time to look, and a second run would take nothing from anybody.</summary>
    public bool IsTime(long now)
    {
        if (tasks.Counts.Queued > 0 || nodes.Ranks.IsEmpty || now < lookAt || !tasks.Ready.IsComplete)
            return false;
        lookAt = now + Period;
        return true;
    }

    /// <summary>The longest running straggler of a job, with a node that can run it a second time.</summary>
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
