using OrleansTasks.Queues;

namespace OrleansTasks.Tasks;

/// <summary>
/// Gives ready tasks to nodes with room: by priority, then by order; to the node that the queue's placement names.
/// </summary>
internal sealed class Matching(
    OpenTasks tasks, NodeSet nodes, LeaseBook leases, OpenJobs jobs, ChunkRuns chunks, SlotDemands demands)
{
    private readonly Stragglers stragglers = new(tasks, nodes);
    private readonly RingTurn queueTurn = new("");
    private readonly List<Signature> candidates = [];
    private Placement placement;

    /// <summary>Takes the queue's settings.</summary>
    public void Configure(QueueSettings settings) => placement = settings.Placement;

    /// <summary>Assigns what can be assigned, up to a number; false when there may be more.</summary>
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

    /// <summary>A node that could not start the last attempt will hardly start the next one.</summary>
    private static string? NodeToAvoid(in TaskSlot task) =>
        task.Detail is LastAttempt { Reason: EndReason.SpawnFailed } last ? last.Node : null;

    private DispatchNode? NodeFor(Signature signature, string? avoid) => TurnOf(signature) is { } turn
        ? nodes.Ranks.NextInTurn(signature, turn.LastNode)
        : nodes.Ranks.LeastLoaded(signature, avoid);

    private RingTurn? TurnOf(Signature signature) => signature.Ring ?? (placement == Placement.RoundRobin ? queueTurn : null);

    private void Assign(int slot, DispatchNode node, long now, CommitDraft draft)
    {
        ref var task = ref tasks[slot];
        if (TurnOf(task.Signature) is { } turn)
        {
            turn.LastNode = node.Id;
            demands.TurnMoved();
        }

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
