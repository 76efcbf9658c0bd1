using OrleansTasks.Nodes;

namespace OrleansTasks.Tasks;

internal sealed partial class DispatchCore
{
    private const int MaxResends = 3;
    private const long AbsentTerm = 600_000;
    private long fleetVersion = -1;

    /// <summary>Takes the fleet's description.</summary>
    public void FleetChanged(FleetSnapshot fleet, long now)
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
            node.AbsentSince = 0;
            node.Describe(description);
            if (description.KnowsEarlier && description.Session == node.Session)
                Question(node, now);

            Rank(node);
        }

        if (fleet.IsComplete)
            Withdraw(present, now);
    }

    /// <summary>
    /// A node that is not listed takes no work. It is remembered for a while, so that an old offer of its session stays old.
    /// </summary>
    private void Withdraw(HashSet<string> present, long now)
    {
        foreach (var node in nodes.Values.Where(node => !present.Contains(node.Id)).ToArray())
        {
            node.Withdraw();
            Rank(node);
            if (node.AbsentSince == 0)
                node.AbsentSince = now;
            else if (node.Leases.Count == 0 && now - node.AbsentSince >= AbsentTerm)
                nodes.Remove(node.Id);
        }
    }

    /// <summary>Takes credit, if it is newer than what is known.</summary>
    public void Offer(SlotOffer offer)
    {
        if (offer.Epoch != epoch)
            return;
        var node = Node(offer.Node);
        node.EnterSession(offer.Session);
        if (offer.Session == node.Session && offer.Version > node.OfferVersion)
        {
            node.OfferVersion = offer.Version;
            node.Limit = offer.Limit;
            node.OfferedAsOf = offer.AsOf;
        }

        Rank(node);
        // The wish is answered: the next one need not wait until this one lapses.
        if (node.HasCredit)
            node.WantedCount = 0;
    }

    /// <summary>Takes credit back; an older offer that arrives later changes nothing, by its version.</summary>
    public SlotReturn Reclaim(SlotOffer offer)
    {
        var node = Node(offer.Node);
        node.EnterSession(offer.Session);
        if (offer.Epoch == epoch && offer.Session == node.Session && offer.Version > node.OfferVersion)
        {
            node.OfferVersion = offer.Version;
            node.Limit = offer.Limit;
        }

        Rank(node);
        var wanted = CountReady(node);
        // The answer is what the node's grain knows from now on; a session that is over is not asked for more at once.
        if (node.Session != node.SessionOver)
            node.WantedCount = Math.Min(node.WantedCount, wanted);
        return new SlotReturn(
            partition, epoch, node.Session, offer.Version, Math.Max(node.Limit, node.Leases.Count), wanted);
    }

    /// <summary>Renews a node's leases by digest or by list.</summary>
    public RenewReply Renew(NodeLeases leases, long now, CommitDraft draft)
    {
        var node = Node(leases.Node);
        node.EnterSession(leases.Session);
        var reply = Renew(node, leases, now, draft);
        Rank(node);
        return reply;
    }

    private RenewReply Renew(DispatchNode node, NodeLeases leases, long now, CommitDraft draft)
    {
        if (leases.Session < node.Session || leases.Session == node.SessionOver)
            return new RenewReply(RenewOutcome.SessionOver, []);
        if (leases.Held is { } list)
            return RenewByList(node, list, leases.SentAt, now, draft);
        if (leases.Count != node.CurrentLeases || leases.Digest != node.Digest || node.CurrentLeases != node.Leases.Count)
            return new RenewReply(RenewOutcome.ListNeeded, []);
        node.Renew(now + lease, leases.SentAt);
        foreach (var held in node.Leases.Values)
        {
            held.MissingSince = 0;
            RepeatCancel(held, now, draft);
        }

        return new RenewReply(RenewOutcome.Renewed, []);
    }

    private RenewReply RenewByList(DispatchNode node, ImmutableArray<LeaseRef> list, long asOf, long now, CommitDraft draft)
    {
        var kill = ImmutableArray.CreateBuilder<LeaseRef>();
        var seen = new HashSet<LeaseToken>();
        node.Renew(now + lease, asOf);
        foreach (var reference in list)
        {
            seen.Add(reference.Token);
            if (!node.Leases.TryGetValue(reference.Token, out var held))
            {
                kill.Add(reference);
                continue;
            }

            held.MissingSince = 0;
            Adopt(node, held, draft);
            RepeatCancel(held, now, draft);
        }

        foreach (var held in node.Leases.Values.Where(held => !seen.Contains(held.Token)).ToArray())
        {
            if (NotHeld(node, held, now, draft))
                kill.Add(RefOf(in tasks[held.Slot], held));
        }

        if (node.Leases.Count > 0)
            WatchLeases(node, node.RenewedUntil);
        // An activation that was replaced without knowing it has never heard of its successor's leases.
        draft.NeedsOwner |= kill.Count > 0;
        return new RenewReply(RenewOutcome.Renewed, kill.ToImmutable());
    }

    /// <summary>
    /// Makes a lease one of the node's current session. That is written down, so that the next owner does not take it for one of
    /// a session whose processes are dead.
    /// </summary>
    private void Adopt(DispatchNode node, Lease held, CommitDraft draft)
    {
        if (held.IsCurrent)
            return;
        held.IsCurrent = true;
        node.CurrentLeases++;
        node.Digest ^= held.Token.Digest;
        if (held.Session == node.Session)
            return;
        held.Session = node.Session;
        Write(draft, ref tasks[held.Slot], changed: false);
    }

    /// <summary>
    /// The node does not have an attempt it was given. A command that was lost is sent again under the same token; an attempt
    /// that the node had taken up and has no more is lost. What an earlier session had runs out its term. True: the node shall
    /// refuse the attempt, since its command seems never to arrive, or it was cancelled before it did.
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
            Adopt(node, held, draft);
            held.SentAt = now;
            if (held.CancelRequestedAt != 0 || held.Resent++ >= MaxResends)
                return true;
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
        if (task.Chunk is { } chunk)
            return new StartCommand(reference, chunk.Job.Name, default, default, chunk.Work, held.Node.AsOf);
        return draft.Find(task.No)?.New is { } submission
            ? new StartCommand(reference, submission.Name, submission.Spec, submission.SecretEnv, AsOf: held.Node.AsOf)
            : new StartCommand(reference, "", default, default, AsOf: held.Node.AsOf);
    }
}
