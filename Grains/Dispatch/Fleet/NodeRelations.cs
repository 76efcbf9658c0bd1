using OrleansTasks.Nodes;

namespace OrleansTasks.Dispatch.Fleet;

/// <summary>
/// What the queue and the nodes' grains tell each other besides tasks: the fleet's snapshots, offers of slots, slots
/// that a node wants back, questions about earlier sessions, and the rests of nodes that refuse tasks. It changes nodes
/// (<see cref="NodeSet"/>), never tasks or leases, so nothing here is stored. <see cref="DispatchCore"/> calls it.
/// No I/O, no clock. Times are Unix milliseconds of the wall clock.
/// </summary>
/// <remarks>
/// After every change of a node its rank is updated (<see cref="NodeRanks.Update"/>), except in <see cref="Refused"/>,
/// which the caller completes. Every node that rests is in <c>rests</c>, so that its rest ends in time.
/// </remarks>
internal sealed class NodeRelations(
    string queue, long epoch, NodeSet nodes, SlotDemands demands, IRandomness random)
    : IDispatchModule
{
    private readonly Queue<(string Node, long Session)> questions = new();
    private TimeWatch<DispatchNode> rests = NewRests();

    /// <summary>When the next rest ends; <see cref="long.MaxValue"/> when no node rests.</summary>
    public long Next => rests.Next;

    /// <summary>A node has reported something in a session, which may be newer than the one that was known.</summary>
    public void Reported(string id, long session)
    {
        if (nodes.Find(id) is not { } node)
            return;
        node.EnterSession(session);
        nodes.Ranks.Update(node);
    }

    /// <summary>
    /// Takes a node's offer: how many leases this queue may hold there. Ignores an offer that is for another epoch,
    /// of an older session or of an older version. Changes no task, so it may be called while a commit is written.
    /// </summary>
    public void Offer(SlotOffer offer)
    {
        if (offer.Epoch != epoch)
            return;
        var node = Enter(offer);
        if (offer.Session == node.Session)
            node.Grant.Take(offer, isOffer: true);
        nodes.Ranks.Update(node);
        if (node.HasRoom)
            node.Grant.Answered();
    }

    /// <summary>
    /// Takes the limit of a node that wants slots back, unless <see cref="Offer"/> would ignore that limit. Replies in
    /// any case what the queue keeps there, in the present epoch and session. Must not be called while a commit is
    /// written: the reply would free slots whose leases end only with that commit.
    /// </summary>
    public SlotReturn Reclaim(SlotOffer offer)
    {
        var node = Enter(offer);
        if (offer.Epoch == epoch && offer.Session == node.Session)
            node.Grant.Take(offer, isOffer: false);
        nodes.Ranks.Update(node);
        var wanted = demands.CountReady(node);
        // Not for a session that is over: wanted is 0 there, and Told(0) would bring demand and reclaim without end.
        if (!node.IsSessionOver)
            node.Grant.Told(wanted);
        return new SlotReturn(
            queue, epoch, node.Session, offer.Version, Math.Max(node.Grant.Limit, node.Hold.Count), wanted);
    }

    /// <summary>
    /// Takes a fleet snapshot; an older one is ignored. Queues a question (<see cref="TakeQuestions"/>) to every node
    /// that holds leases of earlier sessions here and can tell what became of them.
    /// </summary>
    public void FleetChanged(FleetSnapshot fleet, long now)
    {
        if (!nodes.Take(fleet, now))
            return;
        demands.FleetChanged();
        foreach (var description in fleet.Nodes)
        {
            var node = nodes.Get(description.Id);
            if (description.KnowsEarlier && description.Session == node.Session)
                QueueQuestion(node, now);
        }
    }

    /// <summary>
    /// The nodes to ask now which attempts they had when their session began; <see cref="AttemptReports.SessionBegan"/> takes the
    /// answers. Each question is returned once. A <see cref="FleetChanged"/> after 5 s repeats an unanswered question.
    /// </summary>
    public IReadOnlyList<(string Node, long Session)> TakeQuestions()
    {
        if (questions.Count == 0)
            return [];
        var taken = questions.ToArray();
        questions.Clear();
        return taken;
    }

    /// <summary>
    /// A node gave attempts of its current session back (<see cref="NodeRest.Refused"/>, parameters as there). Called
    /// once for each list of a report, before its attempts are put back; <see cref="NodeRanks.Update"/> is the caller's,
    /// afterwards.
    /// </summary>
    public void Refused(DispatchNode node, bool isUnable, long now)
    {
        if (node.Rest.Refused(isUnable, now, random))
            rests.Add(node, node.Rest.Until);
    }

    /// <summary>Ends the rests whose time has come, unless a later rest of the node began.</summary>
    public void Tick(long now, CommitDraft draft)
    {
        while (rests.TryTake(now, out var node))
        {
            if (!node.Rest.TryEnd(now))
                continue;
            node.Grant.Forget();
            nodes.Ranks.Update(node);
        }
    }

    /// <summary>
    /// The wall clock was set forward by <paramref name="by"/> milliseconds (negative: back). Rests keep their
    /// remaining time, as does all else that nodes wait for.
    /// </summary>
    public void ClockStepped(long by, long now)
    {
        rests = NewRests();
        foreach (var node in nodes.All)
        {
            node.ClockStepped(by);
            nodes.Ranks.Update(node);
            if (node.Rest.IsResting)
                rests.Add(node, node.Rest.Until);
        }
    }

    private static TimeWatch<DispatchNode> NewRests() => new(static _ => true);

    /// <summary>The offer's node, moved to the offer's session if that is newer, which voids earlier grants.</summary>
    private DispatchNode Enter(SlotOffer offer)
    {
        var node = nodes.Get(offer.Node);
        node.EnterSession(offer.Session);
        return node;
    }

    /// <summary>Queues a question if leases of earlier sessions are left, unless it is answered or just sent.</summary>
    private void QueueQuestion(DispatchNode node, long now)
    {
        foreach (var held in node.Hold.All)
        {
            if (held.Session >= node.Session)
                continue;
            if (node.Inquiry.TryAsk(node.Session, now))
                questions.Enqueue((node.Id, node.Session));
            return;
        }
    }
}
