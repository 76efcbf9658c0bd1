using OrleansTasks.Nodes;
using OrleansTasks.Queues;

namespace OrleansTasks.Dispatch.Assignment;

/// <summary>
/// Decides which nodes the queue asks for slots, and for how many. A node's grain divides the node's slots among
/// queues. A dispatcher sends the grain a demand ("so many more slots"), and the grain answers with an offer that
/// raises the limit of the queue's leases on the node (<see cref="NodeGrant"/>), now or when a slot becomes free.
/// The dispatcher calls <see cref="Take"/> (by <see cref="DispatchCore.TakeDemands"/>) after each round, once its
/// commit is on disk: matching has then used the room that there is. The dispatcher sends the demands. In memory only.
/// Times are Unix milliseconds, durations milliseconds.
/// </summary>
/// <remarks>
/// Two kinds of demands:
/// <code>
/// for queued tasks   repeated every 5 s while tasks are queued, since a demand lapses after 10 s at the node's grain.
///                    A lost one delays an offer by about 5 s.
/// for turns          one slot each, from every node with a free slot, so that tasks that go around the nodes find room
///                    at the next node. Not repeated until the turn moves again: after a lost one, turns may skip it.
/// </code>
/// A node with room (it can be given a task now) is never asked. A node that rests after refusals is not asked until
/// its rest is over; then it is probing, that is, given one task at a time until it starts one. A signature is what
/// tasks ask of a node (labels, limits); all tasks that ask the same share one.
/// </remarks>
internal sealed class SlotDemands(
    string queue, long epoch, OpenTasks tasks, NodeSet nodes, OpenJobs jobs, QueueLimits limits)
{
    /// <summary>
    /// After how long a demand without an answer is repeated: half of the time after which it lapses.
    /// </summary>
    private const long RepeatAfter = 5_000;

    /// <summary>
    /// After how long a demand without an answer no longer counts. A node with a free slot answers within milliseconds.
    /// </summary>
    private const long Patience = 250;

    /// <summary>
    /// In how many steps, each of <see cref="Patience"/>, a search for even one slot goes through the whole fleet.
    /// </summary>
    private const int WavesOfASearch = 256;

    /// <summary>With more nodes than this, going through them in every round would cost too much.</summary>
    private const int ManyNodes = 64;

    /// <summary>The least time between two passes through many nodes.</summary>
    private const long ManyNodesPause = 50;

    /// <summary>
    /// How many times its slots a node may be asked for while jobs are open. Short chunks are sent ahead, to wait at
    /// the worker for a free slot; the node's grain bounds how many.
    /// </summary>
    private const int ChunksAhead = 1024;

    /// <summary>
    /// How long the queue must have had no use for more slots before standing demands are withdrawn: a queue with a
    /// fast rate of starts, or one that is empty now and then, would otherwise withdraw and demand without end.
    /// </summary>
    private const long WithdrawAfter = 50;

    /// <summary>When the nodes were last gone through; 0 when that is no reason to wait.</summary>
    private long askedAt;

    /// <summary>
    /// Since when the queue could use no more slots, because its tasks wait for the queue's limits or because none is
    /// queued; null when it could, and when no demand may stand.
    /// </summary>
    private long? heldSince;

    /// <summary>Whether a node's grain may have a demand for slots of which it was told nothing since.</summary>
    private bool mayHaveDemands;

    /// <summary>How many tasks the queue's rate let start at the last <see cref="Take"/>.</summary>
    private int starts = int.MaxValue;

    /// <summary>
    /// Candidates with a free slot, as far as this queue knows. Set by each <see cref="Take"/>; the node whose last
    /// demand is the oldest comes first.
    /// </summary>
    private readonly List<DispatchNode> withFreeSlots = [];

    /// <summary>Candidates that are full of this queue's own leases, in the same order.</summary>
    private readonly List<DispatchNode> full = [];

    /// <summary>Whether the next <see cref="Take"/> makes demands for a turn of tasks.</summary>
    private bool isTaskTurnDue;

    /// <summary>Whether the next <see cref="Take"/> makes demands for a turn of chunks.</summary>
    private bool isChunkTurnDue;

    /// <summary>
    /// When <see cref="Take"/> must be called again at the latest; <see cref="long.MaxValue"/> when no demand is to be
    /// repeated.
    /// </summary>
    public long Next { get; private set; } = long.MaxValue;

    /// <summary>How many times its slots a node may be asked for.</summary>
    private int Ahead => jobs.Count > 0 ? ChunksAhead : 1;

    /// <summary>
    /// A task that goes around the nodes was assigned, or a job whose chunks do so was created: the next
    /// <see cref="Take"/> asks every node with a free slot for one, even when nothing is queued.
    /// </summary>
    /// <param name="ofChunks">
    /// Whether the turn is of chunks: nodes that evaluate no chunks are not asked for it.
    /// </param>
    public void TurnMoved(bool ofChunks)
    {
        isTaskTurnDue |= !ofChunks;
        isChunkTurnDue |= ofChunks;
    }

    /// <summary>The fleet has changed: the next <see cref="Take"/> goes through the nodes without a pause.</summary>
    public void FleetChanged() => askedAt = 0;

    /// <summary>
    /// Returns the demands to send now, which count as sent. A node that was asked before is asked again when more is
    /// wanted of it, when it has answered with room that is used up, or after 5 s (<see cref="NodeGrant.IsDue"/>).
    /// Returns none, and sets <see cref="Next"/>, when many nodes were gone through less than 50 ms ago.
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
        if (tasks.Counts.Queued > 0 && tasks.Ready.Signatures.All.All(signature => WantedFor(signature) == 0))
        {
            Withdraw(now, demands);
            return demands;
        }

        heldSince = null;
        FindCandidates();
        foreach (var signature in tasks.Ready.Signatures.All)
        {
            if (WantedFor(signature) == 0)
                continue;
            DemandFor(signature, withFreeSlots, now, demands);
            DemandFor(signature, full, now, demands);
        }

        if (isTaskTurnDue || isChunkTurnDue)
            DemandForTurns(now, demands);
        isTaskTurnDue = isChunkTurnDue = false;
        return demands;
    }

    /// <summary>
    /// The queue's weight has changed: the next <see cref="Take"/> repeats every demand, so that the new weight counts from
    /// the next slot.
    /// </summary>
    public void WeightChanged()
    {
        askedAt = 0;
        foreach (var node in nodes.All)
            node.Grant.Forget();
    }

    /// <summary>
    /// How many more slots the queue wants of a node, for the answer to a reclaim (the node's grain asks for slots
    /// back): its queued tasks that the node would do for, at most as many as the node may be asked for. 0 when the
    /// queue has given the node's session up and while the node rests: the slot could not be used, and would be
    /// taken back and granted again without end.
    /// </summary>
    public int CountReady(DispatchNode node)
    {
        if (node.IsSessionOver || node.Rest.IsResting)
            return 0;
        var most = MostOf(node);
        var ready = 0;
        foreach (var signature in tasks.Ready.Signatures.All)
        {
            if (ready >= most)
                break;
            if (signature.ReadyCount > 0 && node.Meets(signature))
                ready += WantedFor(signature);
        }

        return Math.Min(Math.Min(ready, most), limits.Slots(tasks.Counts.Leased));
    }

    /// <summary>The wall clock was set forward by <paramref name="by"/> milliseconds (negative: back).</summary>
    public void ClockStepped(long by)
    {
        askedAt += by;
        heldSince += by;
        if (Next != long.MaxValue)
            Next += by;
    }

    /// <summary>For how many of a signature's tasks slots are wanted: as many as the queue's limits let start.</summary>
    private int WantedFor(Signature signature)
    {
        var slots = limits.Slots(tasks.Counts.Leased);
        return Math.Min(signature.ReadyCount, signature.IsOfChunks ? slots : Math.Min(slots, starts));
    }

    /// <summary>
    /// Withdraws the demands of a queue in which nothing is queued: a node's grain would otherwise count them for up to
    /// 10 s, as if the queue waited for its share all that time. Demands for turns stay, and those of a queue with jobs,
    /// whose next chunks come soon.
    /// </summary>
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

    /// <summary>
    /// The queue could use no more slots, because all tasks that are ready wait for the queue's limits, or none is
    /// queued: has the nodes' grains give slots to others, once that has been so for a while. Grants that are left are given back when a node's grain asks (<see cref="CountReady"/>).
    /// </summary>
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
                AddDemand(node, 0, now, demands);
        }

        mayHaveDemands = false;
    }

    /// <summary>
    /// How many slots a node may be asked for at most: 0 when it takes no work, 1 while it is probing.
    /// </summary>
    private int MostOf(DispatchNode node) =>
        node.Fleet is not { Accepts: true } fleet ? 0 : node.Rest.IsProbing ? 1 : Ahead * fleet.Slots;

    /// <summary>
    /// Finds the nodes that may be asked: those that take work, have no room, and do not rest. They come in the order
    /// of their last demands, so that a search which stops at its limit goes on where it stopped.
    /// </summary>
    private void FindCandidates()
    {
        withFreeSlots.Clear();
        full.Clear();
        // A node whose session this queue has given up is asked, too: its grain then renews leases with this
        // queue, learns from the reply that the session is over, and has its worker register anew.
        foreach (var node in nodes.All)
        {
            if (node.Accepts && !node.HasRoom && node.Rest.Allows)
                (node.Hold.Count < node.Slots ? withFreeSlots : full).Add(node);
        }

        withFreeSlots.Sort(static (one, other) => one.Grant.DemandedAt.CompareTo(other.Grant.DemandedAt));
        full.Sort(static (one, other) => one.Grant.DemandedAt.CompareTo(other.Grant.DemandedAt));
    }

    /// <summary>
    /// Asks candidates that would do for a signature's tasks, until about twice as many slots are asked for as tasks
    /// are ready and may start. The surplus makes up for nodes that have no slot to give: the queue does not know what other
    /// queues hold. A demand without an answer for a quarter of a second no longer counts, and the search goes on
    /// with the next nodes. So full nodes never keep an idle node from being asked, and a search through the largest
    /// fleet takes about a minute.
    /// </summary>
    /// <param name="signature">The signature, with at least one task that is ready.</param>
    /// <param name="candidates">
    /// Nodes with free slots, as far as this queue knows, or nodes that are full of its own leases. Both kinds are
    /// asked, each up to the limit: a full node offers the next slot that becomes free.
    /// </param>
    /// <param name="now">The time.</param>
    /// <param name="demands">Gets the demands.</param>
    private void DemandFor(
        Signature signature, List<DispatchNode> candidates, long now, List<(string Node, SlotDemand Demand)> demands)
    {
        var wanted = WantedFor(signature);
        var most = Math.Max((2L * wanted) + 2, candidates.Count / WavesOfASearch);
        var awaited = 0L;
        var patienceEnds = long.MaxValue;
        foreach (var node in candidates)
        {
            if (!node.Grant.IsAwaited(now, Patience) || !node.Meets(signature))
                continue;
            awaited += SlotsOf(node, wanted);
            patienceEnds = Math.Min(patienceEnds, node.Grant.DemandedAt + Patience);
        }

        foreach (var node in candidates)
        {
            var count = Math.Min(wanted, MostOf(node));
            if (!node.Grant.IsDue(count, now, RepeatAfter))
            {
                Next = Math.Min(Next, node.Grant.DemandedAt + RepeatAfter);
                continue;
            }

            if (!node.Meets(signature))
                continue;
            if (awaited >= most)
            {
                Next = Math.Min(Next, patienceEnds);
                return;
            }

            AddDemand(node, count, now, demands);
            awaited += SlotsOf(node, wanted);
            patienceEnds = Math.Min(patienceEnds, now + Patience);
            Next = Math.Min(Next, now + RepeatAfter);
        }
    }

    /// <summary>For how many of the wanted tasks a candidate counts.</summary>
    private static int SlotsOf(DispatchNode node, int wanted)
    {
        var free = node.Slots - node.Hold.Count;
        return Math.Min(wanted, free > 0 ? free : node.Slots);
    }

    /// <summary>
    /// Asks every candidate with a free slot for one slot. Labels and limits are not looked at.
    /// </summary>
    private void DemandForTurns(long now, List<(string Node, SlotDemand Demand)> demands)
    {
        foreach (var node in withFreeSlots)
        {
            if (!isTaskTurnDue && node.Fleet is not { EvaluatesChunks: true })
                continue;
            if (node.Grant.IsDue(1, now, RepeatAfter))
                AddDemand(node, 1, now, demands);
        }
    }

    private void AddDemand(DispatchNode node, int count, long now, List<(string Node, SlotDemand Demand)> demands)
    {
        mayHaveDemands |= count > 0;
        node.Grant.Demanded(count, now);
        demands.Add((node.Id, new SlotDemand(queue, epoch, node.Session, count, node.Hold.Count, limits.Settings.Weight)));
    }
}
