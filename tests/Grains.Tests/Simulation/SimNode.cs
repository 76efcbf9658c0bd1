using OrleansTasks.Nodes;
using OrleansTasks.Queues;
using OrleansTasks.Tasks;

namespace OrleansTasks.Grains.Tests.Simulation;

/// <summary>What a node's grain does, without the grain.</summary>
internal sealed class SimNode(SimWorld world, string name)
{
    private NodeHoldings holdings = new(0);
    private NodeHoldings earlier = new(0);
    private FleetNode? claimed;
    private long lastSession;
    private bool leaving;

    public string Name => name;

    public SlotLedger? Ledger { get; private set; }

    public SimWorker Worker { get; set; } = null!;

    /// <summary>Opens a session.</summary>
    public long Register(int slots, bool treesDead, ImmutableArray<LeaseRef> running)
    {
        earlier = holdings;
        holdings = new NodeHoldings(++lastSession);
        Ledger = new SlotLedger(name, lastSession, slots);
        leaving = false;
        foreach (var lease in running)
        {
            Ledger.ReserveHeld(lease.Partition);
            holdings.Pass(lease, world.Now);
        }

        foreach (var group in running.GroupBy(static lease => lease.Partition))
            Renew(group.Key, [.. group], []);
        claimed = new FleetNode(name, lastSession, slots, [], Limits.None, true, treesDead);
        world.Announce(claimed with { Accepts = false, TreesDead = false });
        return lastSession;
    }

    /// <summary>The grain is lost with its silo: the worker has to register anew.</summary>
    public void Forget()
    {
        Ledger = null;
        holdings = earlier = new NodeHoldings(0);
    }

    public StatusReply ReportStatus(NodeStatus status)
    {
        if (Ledger is not { } current || current.Session != status.Session)
            return new StatusReply(false, []);
        holdings.Follow(status.Held, world.Now, world.Now - (2 * world.Heartbeat));
        var held = status.Held.ToLookup(static lease => lease.Partition);
        var kill = new List<LeaseRef>();
        var valid = true;
        foreach (var partition in current.PartitionsAt(world.Now).Union(held.Select(static group => group.Key)).ToArray())
            valid &= Renew(partition, [.. held[partition]], kill);
        if (status.Leaving)
            Leave(current);
        if (!valid)
        {
            Ledger = null;
            return new StatusReply(false, []);
        }

        ShareSlots(current);
        world.Announce(claimed! with { Accepts = !leaving });
        return new StatusReply(true, [.. kill]);
    }

    /// <summary>True: settled. False: no such session. Null: a dispatcher failed.</summary>
    public bool? Report(long session, ImmutableArray<LeaseRef> started, ImmutableArray<AttemptResult> results, ImmutableArray<LeaseRef> refused)
    {
        if (Ledger is not { } current || current.Session != session)
            return false;
        foreach (var result in results)
            holdings.Settle(result.Lease.Token);
        foreach (var lease in refused)
            holdings.Settle(lease.Token);
        var ok = true;
        foreach (var (partition, report) in NodeReports.Split(name, session, started, results, refused))
            ok &= world.Of(partition).Round((core, draft) => core.Report(report, world.Now, draft));
        if (!ok)
            return null;
        ShareSlots(current);
        return true;
    }

    public void Goodbye(long session)
    {
        if (Ledger is not { } current || current.Session != session)
            return;
        Leave(current);
        foreach (var (partition, report) in NodeReports.Split(name, session, [], [], holdings.All))
            world.Of(partition).Round((core, draft) => core.Report(report, world.Now, draft));
        Ledger = null;
        holdings = new NodeHoldings(0);
        world.Withdraw(name);
    }

    public void Want(SlotDemand demand)
    {
        if (Ledger is not { } current || current.Session != demand.Session)
            return;
        current.Want(demand, world.Now);
        ShareSlots(current);
    }

    /// <summary>An item of the stream of commands.</summary>
    public void Deliver(CommandBatch batch)
    {
        if (Ledger is not { } current)
            return;
        if (batch.Session == earlier.Session)
            GiveBack(batch);
        if (batch.Session != current.Session)
            return;
        foreach (var start in batch.Start)
            holdings.Pass(start.Lease, world.Now);
        world.Hint(() => Worker.Receive(batch));
    }

    private void GiveBack(CommandBatch batch)
    {
        var never = batch.Start.Select(static start => start.Lease).Where(lease => !earlier.Contains(lease.Token));
        foreach (var (partition, report) in NodeReports.Split(name, batch.Session, [], [], [.. never]))
            world.Of(partition).Round((core, draft) => core.Report(report, world.Now, draft));
    }

    private bool Renew(PartitionKey partition, ImmutableArray<LeaseRef> held, List<LeaseRef> kill)
    {
        var digest = held.Aggregate(0UL, static (sum, lease) => sum ^ lease.Token.Digest);
        var leases = new NodeLeases(name, holdings.Session, held.Length, digest, null);
        var reply = Renew(partition, leases);
        if (reply?.Outcome == RenewOutcome.ListNeeded)
            reply = Renew(partition, leases with { Held = held });
        kill.AddRange(reply?.Kill ?? []);
        return reply?.Outcome != RenewOutcome.SessionOver;
    }

    private RenewReply? Renew(PartitionKey partition, NodeLeases leases)
    {
        RenewReply? reply = null;
        return world.Of(partition).Round((core, draft) => reply = core.Renew(leases, world.Now, draft)) ? reply : null;
    }

    private void Leave(SlotLedger current)
    {
        leaving = true;
        foreach (var reclaim in current.TakeAllReclaims())
        {
            SlotReturn? answer = null;
            if (world.Of(reclaim.Partition).Round((core, _) => answer = core.Reclaim(reclaim)))
                current.Reclaimed(answer!, world.Now);
            current.ReclaimFailed(reclaim);
        }
    }

    private void ShareSlots(SlotLedger current)
    {
        Offer(current);
        if (leaving)
            return;
        foreach (var reclaim in current.TakeReclaims(holdings.CountOf, world.Now))
            Reclaim(current, reclaim);
    }

    private void Offer(SlotLedger current)
    {
        if (leaving && current == Ledger)
            return;
        foreach (var offer in current.Grant(world.Now))
            world.Hint(() => world.Of(offer.Partition).Round((core, _) => core.Offer(offer)));
    }

    private void Reclaim(SlotLedger current, SlotOffer reclaim) => world.Call(
        () =>
        {
            SlotReturn? answer = null;
            return world.Of(reclaim.Partition).Round((core, _) => answer = core.Reclaim(reclaim)) ? answer : null;
        },
        answer =>
        {
            var isFreed = answer is not null && current.Reclaimed(answer, world.Now);
            current.ReclaimFailed(reclaim);
            if (current != Ledger)
                return;
            if (isFreed)
                ShareSlots(current);
            else
                Offer(current);
        },
        world.Faults.ReclaimLoss);
}
