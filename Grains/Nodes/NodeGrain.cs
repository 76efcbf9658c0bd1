using Microsoft.Extensions.Logging;
using Orleans.Placement;
using Orleans.Streams;
using Orleans.Streams.Core;
using OrleansTasks.Queues;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Nodes;

/// <summary>The shell around <see cref="SlotLedger"/>: one worker node's session, connection and slots.</summary>
[GrainType("node"), PreferLocalPlacement, ImplicitStreamSubscription(CommandStream.Namespace)]
public sealed partial class NodeGrain(
    INodeStore store, DispatchOptions options, TimeProvider time, ILogger<NodeGrain> logger)
    : Grain, INodeGrain, IStreamSubscriptionObserver, IAsyncObserver<CommandBatch>
{
    private readonly SteadyClock clock = new(time);
    private readonly long lease = (long)options.Lease.TotalMilliseconds;
    private NodeRow? row;
    private SlotLedger? ledger;
    private Prefetch prefetch = new(0, 0);
    private NodeHoldings holdings = new(0);
    private NodeHoldings earlier = new(0);
    private Task opening = Task.CompletedTask;
    private IGrainTimer? looking;
    private INodeConnectionObserver? connection;
    private double load;
    private long memoryBytes;
    private SessionStart? start;
    private bool leaving;
    private bool inUse;
    private long reportedAt;
    private long sentAt;

    private long Now => clock.Now;

    private string Id => this.GetPrimaryKeyString();

    /// <summary>The slots of the session, for checks from outside.</summary>
    internal SlotLedger? Ledger => ledger;

    /// <summary>The node's name, for checks from outside.</summary>
    internal string Name => Id;

    /// <summary>Reads what is remembered of the node. One that was there counts as there for a lease more.</summary>
    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        row = await store.Get(Id);
        reportedAt = row is { Gone: false } ? Now : 0;
    }

    /// <inheritdoc/>
    public async Task<RegistrationReply> Register(NodeRegistration registration)
    {
        var turn = Open(opening, registration);
        opening = turn;
        if (await turn is not { } session)
            return new RegistrationReply(RegistrationOutcome.NameTaken, 0, lease, Heartbeat);
        await Task.WhenAll(registration.Running.GroupBy(static lease => lease.Partition)
            .Select(group => Renew(session, group.Key, [.. group], registration.SentAt, [])));
        await Announce();
        LogRegistered(Id, session, registration.Slots);
        return new RegistrationReply(RegistrationOutcome.Accepted, session, lease, Heartbeat);
    }

    /// <summary>Opens a session, one registration after the other; null when the name is another instance's.</summary>
    private async Task<long?> Open(Task before, NodeRegistration registration)
    {
        try
        {
            await before;
        }
        catch (Exception)
        {
            // Its own caller is told.
        }

        if (row is { Gone: false } known && known.Instance != registration.Instance && reportedAt + lease > Now)
            return null;
        row = await store.OpenSession(Id, registration, clock.Wall);
        connection?.Close(row.Session).LetGo();
        connection = null;
        earlier = holdings;
        holdings = new NodeHoldings(row.Session);
        ledger = new SlotLedger(Id, row.Session, registration.Slots);
        prefetch = new Prefetch(registration.Slots, registration.StartsAhead);
        (load, memoryBytes) = (registration.Load, registration.MemoryBytes);
        start = new SessionStart(
            row.Session, registration.TreesDead, registration.RunSessions, registration.Running, registration.DeadSessions);
        leaving = false;
        inUse = false;
        reportedAt = Now;
        sentAt = registration.SentAt;
        foreach (var running in registration.Running)
        {
            ledger.ReserveHeld(running.Partition);
            holdings.Pass(running, reportedAt);
        }

        return row.Session;
    }

    /// <inheritdoc/>
    public Task<bool> Connect(long session, INodeConnectionObserver connection)
    {
        if (ledger?.Session != session)
            return Task.FromResult(false);
        this.connection = connection;
        if (!inUse)
        {
            inUse = true;
            Announce().LetGo();
        }

        return Task.FromResult(true);
    }

    /// <inheritdoc/>
    public async Task<StatusReply> ReportStatus(NodeStatus status)
    {
        if (ledger is not { } current || current.Session != status.Session)
            return new StatusReply(false, []);
        (load, memoryBytes) = (status.Load, status.MemoryBytes);
        inUse = true;
        reportedAt = Now;
        sentAt = Math.Max(sentAt, status.SentAt);
        holdings.Follow(status.Held, reportedAt, reportedAt - (2 * Heartbeat));
        var held = status.Held.ToLookup(static lease => lease.Partition);
        var partitions = current.PartitionsAt(Now).Union(held.Select(static group => group.Key)).ToArray();
        var kill = new List<LeaseRef>();
        var valid = await Task.WhenAll(partitions.Select(partition =>
            Renew(status.Session, partition, [.. held[partition]], status.SentAt, kill)));
        if (status.Leaving && current == ledger)
            await Leave(current);
        if (!valid.All(static ok => ok))
        {
            // For good: the partition that said so may not be asked again in this session, and the worker may miss this answer.
            if (current == ledger)
                ledger = null;
            return new StatusReply(false, []);
        }

        ShareSlots(current);
        await Announce();
        return new StatusReply(true, [.. kill]);
    }

    /// <inheritdoc/>
    public async Task<bool> Report(
        long session, ImmutableArray<LeaseRef> started, ImmutableArray<AttemptResult> results, ImmutableArray<LeaseRef> refused,
        ImmutableArray<LeaseRef>? unable = null)
    {
        if (ledger is not { } current || current.Session != session)
            return false;
        var reports = NodeReports.Split(new NodeReport(Id, session, started, results, refused, unable));
        var sent = new Task[reports.Count];
        for (var i = 0; i < sent.Length; i++)
        {
            var (partition, report) = reports[i];
            sent[i] = Dispatcher(partition).Report(report);
        }

        foreach (var result in results)
            holdings.Settle(result.Lease.Token);
        foreach (var lease in refused)
            holdings.Settle(lease.Token);
        foreach (var lease in unable ?? [])
            holdings.Settle(lease.Token);
        await Task.WhenAll(sent);
        if (prefetch.Learn(results, refused.Length + (unable?.Length ?? 0)))
            current.Resize(row!.Slots + prefetch.Extra);
        if (current.Free < 0 || current.SomebodyWaits(Now))
            ShareSlots(current);
        return true;
    }

    /// <inheritdoc/>
    public async Task Goodbye(long session)
    {
        if (ledger is not { } current || current.Session != session)
            return;
        await Leave(current);
        // Opened while the partitions were asked: what is held now is the new session's, and runs.
        if (ledger != current)
            return;
        await Task.WhenAll(NodeReports.Split(new NodeReport(Id, session, [], [], holdings.All))
            .Select(report => Dispatcher(report.Partition).Report(report.Report)));
        if (ledger?.Session != session)
            return;
        ledger = null;
        holdings = new NodeHoldings(0);
        connection = null;
        await store.Close(Id, session, clock.Wall);
        if (row is { } known)
            row = known with { Gone = true };
        await Fleet.Withdraw(Id, session);
        LogLeft(Id, session);
    }

    /// <inheritdoc/>
    public Task Forgotten()
    {
        if (row is not { } known)
            return Task.CompletedTask;
        row = known with { Gone = true };
        connection?.Close(known.Session).LetGo();
        connection = null;
        ledger = null;
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task Want(SlotDemand demand)
    {
        if (ledger is { } current && current.Session == demand.Session)
        {
            current.Want(demand, Now);
            ShareSlots(current);
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<SessionStart?> BeganWith(long session, PartitionKey partition) =>
        // Also when it is over again: what it began with stays true.
        Task.FromResult(inUse && start is { } known && known.Session == session
            ? known with { Held = [.. known.Held.Where(lease => lease.Partition == partition)] }
            : null);

    /// <inheritdoc/>
    public async Task<bool> SetDraining(bool draining)
    {
        if (!await store.SetDraining(Id, draining))
            return false;
        row = row is null ? await store.Get(Id) : row with { Draining = draining };
        // One that is lost is no part of the fleet; should it come back, it says itself what it is.
        if (row is not null && View().State != NodeState.Lost)
            await Announce();
        return true;
    }

    /// <inheritdoc/>
    public Task OnSubscribed(IStreamSubscriptionHandleFactory handleFactory) => handleFactory.Create<CommandBatch>().ResumeAsync(this);

    /// <summary>
    /// Passes a batch to the worker's connection. What the worker was never given in the session before this one can be given
    /// back at once; of older ones nothing is known.
    /// </summary>
    public Task Take(CommandBatch batch) => OnNextAsync(batch);

    /// <inheritdoc/>
    public Task OnNextAsync(CommandBatch item, StreamSequenceToken? token = null)
    {
        if (ledger is not { } current)
            return Task.CompletedTask;
        if (item.Session == earlier.Session)
            GiveBack(item, current.Session).LetGo();
        if (item.Session != current.Session)
            return Task.CompletedTask;
        var now = Now;
        foreach (var command in item.Start)
            holdings.Pass(command.Lease, now);
        // One dispatcher made the batch, so all of it is of one partition.
        if (item.Start is [var first, ..])
            current.Used(first.Lease.Partition);
        connection?.Deliver(item).LetGo();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task OnCompletedAsync() => Task.CompletedTask;

    /// <inheritdoc/>
    public Task OnErrorAsync(Exception ex) => Task.CompletedTask;

    private long Heartbeat => (long)options.Heartbeat.TotalMilliseconds;

    private IFleetGrain Fleet => GrainFactory.GetGrain<IFleetGrain>("fleet");

    private ITaskDispatcherGrain Dispatcher(PartitionKey partition) =>
        GrainFactory.GetGrain<ITaskDispatcherGrain>(partition.ToString());

    /// <summary>
    /// The dispatcher is told of the new session thereby: else it would give the same attempts to the old one again, at once.
    /// </summary>
    private Task GiveBack(CommandBatch batch, long session)
    {
        var never = batch.Start.Select(static command => command.Lease).Where(lease => !earlier.Contains(lease.Token));
        return Task.WhenAll(NodeReports.Split(new NodeReport(Id, session, [], [], [.. never]))
            .Select(report => Dispatcher(report.Partition).Report(report.Report)));
    }

    /// <summary>
    /// Renews one partition's leases, by digest and then by list where they differ. True: the session goes on. A partition that
    /// cannot be reached decides nothing: its next owner gives the leases a full term.
    /// </summary>
    private async Task<bool> Renew(long session, PartitionKey partition, ImmutableArray<LeaseRef> held, long asOf, List<LeaseRef> kill)
    {
        try
        {
            var digest = held.Aggregate(0UL, static (sum, lease) => sum ^ lease.Token.Digest);
            var leases = new NodeLeases(Id, session, held.Length, digest, null, asOf);
            var reply = await Dispatcher(partition).Renew(leases);
            if (reply.Outcome == RenewOutcome.ListNeeded)
                reply = await Dispatcher(partition).Renew(leases with { Held = held });
            kill.AddRange(reply.Kill);
            return reply.Outcome != RenewOutcome.SessionOver;
        }
        catch (Exception exception) when (exception is StoreUnavailableException or OutcomeUnknownException or TimeoutException or OrleansException)
        {
            LogPartitionSilent(Id, partition, exception);
            return true;
        }
    }

    /// <summary>Takes back every slot that is not in use, and offers none from now on.</summary>
    private Task Leave(SlotLedger current)
    {
        leaving = true;
        return Task.WhenAll(current.TakeAllReclaims().Select(reclaim => Reclaim(current, reclaim)));
    }

    private void ShareSlots(SlotLedger current)
    {
        Offer(current);
        if (leaving)
            return;
        foreach (var reclaim in current.TakeReclaims(holdings.CountOf, Now))
            Reclaim(current, reclaim).LetGo();
        if (current.LookAgainAt < long.MaxValue)
            LookAgain(TimeSpan.FromMilliseconds(Math.Max(1, current.LookAgainAt - Now)));
    }

    private void LookAgain(TimeSpan due)
    {
        looking ??= this.RegisterGrainTimer(
            static (grain, _) => grain.Look(),
            this,
            new GrainTimerCreationOptions { DueTime = Timeout.InfiniteTimeSpan, Period = Timeout.InfiniteTimeSpan, Interleave = true });
        looking.Change(due, Timeout.InfiniteTimeSpan);
    }

    private Task Look()
    {
        if (ledger is { } current)
            ShareSlots(current);
        return Task.CompletedTask;
    }

    private void Offer(SlotLedger current)
    {
        if (leaving)
            return;
        foreach (var offer in current.Grant(Now))
            Dispatcher(offer.Partition).Offer(offer with { AsOf = sentAt }).LetGo();
    }

    private async Task Reclaim(SlotLedger current, SlotOffer reclaim)
    {
        var isFreed = false;
        try
        {
            isFreed = current.Reclaimed(await Dispatcher(reclaim.Partition).Reclaim(reclaim), Now);
        }
        finally
        {
            current.ReclaimFailed(reclaim);
            if (isFreed)
                ShareSlots(current);
            else
                Offer(current);
        }
    }

    private Task Announce()
    {
        if (row is null || ledger is null)
            return Task.CompletedTask;
        // A registration may arrive so late that its worker has long had a later answer: what it says counts once its
        // session is used.
        var accepts = inUse && !row.Draining && !leaving;
        var knowsEarlier = inUse && start is { TreesDead: true } or { RunSessions: not [] } or { DeadSessions: not [] };
        var node = new FleetNode(Id, row.Session, row.Slots, row.Labels, row.Enforces, accepts, knowsEarlier);
        return Fleet.Announce(new NodeAnnouncement(node, View()));
    }

    private NodeView View()
    {
        var running = Math.Min(holdings.Count, row!.Slots);
        var state = row.Gone ? NodeState.Gone
            : reportedAt + lease <= Now || ledger is null ? NodeState.Lost
            : row.Draining || leaving ? NodeState.Draining
            : running >= row.Slots ? NodeState.Busy
            : NodeState.Ready;
        var isThere = state is not (NodeState.Lost or NodeState.Gone);
        return new NodeView(
            Id, state, row.Slots, isThere ? running : 0, row.Labels, row.Version, row.Address,
            ledger is null ? row.SeenAt : clock.ToWall(reportedAt),
            isThere ? load : 0, isThere ? memoryBytes : 0, row.Enforces);
    }
}
