using OrleansTasks.Nodes;
using OrleansTasks.Queues;

namespace OrleansTasks.Tasks;

/// <summary>
/// What the partition asks of nodes: slots for tasks that found no room. A demand says how many more slots are wanted now and
/// lapses after 10 s at the node's grain, so it is repeated while it is not answered; lost ones do no harm. Times are Unix milliseconds,
/// durations milliseconds.
/// </summary>
internal sealed class SlotDemands(PartitionKey partition, long epoch, OpenTasks tasks, NodeSet nodes, OpenJobs jobs)
{
    /// <summary>Half of the time after which a demand lapses.</summary>
    private const long Repeat = 5_000;

    /// <summary>With more nodes than this, they are gone through once in <see cref="PauseOfMany"/> at most.</summary>
    private const int ManyNodes = 64;
    private const long PauseOfMany = 50;
    private const int ChunksAhead = 1024;

    /// <summary>When the nodes were last gone through; 0 when that is no reason to wait.</summary>
    private long askedAt;
    private bool isTaskTurnDue;
    private bool isChunkTurnDue;

    /// <summary>When <see cref="Take"/> should be called again at the latest; <see cref="long.MaxValue"/> when nothing is wanted.</summary>
    public long Next { get; private set; } = long.MaxValue;

    /// <summary>
    /// How many times its slots a node may be asked for: its grain gives no more than it sends ahead, and chunks go far
    /// ahead.
    /// </summary>
    private int Ahead => jobs.Count > 0 ? ChunksAhead : 1;

    /// <summary>
    /// A task that goes around the nodes was assigned, or a job whose chunks do so was created: the next <see cref="Take"/> asks every
    /// node with a free slot for one, so that the next turns have nodes to go to.
    /// </summary>
    /// <param name="ofChunks">Whether the turn is of chunks, for which nodes that evaluate no chunks are not asked.</param>
    public void TurnMoved(bool ofChunks)
    {
        isTaskTurnDue |= !ofChunks;
        isChunkTurnDue |= ofChunks;
    }

    /// <summary>The fleet has changed: what was asked of it lately is no reason to wait.</summary>
    public void FleetChanged() => askedAt = 0;

    /// <summary>
    /// The demands to send now, which count as sent: to nodes that would do for tasks that found no room, for about twice as many slots as
    /// there are tasks. A node is asked again when more is wanted of it, when it has answered, or after 5 s. Called once after every
    /// round.
    /// </summary>
    public IReadOnlyList<(string Node, SlotDemand Demand)> Take(long now)
    {
        Next = long.MaxValue;
        if (tasks.Counts.Queued == 0 && !isTaskTurnDue && !isChunkTurnDue)
            return [];
        if (nodes.Count > ManyNodes && now - askedAt < PauseOfMany)
        {
            Next = askedAt + PauseOfMany;
            return [];
        }

        askedAt = now;
        var demands = new List<(string, SlotDemand)>();
        foreach (var signature in tasks.Ready.Signatures.All)
        {
            if (signature.ReadyCount > 0)
                DemandFor(signature, now, demands);
        }

        if (isTaskTurnDue || isChunkTurnDue)
            DemandForTurns(now, demands);
        isTaskTurnDue = isChunkTurnDue = false;
        return demands;
    }

    /// <summary>
    /// How many ready tasks a node would do for, at most as many as it may be asked for, for the answer to a reclaim. None once its
    /// session is over here, and while it rests: a slot could not be used, and would be taken back and granted again without end.
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
                return most;
            if (signature.ReadyCount > 0 && node.Meets(signature))
                ready += signature.ReadyCount;
        }

        return Math.Min(ready, most);
    }

    /// <summary>The wall clock was set by so many milliseconds.</summary>
    public void ClockStepped(long by)
    {
        askedAt += by;
        if (Next != long.MaxValue)
            Next += by;
    }

    /// <summary>How many slots a node may be asked for at most: 0 when it takes no work, 1 while it is probing.</summary>
    private int MostOf(DispatchNode node) =>
        node.Fleet is not { Accepts: true } fleet ? 0 : node.Rest.IsProbing ? 1 : Ahead * fleet.Slots;

    private void DemandFor(Signature signature, long now, List<(string Node, SlotDemand Demand)> demands)
    {
        var wanted = 0L;
        foreach (var node in nodes.All)
        {
            if (wanted >= (2L * signature.ReadyCount) + 2)
                return;
            // A node whose session is over is asked too: that is how its grain comes to tell the worker so.
            if (!node.Accepts || node.HasRoom || !node.Rest.Allows || !node.Meets(signature))
                continue;
            var count = Math.Min(signature.ReadyCount, MostOf(node));
            wanted += Math.Min(count, node.Slots);
            if (node.Grant.IsDue(count, now, Repeat))
                Demand(node, count, now, demands);
            Next = Math.Min(Next, node.Grant.DemandedAt + Repeat);
        }
    }

    private void DemandForTurns(long now, List<(string Node, SlotDemand Demand)> demands)
    {
        foreach (var node in nodes.All)
        {
            if (!node.Accepts || node.HasRoom || !node.Rest.Allows || node.Hold.Count >= node.Slots)
                continue;
            if (!isTaskTurnDue && node.Fleet is not { EvaluatesChunks: true })
                continue;
            if (node.Grant.IsDue(1, now, Repeat))
                Demand(node, 1, now, demands);
        }
    }

    private void Demand(DispatchNode node, int count, long now, List<(string Node, SlotDemand Demand)> demands)
    {
        node.Grant.Demanded(count, now);
        demands.Add((node.Id, new SlotDemand(partition, epoch, node.Session, count, node.Hold.Count)));
    }
}
