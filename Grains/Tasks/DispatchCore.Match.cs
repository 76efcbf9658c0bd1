namespace OrleansTasks.Tasks;

internal sealed partial class DispatchCore
{
    private readonly SortedSet<DispatchNode> withCredit = new(LeastLoaded.Instance);
    private (int Priority, long Order)? horizon;

    /// <summary>
    /// While a partition is being recovered: the last task that has been read, in matching order. What comes after it waits, since
    /// tasks that come before may not have been read yet. Null once all are read.
    /// </summary>
    public void SetHorizon(int priority, long order) => horizon = (priority, order);

    /// <summary>All waiting tasks have been read.</summary>
    public void ClearHorizon() => horizon = null;

    /// <summary>Gives ready tasks to nodes with credit: by priority, then by order; the least loaded node first.</summary>
    public void Match(long now, CommitDraft draft)
    {
        if (queued == 0 || withCredit.Count == 0)
            return;
        foreach (var signature in signatures.All)
            signature.Blocked = false;
        for (var priority = 9; priority >= 0 && withCredit.Count > 0; priority--)
        {
            while (withCredit.Count > 0 && TryFirst(priority, out var slot))
            {
                ref var task = ref tasks[slot];
                if (NodeFor(task.Signature) is { } node)
                    Assign(ref task, slot, node, now, draft);
                else
                    task.Signature.Blocked = true;
            }
        }
    }

    private bool TryFirst(int priority, out int first)
    {
        first = -1;
        var best = long.MaxValue;
        foreach (var signature in signatures.All)
        {
            if (signature.Blocked || signature.Ready[priority] is not { Live: > 0 } ready)
                continue;
            if (ready.TryPeek(tasks, out var order, out var slot) && order < best)
                (best, first) = (order, slot);
        }

        return first >= 0 && (horizon is not { } last || priority > last.Priority || (priority == last.Priority && best <= last.Order));
    }

    private DispatchNode? NodeFor(Signature signature)
    {
        foreach (var node in withCredit)
        {
            if (node.Meets(signature))
                return node;
        }

        return null;
    }

    private void Assign(ref TaskSlot task, int slot, DispatchNode node, long now, CommitDraft draft)
    {
        LeaveCredit(node);
        var held = new Lease(slot, new LeaseToken(random.NextBits(), random.NextBits()), node)
        {
            Session = node.Session,
            IsCurrent = true,
            AssignedAt = now,
            SentAt = now,
        };
        if (node.CurrentLeases == 0)
            node.RenewedUntil = now + lease;
        node.Used++;
        node.CurrentLeases++;
        node.Digest ^= held.Token.Digest;
        node.Leases.Add(held.Token, held);
        WatchLeases(node, node.RenewedUntil);
        EnterCredit(node);
        Move(ref task, TaskTrigger.Assign);
        task.Attempt++;
        task.Detail = held;
        draft.For(node.Id, node.Session).Start.Add(CommandFor(ref task, held, draft));
        Write(draft, ref task);
    }

    private void LeaveCredit(DispatchNode node) => withCredit.Remove(node);

    private void EnterCredit(DispatchNode node)
    {
        if (node.HasCredit)
            withCredit.Add(node);
    }

    /// <summary>Lowest share of slots taken first, then longest idle, then by name so that the order is total.</summary>
    private sealed class LeastLoaded : IComparer<DispatchNode>
    {
        public static readonly LeastLoaded Instance = new();

        public int Compare(DispatchNode? x, DispatchNode? y)
        {
            var load = ((long)x!.CurrentLeases * y!.Slots).CompareTo((long)y.CurrentLeases * x.Slots);
            if (load != 0)
                return load;
            var idle = x.IdleSince.CompareTo(y.IdleSince);
            return idle != 0 ? idle : string.CompareOrdinal(x.Id, y.Id);
        }
    }
}
