using OrleansTasks.Nodes;
using OrleansTasks.Resources;

namespace OrleansTasks.Dispatch.Fleet;

/// <summary>
/// Handles what the queue exchanges with nodes, their grains and the fleet, except attempts: fleet snapshots, offers,
/// reclaims, questions about earlier sessions, and rests of nodes that refuse tasks. Changes only nodes, so nothing is
/// stored. Every resting node is in <c>rests</c>. Times are Unix milliseconds of the wall clock.
/// </summary>
internal sealed class NodeRelations(
    string queue, long epoch, NodeSet nodes, SlotDemands demands, IRandomness random)
    : IDispatchModule
{
    private readonly Queue<(string Node, long Session)> questions = new();
    private TimeWatch<DispatchNode> rests = NewRests();

    /// <inheritdoc/>
    public long Next => rests.Next;

    /// <summary>Notes that a node reported in a session, which may be newer than the known one.</summary>
    public void Reported(string id, long session)
    {
        if (nodes.Find(id) is not { } node)
            return;
        node.EnterSession(session);
        nodes.Ranks.Update(node);
    }

    /// <summary>
    /// Applies an offer, unless it is outdated or of another epoch. Changes no task, so it is safe during a commit.
    /// </summary>
    public void Offer(SlotOffer offer)
    {
        if (offer.Epoch != epoch)
            return;
        var node = Enter(offer);
        var room = node.RoomOf(offer.Shape ?? ResourceVector.None);
        if (offer.Session == node.Session)
            room.Grant.Take(offer, isOffer: true);
        nodes.Ranks.Update(node);
        if (room.IsFree)
            room.Grant.Answered();
    }

    /// <summary>
    /// Applies a node's lowered limit, unless <see cref="Offer"/> would ignore it, and always replies how many slots
    /// the queue keeps there. Must not run during a commit, because the reply would free slots whose leases end only
    /// with that commit.
    /// </summary>
    public SlotReturn Reclaim(SlotOffer offer)
    {
        var node = Enter(offer);
        var room = node.RoomOf(offer.Shape ?? ResourceVector.None);
        if (offer.Epoch == epoch && offer.Session == node.Session)
            room.Grant.Take(offer, isOffer: false);
        nodes.Ranks.Update(node);
        var (wanted, lasts) = demands.CountReady(room);
        // If the session is over, wanted is 0, and Told(0) would cause an endless cycle of demands and reclaims.
        if (!node.IsSessionOver)
            room.Grant.Told(wanted);
        return new SlotReturn(
            queue, epoch, node.Session, offer.Version, Math.Max(room.Grant.Limit, room.Count), wanted, offer.Shape,
            lasts);
    }

    /// <summary>
    /// Applies a fleet snapshot, unless a newer one was applied. Queues a question to every node that holds leases of
    /// earlier sessions here and knows what became of them.
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

    /// <summary>Returns the new questions, each once. <see cref="AttemptReports"/> handles the answers.</summary>
    public IReadOnlyList<(string Node, long Session)> TakeQuestions()
    {
        if (questions.Count == 0)
            return [];
        var taken = questions.ToArray();
        questions.Clear();
        return taken;
    }

    /// <summary>
    /// Notes that a node gave attempts of its current session back. Call this once for each list of a report, before
    /// putting the attempts back, and <see cref="NodeRanks.Update"/> afterwards.
    /// </summary>
    public void Refused(DispatchNode node, bool isUnable, long now)
    {
        if (node.Rest.Refused(isUnable, now, random))
            rests.Add(node, node.Rest.Until);
    }

    /// <summary>Ends the rests that are over.</summary>
    public void Tick(long now, CommitDraft draft)
    {
        while (rests.TryTake(now, out var node))
        {
            if (!node.Rest.TryEnd(now))
                continue;
            node.ForgetDemands();
            nodes.Ranks.Update(node);
        }
    }

    /// <inheritdoc/>
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

    // Returns the offer's node, after entering the offer's session, which voids earlier grants.
    private DispatchNode Enter(SlotOffer offer)
    {
        var node = nodes.Get(offer.Node);
        node.EnterSession(offer.Session);
        return node;
    }

    // Queues a question if leases of earlier sessions are left, unless it is answered or was just asked.
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
