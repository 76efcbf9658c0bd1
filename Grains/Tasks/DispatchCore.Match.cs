using OrleansTasks.Queues;

namespace OrleansTasks.Tasks;

internal sealed partial class DispatchCore
{
    private readonly SortedSet<LoadRank> withCredit = [];
    private readonly SortedSet<string> ring = new(StringComparer.Ordinal);
    private Placement placement;
    private readonly RingTurn placementTurn = new("");
    private readonly List<Signature> candidates = [];
    private (int Priority, long Order)? horizon;

    /// <summary>
    /// While a partition is being recovered: the last task that has been read, in matching order. What comes after it waits, since
    /// tasks that come before may not have been read yet. Null once all are read.
    /// </summary>
    public void SetHorizon(int priority, long order) => horizon = (priority, order);

    /// <summary>All waiting tasks have been read.</summary>
    public void ClearHorizon() => horizon = null;

    /// <summary>Takes the queue's settings.</summary>
    public void Configure(QueueSettings settings) => placement = settings.Placement;

    /// <summary>Gives ready tasks to nodes with credit: by priority, then by order; to the node that the queue's placement names.</summary>
    public void Match(long now, CommitDraft draft)
    {
        if (jobs.Count > 0)
        {
            Unpark(now);
            RunStragglersTwice(now, draft);
        }

        if (queued == 0 || withCredit.Count == 0)
            return;
        candidates.Clear();
        foreach (var signature in signatures.All)
        {
            if (signature.ReadyCount > 0 && NodeFor(signature) is not null)
                candidates.Add(signature);
        }

        for (var priority = 9; priority >= 0 && candidates.Count > 0; priority--)
        {
            while (TryFirst(priority, out var slot))
            {
                ref var task = ref tasks[slot];
                if (NodeFor(task.Signature) is { } node)
                    Assign(ref task, slot, node, now, draft);
                else
                    candidates.Remove(task.Signature);
            }
        }
    }

    private bool TryFirst(int priority, out int first)
    {
        first = -1;
        var best = long.MaxValue;
        foreach (var signature in candidates)
        {
            if (signature.Ready[priority] is not { Live: > 0 } ready)
                continue;
            if (ready.TryPeek(tasks, out var order, out var slot) && order < best)
                (best, first) = (order, slot);
        }

        return first >= 0 && (horizon is not { } last || priority > last.Priority || (priority == last.Priority && best <= last.Order));
    }

    private DispatchNode? NodeFor(Signature signature)
    {
        if (TurnOf(signature) is { } turn)
            return NextInRing(signature, turn.LastNode);
        foreach (var rank in withCredit)
        {
            if (rank.Node.Meets(signature))
                return rank.Node;
        }

        return null;
    }

    private RingTurn? TurnOf(Signature signature) => signature.Ring ?? (placement == Placement.RoundRobin ? placementTurn : null);

    /// <summary>
    /// The first node with a free slot after the one that was given the last task, all around the ring. What a node may be sent beyond
    /// its slots is not used: the node whose credit is the most would get nearly everything.
    /// </summary>
    private DispatchNode? NextInRing(Signature signature, string last)
    {
        if (ring.Count == 0)
            return null;
        if (string.CompareOrdinal(ring.Max, last) > 0)
        {
            foreach (var id in ring.GetViewBetween(last, ring.Max!))
            {
                if (id != last && MayTakeTurn(nodes[id], signature))
                    return nodes[id];
            }
        }

        foreach (var id in ring)
        {
            if (string.CompareOrdinal(id, last) > 0)
                return null;
            if (MayTakeTurn(nodes[id], signature))
                return nodes[id];
        }

        return null;
    }

    private static bool MayTakeTurn(DispatchNode node, Signature signature) =>
        node.Fleet is { } fleet && node.Leases.Count < fleet.Slots && node.Meets(signature);

    private void Assign(ref TaskSlot task, int slot, DispatchNode node, long now, CommitDraft draft)
    {
        var held = new Lease(slot, new LeaseToken(random.NextBits(), random.NextBits()), node)
        {
            Session = node.Session,
            IsCurrent = true,
            AssignedAt = now,
            SentAt = now,
            Before = task.Detail as LastAttempt,
        };
        if (node.CurrentLeases == 0)
            node.Renew(now + lease, node.OfferedAsOf);
        node.CurrentLeases++;
        node.Digest ^= held.Token.Digest;
        node.Leases.Add(held.Token, held);
        WatchLeases(node, node.RenewedUntil);
        Rank(node);
        if (TurnOf(task.Signature) is { } turn)
        {
            turn.LastNode = node.Id;
            isRingDue = true;
        }

        Move(ref task, TaskTrigger.Assign);
        task.Attempt++;
        task.Detail = held;
        draft.For(node.Id, node.Session).Start.Add(CommandFor(ref task, held, draft));
        Write(draft, ref task);
    }

    /// <summary>Puts a node at its place among those with credit, or takes it out; called after every change of either.</summary>
    private void Rank(DispatchNode node)
    {
        if (node.Rank is { } rank)
            withCredit.Remove(rank);
        var had = node.Rank is not null;
        node.Rank = node.HasCredit && !node.IsResting ? LoadRank.Of(node) : null;
        if (node.Rank is not null)
            withCredit.Add(node.Rank);
        if (had && node.Rank is null)
            ring.Remove(node.Id);
        else if (!had && node.Rank is not null)
            ring.Add(node.Id);
    }
}
