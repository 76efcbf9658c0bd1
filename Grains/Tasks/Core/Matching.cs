using OrleansTasks.Queues;

namespace OrleansTasks.Tasks;

/// <summary>
/// Gives ready tasks and chunk runs to nodes with room: by priority, then by order; to the next node in turn when the queue's placement or
/// the job says so, else to the least loaded one. Assignments are in memory at once; their start commands are in the draft and are sent
/// after the commit. Times are Unix milliseconds.
/// </summary>
internal sealed class Matching(
    OpenTasks tasks, NodeSet nodes, LeaseBook leases, OpenJobs jobs, ChunkRuns chunks, SlotDemands demands)
{
    private readonly Stragglers stragglers = new(tasks, nodes);
    private readonly RingTurn queueTurn = new("");
    private readonly List<Signature> candidates = [];
    private Placement placement;

    /// <summary>Takes the queue's settings: at the start, and whenever they change. Assignments stay as they are.</summary>
    public void Configure(QueueSettings settings) => placement = settings.Placement;

    /// <summary>
    /// Assigns what can be assigned, up to <paramref name="most"/> ready tasks; false when that left some that could be assigned at once.
    /// Called at the end of every round, after what ends, becomes due or lapses in it. Parked chunks are opened before, and stragglers
    /// of jobs get their second runs, which <paramref name="most"/> does not count.
    /// </summary>
    public bool Match(int most, long now, CommitDraft draft)
    {
        if (jobs.Count > 0)
        {
            jobs.Unpark(now);
            RunStragglersTwice(now, draft);
        }

        if (tasks.Counts.Queued == 0 || nodes.Ranks.IsEmpty)
            return true;
        candidates.Clear();
        foreach (var signature in tasks.Ready.Signatures.All)
        {
            if (signature.ReadyCount > 0 && NodeFor(signature, avoid: null) is not null)
                candidates.Add(signature);
        }

        for (var priority = ReadyIndex.HighestPriority; priority >= 0 && candidates.Count > 0; priority--)
        {
            while (tasks.Ready.TryFirst(candidates, priority, out var slot))
            {
                ref var task = ref tasks[slot];
                // Assigning only takes room: a signature that finds no node now finds none in the rest of this round.
                if (NodeFor(task.Signature, NodeToAvoid(in task)) is not { } node)
                {
                    candidates.Remove(task.Signature);
                    continue;
                }

                if (most-- == 0)
                    return false;
                Assign(slot, node, now, draft);
            }
        }

        return true;
    }

    /// <summary>The wall clock was set by so many milliseconds.</summary>
    public void ClockStepped(long by) => stragglers.ClockStepped(by);

    /// <summary>The node that could not start the last attempt, and will hardly start the next one; null when there is none.</summary>
    private static string? NodeToAvoid(in TaskSlot task) =>
        task.Detail is LastAttempt { Reason: EndReason.SpawnFailed } last ? last.Node : null;

    /// <summary>The node for the next task of a signature; null when none with room will do. Turns avoid no node.</summary>
    private DispatchNode? NodeFor(Signature signature, string? avoid) => TurnOf(signature) is { } turn
        ? nodes.Ranks.NextInTurn(signature, turn.LastNode)
        : nodes.Ranks.LeastLoaded(signature, avoid);

    /// <summary>The turn by which tasks of a signature go around the nodes; null when they go to the least loaded one.</summary>
    private RingTurn? TurnOf(Signature signature) => signature.Ring ?? (placement == Placement.RoundRobin ? queueTurn : null);

    private void Assign(int slot, DispatchNode node, long now, CommitDraft draft)
    {
        ref var task = ref tasks[slot];
        if (TurnOf(task.Signature) is { } turn)
        {
            turn.LastNode = node.Id;
            demands.TurnMoved(task.Signature.IsOfChunks);
        }

        // Grant comes first: the command and the row show the attempt and the lease that it makes.
        var held = leases.Grant(ref task, slot, node, now);
        tasks.Move(ref task, slot, TaskTrigger.Assign);
        draft.For(node.Id, node.Session).Start.Add(leases.CommandFor(held, draft));
        tasks.Record(draft, ref task);
    }

    private void RunStragglersTwice(long now, CommitDraft draft)
    {
        if (!stragglers.IsTime(now))
            return;
        foreach (var job in jobs.All)
        {
            if (stragglers.TryFind(job, now, out var first, out var node))
                Assign(chunks.AddSecond(job, first, now), node, now, draft);
        }
    }
}
