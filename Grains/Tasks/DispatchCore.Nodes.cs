using OrleansTasks.Nodes;

namespace OrleansTasks.Tasks;

internal sealed partial class DispatchCore
{
    private const int MaxResends = 3;
    private const long DemandRepeat = 5_000;
    private const int ManyNodes = 64;
    private const long DemandPause = 50;
    private long fleetVersion = -1;
    private long demandsAt;

    /// <summary>Takes the fleet's description; leases of nodes that are known to run nothing any more are requeued at once.</summary>
    public void FleetChanged(FleetSnapshot fleet, long now, CommitDraft draft)
    {
        if (fleet.Version < fleetVersion)
            return;
        fleetVersion = fleet.Version;
        demandsAt = 0;
        var present = new HashSet<string>(StringComparer.Ordinal);
        foreach (var description in fleet.Nodes)
        {
            present.Add(description.Id);
            var node = Node(description.Id);
            LeaveCredit(node);
            node.Describe(description);
            EnterCredit(node);
            if (!description.TreesDead || description.Session != node.Session)
                continue;
            foreach (var held in node.Leases.Values.Where(held => held.Session != node.Session).ToArray())
                LoseNode(held, now, draft);
        }

        if (!fleet.IsComplete)
            return;
        foreach (var node in nodes.Values.Where(node => !present.Contains(node.Id)).ToArray())
        {
            LeaveCredit(node);
            node.Withdraw();
            if (node.Leases.Count == 0)
                nodes.Remove(node.Id);
        }
    }

    /// <summary>Takes credit, if it is newer than what is known.</summary>
    public void Offer(SlotOffer offer)
    {
        if (offer.Epoch != epoch)
            return;
        var node = Node(offer.Node);
        LeaveCredit(node);
        node.EnterSession(offer.Session);
        if (offer.Session == node.Session && offer.Version > node.OfferVersion)
        {
            node.OfferVersion = offer.Version;
            node.Limit = offer.Limit;
        }

        EnterCredit(node);
    }

    /// <summary>Gives unused credit back. An older offer that arrives later changes nothing, by its version.</summary>
    public SlotOffer Reclaim(SlotOffer offer)
    {
        var node = Node(offer.Node);
        if (offer.Epoch == epoch && offer.Session == node.Session && offer.Version > node.OfferVersion)
        {
            LeaveCredit(node);
            node.OfferVersion = offer.Version;
            node.Limit = node.Used;
            return offer with { Limit = node.Used };
        }

        return offer with { Epoch = epoch, Session = node.Session, Limit = node.Leases.Count };
    }

    /// <summary>Renews a node's leases by digest or by list.</summary>
    public RenewReply Renew(NodeLeases leases, long now, CommitDraft draft)
    {
        var node = Node(leases.Node);
        LeaveCredit(node);
        node.EnterSession(leases.Session);
        var reply = Renew(node, leases, now, draft);
        EnterCredit(node);
        return reply;
    }

    private RenewReply Renew(DispatchNode node, NodeLeases leases, long now, CommitDraft draft)
    {
        if (leases.Session < node.Session || leases.Session == node.SessionOver)
            return new RenewReply(RenewOutcome.SessionOver, []);
        if (leases.Held is { } list)
            return RenewByList(node, list, now, draft);
        if (leases.Count != node.CurrentLeases || leases.Digest != node.Digest || node.CurrentLeases != node.Leases.Count)
            return new RenewReply(RenewOutcome.ListNeeded, []);
        node.RenewedUntil = now + lease;
        foreach (var held in node.Leases.Values)
            RepeatCancel(held, now, draft);
        return new RenewReply(RenewOutcome.Renewed, []);
    }

    private RenewReply RenewByList(DispatchNode node, ImmutableArray<LeaseRef> list, long now, CommitDraft draft)
    {
        var kill = ImmutableArray.CreateBuilder<LeaseRef>();
        var seen = new HashSet<LeaseToken>();
        node.RenewedUntil = now + lease;
        foreach (var reference in list)
        {
            seen.Add(reference.Token);
            if (!node.Leases.TryGetValue(reference.Token, out var held))
            {
                kill.Add(reference);
                continue;
            }

            held.MissingSince = 0;
            Adopt(node, held);
            RepeatCancel(held, now, draft);
        }

        foreach (var held in node.Leases.Values.Where(held => !seen.Contains(held.Token)).ToArray())
        {
            if (NotHeld(node, held, now, draft))
                kill.Add(RefOf(in tasks[held.Slot], held));
        }

        if (node.Leases.Count > 0)
            WatchLeases(node, node.RenewedUntil);
        return new RenewReply(RenewOutcome.Renewed, kill.ToImmutable());
    }

