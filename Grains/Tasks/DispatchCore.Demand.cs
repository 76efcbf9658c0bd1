using OrleansTasks.Nodes;

namespace OrleansTasks.Tasks;

internal sealed partial class DispatchCore
{
    private const long DemandRepeat = 5_000;
    private const int ManyNodes = 64;
    private const long DemandPause = 50;
    private const int ChunksAhead = 1024;
    private long demandsAt;
    private long demandsDue = long.MaxValue;
    private bool isRingDue;

    /// <summary>How many times its slots a node may be asked for: its grain gives no more than it sends ahead, and chunks go far ahead.</summary>
    private int Ahead => jobs.Count > 0 ? ChunksAhead : 1;

    /// <summary>
    /// The wishes to send now: to nodes that would do for tasks that found no credit, at most a few more nodes than tasks, each
    /// again only when it has not answered for half the time after which a wish lapses.
    /// </summary>
    public IReadOnlyList<(string Node, SlotDemand Demand)> TakeDemands(long now)
    {
        demandsDue = long.MaxValue;
        if (queued == 0 && !isRingDue)
            return [];
        if (nodes.Count > ManyNodes && now - demandsAt < DemandPause)
        {
            demandsDue = demandsAt + DemandPause;
            return [];
        }

        demandsAt = now;
        var demands = new List<(string, SlotDemand)>();
        foreach (var signature in signatures.All)
        {
            if (signature.ReadyCount > 0)
                Demand(signature, now, demands);
        }

        if (isRingDue)
            DemandRing(now, demands);
        isRingDue = false;
        return demands;
    }

    /// <summary>
    /// A ring turns among the nodes with credit: so each with a free slot is asked for one, even when no task waits for it.
    /// </summary>
    private void DemandRing(long now, List<(string Node, SlotDemand Demand)> demands)
    {
        foreach (var node in nodes.Values)
        {
            if (node.Fleet is not { Accepts: true } fleet || node.HasCredit || node.IsResting || node.Leases.Count >= fleet.Slots)
                continue;
            if (now - node.WantedAt < DemandRepeat && node.WantedCount > 0)
                continue;
            node.WantedAt = now;
            node.WantedCount = 1;
            demands.Add((node.Id, new SlotDemand(partition, epoch, node.Session, 1, node.Leases.Count)));
        }
    }

    /// <summary>
    /// How many ready tasks a node would do for, as far as its slots go. None once its session is over here, and while it rests: a slot
    /// could not be used, and would be taken back and granted again without end.
    /// </summary>
    private int CountReady(DispatchNode node)
    {
        if (node.Session == node.SessionOver || node.IsResting)
            return 0;
        var slots = node.Fleet is { Accepts: true } fleet ? Ahead * fleet.Slots : 0;
        var ready = 0;
        foreach (var signature in signatures.All)
        {
            if (ready >= slots)
                return slots;
            if (signature.ReadyCount > 0 && node.Meets(signature))
                ready += signature.ReadyCount;
        }

        return Math.Min(ready, slots);
    }

    private void Demand(Signature signature, long now, List<(string Node, SlotDemand Demand)> demands)
    {
        var wanted = 0L;
        foreach (var node in nodes.Values)
        {
            if (wanted >= (2L * signature.ReadyCount) + 2)
                return;
            // A node whose session is over is asked too: that is how its grain comes to tell the worker so.
            if (node.Fleet is not { Accepts: true, Slots: > 0 } fleet || node.HasCredit || node.IsResting || !node.Meets(signature))
                continue;
            var count = Math.Min(signature.ReadyCount, Ahead * fleet.Slots);
            wanted += Math.Min(count, fleet.Slots);
            if (now - node.WantedAt >= DemandRepeat || node.WantedCount < count)
            {
                node.WantedAt = now;
                node.WantedCount = count;
                demands.Add((node.Id, new SlotDemand(partition, epoch, node.Session, count, node.Leases.Count)));
            }

            demandsDue = Math.Min(demandsDue, node.WantedAt + DemandRepeat);
        }
    }
}
