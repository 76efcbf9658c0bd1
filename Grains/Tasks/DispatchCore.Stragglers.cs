namespace OrleansTasks.Tasks;

/// <summary>
/// Stragglers: when nothing waits and slots are free, a chunk that takes far longer than others get a second run on another node. It is
/// known in memory only and stands for the same chunk: the run whose end is committed first ends it, and the other is dropped by the
/// same commit, so that what it reports later is refused by its token.
/// </summary>
internal sealed partial class DispatchCore
{
    private const long LeastStraggle = 3_000;
    private const double StraggleFactor = 3;
    private const long StraggleLook = 500;
    private long straggleLookAt;

    /// <summary>Gives chunks that take too long a second run, one a job at a time.</summary>
    private void RunStragglersTwice(long now, CommitDraft draft)
    {
        if (jobs.Count == 0 || queued > 0 || withCredit.Count == 0 || now < straggleLookAt || horizon is not null)
            return;
        straggleLookAt = now + StraggleLook;
        foreach (var job in jobs.Values)
        {
            if (job.Usual > 0 && job.Parked.Count == 0 && FindStraggler(job, now) is { } slot && OtherNode(in tasks[slot]) is { } node)
                AssignSecond(job, slot, node, now, draft);
        }
    }

    private int? FindStraggler(DispatchJob job, long now)
    {
        var before = now - (long)Math.Max(LeastStraggle, StraggleFactor * job.Usual);
        int? found = null;
        foreach (var (no, slot) in job.Open)
        {
            if (tasks[slot].Lease is not { StartedAt: > 0 } held || held.StartedAt > before || job.Seconds.ContainsKey(no))
                continue;
            before = held.StartedAt;
            found = slot;
        }

        return found;
    }

    private DispatchNode? OtherNode(in TaskSlot task)
    {
        foreach (var rank in withCredit)
        {
            if (rank.Node != task.Lease!.Node && rank.Node.Meets(task.Signature))
                return rank.Node;
        }

        return null;
    }

    private void AssignSecond(DispatchJob job, int first, DispatchNode node, long now, CommitDraft draft)
    {
        var plan = tasks[first].Chunk!.Plan;
        var slot = AddSlot(job.SecondId(plan.No), new DispatchChunk(job, plan, isSecond: true), now);
        job.Seconds.Add(plan.No, slot);
        ref var task = ref tasks[slot];
        task.Policy = job.Retry with { MaxAttempts = 1 };
        Assign(ref task, slot, node, now, draft);
    }

    /// <summary>One run of a chunk has ended it: the other is over.</summary>
    private void DropOther(DispatchChunk ended, long now, CommitDraft draft)
    {
        if ((ended.IsSecond ? ended.Job.Open : ended.Job.Seconds).TryGetValue(ended.Plan.No, out var other))
            DropChunk(other, now, draft);
    }
}
