using OrleansTasks.Nodes;
using OrleansTasks.Queues;
using OrleansTasks.Resources;

namespace OrleansTasks.Dispatch.Assignment;

/// <summary>
/// Decides which nodes the queue asks for slots, and for how many. A node's grain divides the node's slots among
/// queues: it answers a demand with an offer that raises the queue's limit there (<see cref="NodeGrant"/>), at once or
/// when a slot becomes free. The loop takes demands after each round's commit, when matching has used up the available
/// room. Times are Unix milliseconds, durations milliseconds.
/// </summary>
/// <remarks>
/// <code>
/// for queued tasks   repeated every 5 s while tasks are queued, because the node's grain drops a demand after 10 s. A
///                    lost one delays an offer by about 5 s.
/// for turns          one slot from every node with a free slot, so that tasks under round robin find room at the next
///                    node. Not repeated until the turn moves: after a lost one, turns may skip the node.
/// </code>
/// A node with room or at rest is never asked, unless no ready task may begin in that room. A probing node
/// (<see cref="NodeRest"/>) is asked for one slot.
/// </remarks>
internal sealed class SlotDemands(
    string queue, long epoch, OpenTasks tasks, NodeSet nodes, OpenJobs jobs, QueueLimits limits, long reserveAfter)
{
    // Half of the time after which a node's grain drops a demand.
    private const long RepeatAfter = 5_000;

    // A demand unanswered for longer (ms) no longer counts. A node with a free slot answers in milliseconds.
    private const long Patience = 250;

    // Even a search for one slot covers the whole fleet in this many steps of Patience, about a minute.
    private const int WavesOfASearch = 256;

    // Going through more nodes than this in every round would cost too much.
    private const int ManyNodes = 64;

    // The minimum time between two passes over that many nodes.
    private const long ManyNodesPause = 50;

    // While jobs are open, a node may be asked for up to this many times its slots. Short chunks are sent ahead and
    // wait at the worker; the node's grain bounds how many.
    private const int ChunksAhead = 1024;

    // How long the queue must have no use for slots before it withdraws demands. Otherwise a queue with a fast start
    // rate, or one that is briefly empty, would withdraw and demand again all the time.
    private const long WithdrawAfter = 50;

    // When the queue last went through the nodes; 0 to go through them again without a pause.
    private long askedAt;

    // Since when the queue has had no use for more slots; null if it has a use for them or has no demand to withdraw.
    private long? heldSince;

    // Whether a node's grain may still have a demand of this queue.
    private bool mayHaveDemands;

    // How many tasks the queue's rate allowed to start at the last Take.
    private int starts = int.MaxValue;

    // The nodes to ask, least recently asked first: those with a free slot as far as this queue knows, and those whose
    // slots are all taken by its own leases.
    private readonly List<NodeRoom> withFreeSlots = [];

    private readonly List<NodeRoom> full = [];

    // The same for tasks with certain resources; refilled for each signature that asks for some.
    private readonly List<NodeRoom> shapedWithFreeSlots = [];

    private readonly List<NodeRoom> shapedFull = [];

    // The groups of ready tasks that ask for one shape; refilled for each shape.
    private readonly List<Signature> groupsOfShape = [];

    private bool isTaskTurnDue;

    private bool isChunkTurnDue;

    /// <summary>When <see cref="Take"/> must be called again; <see cref="long.MaxValue"/> for never.</summary>
    public long Next { get; private set; } = long.MaxValue;

    private int Ahead => jobs.Count > 0 ? ChunksAhead : 1;

    /// <summary>
    /// Notes that a round-robin task was assigned or a round-robin job created: the next <see cref="Take"/> asks every
    /// node with a free slot for one, even when nothing is queued. For chunks, it asks only nodes that evaluate chunks.
    /// </summary>
    public void TurnMoved(bool ofChunks)
    {
        isTaskTurnDue |= !ofChunks;
        isChunkTurnDue |= ofChunks;
    }

    /// <summary>Makes the next <see cref="Take"/> go through the nodes without a pause.</summary>
    public void FleetChanged() => askedAt = 0;

    /// <summary>
    /// Returns the demands to send now and counts them as sent. A node is asked again if more is wanted from it, if the
    /// room that it answered with is used up, or after 5 s. If there are many nodes and the last pass was less than 50
    /// ms ago, returns none and sets <see cref="Next"/>.
    /// </summary>
    public IReadOnlyList<(string Node, SlotDemand Demand)> Take(long now)
    {
        Next = long.MaxValue;
        if (tasks.Counts.Queued == 0 && !isTaskTurnDue && !isChunkTurnDue)
            return WithdrawWhenIdle(now);
        if (nodes.Count > ManyNodes && now - askedAt < ManyNodesPause)
        {
            Next = askedAt + ManyNodesPause;
            return [];
        }

        askedAt = now;
        starts = limits.Starts(now);
        var demands = new List<(string, SlotDemand)>();
        if (tasks.Counts.Queued > 0 && (limits.Slots(tasks.Counts.Leased) == 0
            || tasks.Ready.Signatures.All.All(signature => WantedFor(signature) == 0)))
        {
            Withdraw(now, demands);
            return demands;
        }

        heldSince = null;
        FindCandidates(ResourceVector.None, now, withFreeSlots, full);
        WithdrawUnused(now, demands);
        foreach (var signature in tasks.Ready.Signatures.Shared)
        {
            if (WantedFor(signature) == 0)
                continue;
            if (signature.Group is not null)
                continue;
            DemandFor(signature, withFreeSlots, now, demands);
            DemandFor(signature, full, now, demands);
        }

        if (tasks.Ready.Signatures.PinnedNodes.Count > 0)
        {
            DemandForPinned(withFreeSlots, now, demands);
            DemandForPinned(full, now, demands);
        }

        if (tasks.Ready.Signatures.ShapedCount > 0)
            DemandForShaped(now, demands);

        if (isTaskTurnDue || isChunkTurnDue)
            DemandForTurns(now, demands);
        isTaskTurnDue = isChunkTurnDue = false;
        return demands;
    }

    /// <summary>
    /// Makes the next <see cref="Take"/> repeat every demand, because demands state the queue's weight.
    /// </summary>
    public void WeightChanged()
    {
        askedAt = 0;
        foreach (var node in nodes.All)
            node.ForgetDemands();
    }

    /// <summary>
    /// Returns how many more slots the queue wants from a node, for the reply to a reclaim: the number of queued tasks
    /// that the node matches, up to what the node may be asked for. Returns 0 while the node rests or its session is
    /// given up: the queue could not use a slot, which would be reclaimed and granted again forever. Also returns how
    /// long the shortest of these tasks runs at most, in milliseconds, or 0 if unknown.
    /// </summary>
    public (int Count, long Lasts) CountReady(NodeRoom room)
    {
        var node = room.Node;
        if (node.IsSessionOver || node.Rest.IsResting)
            return (0, 0);
        var most = MostOf(room);
        var ready = 0;
        var lasts = 0L;
        var signatures = tasks.Ready.Signatures;
        foreach (var signature in signatures.Shared.Concat(signatures.PinnedTo(node.Id)))
        {
            if (ready >= most)
                break;
            if (signature.ReadyCount == 0 || signature.Shape != room.Shape || !node.Meets(signature))
                continue;
            ready += WantedFor(signature);
            if (signature.Lasts < long.MaxValue && (lasts == 0 || signature.Lasts < lasts))
                lasts = signature.Lasts;
        }

        return (Math.Min(Math.Min(ready, most), limits.Slots(tasks.Counts.Leased)), lasts);
    }

    /// <summary>Moves times by the number of milliseconds that the clock was set forward (negative: back).</summary>
    public void ClockStepped(long by)
    {
        askedAt += by;
        heldSince += by;
        if (Next != long.MaxValue)
            Next += by;
    }

    // Returns how many slots the queue wants for a signature's ready tasks, within the queue's limits.
    private int WantedFor(Signature signature) => WantedFor(signature, signature.ReadyCount);

    private int WantedFor(Signature signature, int ready)
    {
        var slots = limits.Slots(tasks.Counts.Leased);
        return Math.Min(ready, signature.IsOfChunks ? slots : Math.Min(slots, starts));
    }

    // If nothing is queued, demands would make node grains believe for up to 10 s that the queue waits for its share.
    // Demands for turns stay, as do those of a queue with jobs, whose next chunks come soon.
    private IReadOnlyList<(string Node, SlotDemand Demand)> WithdrawWhenIdle(long now)
    {
        if (!mayHaveDemands || jobs.Count > 0 || limits.Settings.Placement == Placement.RoundRobin)
        {
            heldSince = null;
            return [];
        }

        var demands = new List<(string, SlotDemand)>();
        Withdraw(now, demands);
        return demands;
    }

    // Once the queue has had no use for slots for a while, withdraws its demands, so that node grains give slots to
    // other queues. Unused grants are returned when a node's grain reclaims them (CountReady).
    private void Withdraw(long now, List<(string Node, SlotDemand Demand)> demands)
    {
        heldSince ??= now;
        if (now - heldSince < WithdrawAfter)
        {
            Next = heldSince.Value + WithdrawAfter;
            return;
        }

        foreach (var node in nodes.All)
        {
            if (node.Grant.HasDemand && !node.IsSessionOver)
                AddDemand(node.Plain, new RoomDemand(0), now, demands);
            foreach (var room in node.Shaped)
            {
                if (room.Grant.HasDemand && !node.IsSessionOver)
                    AddDemand(room, new RoomDemand(0), now, demands);
            }
        }

        mayHaveDemands = false;
    }

    private int MostOf(NodeRoom room) => room.Node is not { Fleet: { Accepts: true } fleet } node ? 0
        : node.Rest.IsProbing ? 1
        : room.Shape.IsEmpty ? Ahead * fleet.Slots
        : Math.Min(fleet.Slots, room.Shape.TimesIn(fleet.Offers));

    // Sorts nodes by their last demand, so that a search that stopped at its limit continues from there.
    private void FindCandidates(ResourceVector shape, long now, List<NodeRoom> withFreeSlots, List<NodeRoom> full)
    {
        withFreeSlots.Clear();
        full.Clear();
        // Includes nodes whose session this queue has given up: the demand makes the node's grain renew leases here,
        // learn that the session is over, and make its worker register again.
        foreach (var node in nodes.All)
        {
            if (!node.Accepts || !node.Rest.Allows || !shape.FitsIn(node.Fleet!.Offers))
                continue;
            var room = node.RoomOf(shape);
            if (!IsUsable(room, now))
                (node.Hold.Count < node.Slots ? withFreeSlots : full).Add(room);
        }

        withFreeSlots.Sort(static (one, other) => one.Grant.DemandedAt.CompareTo(other.Grant.DemandedAt));
        full.Sort(static (one, other) => one.Grant.DemandedAt.CompareTo(other.Grant.DemandedAt));
    }

    // Whether a ready task may begin in the room. A free room is useless while every ready task would end after its
    // bound. The offer that lifts the bound may have been lost; a demand makes the node's grain repeat it.
    private bool IsUsable(NodeRoom room, long now) => room.IsFree
        && (room.Grant.EndsBy == 0 || groupsOfShape.Exists(signature => room.Node.Meets(signature)
            && signature.Group!.Shortest() is > 0 and var lasts && room.Grant.Allows(lasts, now)));

    // An answer for a free room does not make the next demand due sooner. Such an answer starts no task, so each one
    // would trigger the next demand at once, endlessly.
    private static bool IsDue(NodeRoom room, RoomDemand demand, long now) => room.IsFree
        ? now - room.Grant.DemandedAt >= RepeatAfter
        : room.Grant.IsDue(demand.Count, now, RepeatAfter, demand.Lasts);

    // Asks candidates until it has asked for about twice as many slots as there are ready tasks that may start. The
    // surplus makes up for nodes without a slot to give, because the queue does not know what other queues hold.
    // Unanswered demands stop counting after Patience and the search continues, so full nodes never keep an idle node
    // from being asked. The limit applies to candidates with free slots and to full ones separately: a full node offers
    // its next slot that becomes free.
    private void DemandFor(
        Signature signature, List<NodeRoom> candidates, long now, List<(string Node, SlotDemand Demand)> demands)
    {
        var wanted = WantedFor(signature, signature.Group?.CountReady() ?? signature.ReadyCount);
        var most = Math.Max((2L * wanted) + 2, candidates.Count / WavesOfASearch);
        var awaited = 0L;
        var patienceEnds = long.MaxValue;
        foreach (var room in candidates)
        {
            if (!room.Grant.IsAwaited(now, Patience) || !room.Node.Meets(signature))
                continue;
            awaited += SlotsOf(room.Node, wanted);
            patienceEnds = Math.Min(patienceEnds, room.Grant.DemandedAt + Patience);
        }

        foreach (var room in candidates)
        {
            var node = room.Node;
            if (!node.Meets(signature))
                continue;
            var demand = signature.Group is null
                ? new RoomDemand(Math.Min(wanted, MostOf(room))) : ShapedDemandAt(room);
            if (!IsDue(room, demand, now))
            {
                Next = Math.Min(Next, room.Grant.DemandedAt + RepeatAfter);
                continue;
            }

            if (awaited >= most)
            {
                Next = Math.Min(Next, patienceEnds);
                return;
            }

            AddDemand(room, demand, now, demands);
            awaited += SlotsOf(node, wanted);
            patienceEnds = Math.Min(patienceEnds, now + Patience);
            Next = Math.Min(Next, now + RepeatAfter);
        }
    }

    // Asks each candidate for the tasks that only it can run.
    private void DemandForPinned(
        List<NodeRoom> candidates, long now, List<(string Node, SlotDemand Demand)> demands)
    {
        foreach (var room in candidates)
        {
            var node = room.Node;
            var pinned = tasks.Ready.Signatures.PinnedTo(node.Id);
            var count = pinned.Sum(signature => signature.Shape.IsEmpty && node.Meets(signature) ? WantedFor(signature) : 0);
            if (count > 0)
                DemandIfDue(room, new RoomDemand(Math.Min(count, MostOf(room))), now, demands);
        }
    }

    private void DemandIfDue(
        NodeRoom room, RoomDemand demand, long now, List<(string Node, SlotDemand Demand)> demands)
    {
        if (room.Grant.IsDue(demand.Count, now, RepeatAfter, demand.Lasts))
        {
            AddDemand(room, demand, now, demands);
            Next = Math.Min(Next, now + RepeatAfter);
        }
        else
            Next = Math.Min(Next, room.Grant.DemandedAt + RepeatAfter);
    }

    // Asks for leases with resources, once for each group of signatures. The node at which a group reserves is asked
    // first, and always.
    private void DemandForShaped(long now, List<(string Node, SlotDemand Demand)> demands)
    {
        var groups = tasks.Ready.Signatures.All.Where(signature => signature.Group is { } group
            && group.IsFirst(signature) && WantedFor(signature, group.CountReady()) > 0);
        foreach (var shape in groups.GroupBy(static signature => signature.Shape))
        {
            groupsOfShape.Clear();
            groupsOfShape.AddRange(shape);
            FindCandidates(shape.Key, now, shapedWithFreeSlots, shapedFull);
            // First all, because a demand says whether any group reserves.
            var reserving = groupsOfShape.ConvertAll(signature => Reserve(signature, signature.Group!, now));
            foreach (var room in reserving)
            {
                if (room is not null)
                    DemandIfDue(room, ShapedDemandAt(room), now, demands);
            }

            foreach (var signature in groupsOfShape)
            {
                DemandFor(signature, shapedWithFreeSlots, now, demands);
                DemandFor(signature, shapedFull, now, demands);
            }
        }
    }

    // What to demand at a room: for all groups with its shape that the node meets, since the node's grain keeps one
    // demand for each shape. Demands that each spoke for one group would replace each other endlessly.
    private RoomDemand ShapedDemandAt(NodeRoom room)
    {
        var (count, shortest, reserves) = (0L, 0L, false);
        foreach (var signature in groupsOfShape)
        {
            if (!room.Node.Meets(signature))
                continue;
            var group = signature.Group!;
            count += WantedFor(signature, group.CountReady());
            reserves |= group.ReservedAt == room.Node.Id;
            if (group.Shortest() is > 0 and var lasts && (shortest == 0 || lasts < shortest))
                shortest = lasts;
        }

        var most = Math.Min(limits.Slots(tasks.Counts.Leased), MostOf(room));
        return new RoomDemand((int)Math.Min(count, most), shortest, reserves);
    }

    // Once the first task of a group has waited long, one node keeps for it what becomes free: the one on which the
    // queue has the fewest leases for its slots, as long as it can run the task. Returns its room; otherwise null.
    private NodeRoom? Reserve(Signature signature, SignatureGroup group, long now)
    {
        var waitedSince = group.Members.Min(member => tasks.Ready.WaitingSince(member, now));
        if (waitedSince is null || now - waitedSince < reserveAfter)
        {
            group.ReservedAt = null;
            if (waitedSince is { } since)
                Next = Math.Min(Next, since + reserveAfter);
            return null;
        }

        // A free room here has a bound, so its node already keeps what becomes free for another account.
        var rooms = shapedWithFreeSlots.Concat(shapedFull)
            .Where(room => !room.IsFree && room.Node.Meets(signature)).ToArray();
        var chosen = rooms.FirstOrDefault(room => room.Node.Id == group.ReservedAt)
            ?? rooms.MinBy(static room => (room.Node.Hold.Count / (double)room.Node.Slots, room.Node.Id));
        if (chosen is not null && chosen.Node.Id != group.ReservedAt)
        {
            chosen.Grant.Forget();
            group.ReservedAt = chosen.Node.Id;
        }

        return chosen;
    }

    // Demands for tasks with resources that no longer wait; node grains would keep resources for them.
    private void WithdrawUnused(long now, List<(string Node, SlotDemand Demand)> demands)
    {
        HashSet<ResourceVector>? wanted = null;
        foreach (var node in nodes.All)
        {
            if (!node.HasShaped || node.IsSessionOver)
                continue;
            foreach (var room in node.Shaped)
            {
                if (!room.Grant.HasDemand)
                    continue;
                wanted ??= [.. tasks.Ready.Signatures.All.Where(signature => WantedFor(signature) > 0).Select(static signature => signature.Shape)];
                if (!wanted.Contains(room.Shape))
                    AddDemand(room, new RoomDemand(0), now, demands);
            }
        }

        // The room for tasks without resources, if only tasks with some wait.
        if (tasks.Ready.Signatures.ShapedCount == 0 || tasks.Ready.Signatures.All.Any(signature => signature.Shape.IsEmpty && WantedFor(signature) > 0))
            return;
        foreach (var node in nodes.All)
        {
            if (node.Grant.HasDemand && !node.IsSessionOver)
                AddDemand(node.Plain, new RoomDemand(0), now, demands);
        }
    }

    // Returns how many of the wanted tasks a demand at the node counts for.
    private static int SlotsOf(DispatchNode node, int wanted)
    {
        var free = node.Slots - node.Hold.Count;
        return Math.Min(wanted, free > 0 ? free : node.Slots);
    }

    // Ignores labels and limits, because the task that takes the turn is not known yet.
    private void DemandForTurns(long now, List<(string Node, SlotDemand Demand)> demands)
    {
        foreach (var room in withFreeSlots)
        {
            if (!isTaskTurnDue && room.Node.Fleet is not { EvaluatesChunks: true })
                continue;
            if (room.Grant.IsDue(1, now, RepeatAfter))
                AddDemand(room, new RoomDemand(1), now, demands);
        }
    }

    private void AddDemand(
        NodeRoom room, RoomDemand demand, long now, List<(string Node, SlotDemand Demand)> demands)
    {
        mayHaveDemands |= demand.Count > 0;
        room.Grant.Demanded(demand.Count, now, demand.Lasts);
        demands.Add((room.Node.Id, new SlotDemand(
            queue, epoch, room.Node.Session, demand.Count, room.Count, limits.Settings.Weight,
            room.Shape.IsEmpty ? null : room.Shape, demand.Reserves, demand.Lasts)));
    }

    // How many slots more to ask for, how long the shortest of their tasks runs at most (ms; 0 if unknown), and whether
    // the node keeps what becomes free.
    private readonly record struct RoomDemand(int Count, long Lasts = 0, bool Reserves = false);
}