    /// <summary>Makes a lease one of the node's current session.</summary>
    private static void Adopt(DispatchNode node, Lease held)
    {
        if (held.IsCurrent)
            return;
        held.IsCurrent = true;
        held.Session = node.Session;
        node.CurrentLeases++;
        node.Digest ^= held.Token.Digest;
    }

    /// <summary>
    /// The node does not have an attempt it was given. A command that was lost is sent again under the same token; an attempt
    /// that the node had taken up and has no more is lost. What an earlier session had runs out its term. True: the node shall
    /// refuse the attempt, since its command seems never to arrive.
    /// </summary>
    private bool NotHeld(DispatchNode node, Lease held, long now, CommitDraft draft)
    {
        ref var task = ref tasks[held.Slot];
        if (held.Session != node.Session || now - held.SentAt < heartbeat)
            return false;
        if (held.MissingSince == 0)
            held.MissingSince = now;
        if (task.State == TaskState.Assigned)
        {
            held.SentAt = now;
            if (held.Resent++ >= MaxResends)
                return true;
            Adopt(node, held);
            draft.For(node.Id, node.Session).Start.Add(CommandFor(ref task, held, draft));
        }
        else if (now - held.MissingSince >= 2 * heartbeat)
            LoseNode(held, now, draft);
        return false;
    }

    private void RepeatCancel(Lease held, long now, CommitDraft draft)
    {
        if (held.CancelRequestedAt == 0 || now - held.SentAt < heartbeat)
            return;
        held.SentAt = now;
        draft.For(held.Node.Id, held.Node.Session).Cancel.Add(RefOf(in tasks[held.Slot], held));
    }

    private StartCommand CommandFor(ref TaskSlot task, Lease held, CommitDraft draft)
    {
        var reference = RefOf(in task, held);
        return draft.Find(task.No)?.New is { } submission
            ? new StartCommand(reference, submission.Name, submission.Spec, submission.SecretEnv)
            : new StartCommand(reference, "", default, default);
    }

    /// <summary>
    /// The wishes to send now: to nodes that would do for tasks that found no credit, at most a few more nodes than tasks, each
    /// again only when it has not answered for half the time after which a wish lapses.
    /// </summary>
    public IReadOnlyList<(string Node, SlotDemand Demand)> TakeDemands(long now)
    {
        var demands = new List<(string, SlotDemand)>();
        if (queued == 0 || (nodes.Count > ManyNodes && now - demandsAt < DemandPause))
            return demands;
        demandsAt = now;
        foreach (var signature in signatures.All)
        {
            if (signature.ReadyCount == 0)
                continue;
            var wanted = 0L;
            foreach (var node in nodes.Values)
            {
                if (wanted >= 2L * signature.ReadyCount + 2)
                    break;
                if (node.Fleet is not { Accepts: true, Slots: > 0 } fleet || node.HasCredit || !node.Meets(signature))
                    continue;
                var count = (int)Math.Min(signature.ReadyCount, fleet.Slots);
                wanted += count;
                if (now - node.WantedAt < DemandRepeat && node.WantedCount >= count)
                    continue;
                demands.Add((node.Id, DemandOn(node, count, now)));
            }
        }

        return demands;
    }

    private SlotDemand DemandOn(DispatchNode node, int count, long now)
    {
        var hello = !node.SaidHello;
        var held = ImmutableArray<LeaseRef>.Empty;
        if (hello)
        {
            held = [.. node.Leases.Values.Where(held => held.IsCurrent).Select(held => RefOf(in tasks[held.Slot], held))];
            node.Used = node.Limit = held.Length;
            node.SaidHello = true;
        }

        node.WantedAt = now;
        node.WantedCount = count;
        return new SlotDemand(partition, epoch, node.Session, count, held, hello);
    }
}
