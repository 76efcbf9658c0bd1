using Microsoft.Extensions.Logging;
using Orleans.Placement;
using Orleans.Streams;
using Orleans.Streams.Core;
using OrleansTasks.Queues;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Nodes;

/// <summary>
/// The grain of one node. Gateways call it on behalf of the node's worker; dispatchers send it slot demands and
/// commands. The grain sends commands to the worker's connection, reports and slot offers to the dispatchers, and the
/// node's state to the fleet grain. The rules are in <see cref="NodeSession"/>, <see cref="SlotLedger"/> and
/// <see cref="NodeHoldings"/>; this class performs the calls.
/// </summary>
[GrainType("node"), PreferLocalPlacement, ImplicitStreamSubscription(CommandStream.Namespace)]
public sealed partial class NodeGrain(
    INodeStore store, ITaskStore tasks, DispatchOptions options, TimeProvider time, ILogger<NodeGrain> logger)
    : Grain, INodeGrain, IStreamSubscriptionObserver, IAsyncObserver<CommandBatch>
{
    private readonly SteadyClock clock = new(time);
    private readonly long lease = (long)options.Lease.TotalMilliseconds;
    private readonly KnownPartitions partitions = new(tasks);

    // What is stored of the node; null before its first registration.
    private NodeRow? row;

    // The latest session of this activation, also after its end; null before the first registration.
    private NodeSession? session;

    // What the worker had in the session before that.
    private NodeHoldings earlier = new(0);

    // The latest registration that opens a session; each waits for the one before it.
    private Task opening = Task.CompletedTask;

    // Fires when the protection of a grant ends.
    private IGrainTimer? looking;

    // Until the first registration: the time from which the silence of the node is counted; 0 when nobody uses its name.
    private long rememberedAt;

    private long Now => clock.Now;

    private string Id => this.GetPrimaryKeyString();

    /// <summary>The slots of the open session, for tests and the simulator; null when no session is open.</summary>
    internal SlotLedger? Ledger => Valid?.Ledger;

    /// <summary>The node's name, for tests and the simulator.</summary>
    internal string Name => Id;

    /// <summary>The open session; null when no session is open.</summary>
    private NodeSession? Valid => session is { IsOver: false } ? session : null;

    /// <summary>
    /// Reads the node's row from the store. A node that has not left counts as reporting for one more lease.
    /// </summary>
    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        row = await store.Get(Id);
        rememberedAt = row is { Gone: false } ? Now : 0;
    }

    /// <inheritdoc/>
    public async Task<RegistrationReply> Register(NodeRegistration registration)
    {
        var nonexistent = await partitions.FindNonexistent(registration.Running.Select(static lease => lease.Partition));
        // The reply to the next heartbeat tells the worker to kill the attempts that are left out here.
        if (nonexistent.Count > 0)
            registration = registration with { Running = [.. registration.Running.Where(lease => !nonexistent.Contains(lease.Partition))] };
        var turn = Open(opening, registration);
        opening = turn;
        if (await turn is not { } opened)
            return new RegistrationReply(RegistrationOutcome.NameTaken, 0, lease, Heartbeat);
        await Renewal.Renew(opened, [], registration.Running, registration.SentAt);
        await Announce();
        LogRegistered(Id, opened, registration.Slots);
        return new RegistrationReply(RegistrationOutcome.Accepted, opened, lease, Heartbeat);
    }

    /// <summary>
    /// Opens a session after the registration before this one has finished.
    /// Returns the session's number; null when another instance uses the name.
    /// </summary>
    private async Task<long?> Open(Task before, NodeRegistration registration)
    {
        try
        {
            await before;
        }
        catch (Exception)
        {
            // The caller of that registration gets the exception.
        }

        if (row is { Gone: false } known && known.Instance != registration.Instance && ReportedAt + lease > Now)
            return null;
        row = await store.OpenSession(Id, registration, clock.Wall);
        session?.Connection?.Close(row.Session).LetGo();
        session?.End();
        earlier = session?.Holdings ?? earlier;
        session = new NodeSession(Id, row.Session, registration, Now);
        foreach (var running in registration.Running)
            session.Bring(running);
        return row.Session;
    }

    /// <inheritdoc/>
    /// <remarks>A repeat for the connection that the session has, or has lost, changes nothing.</remarks>
    public Task<bool> Connect(long session, INodeConnectionObserver connection)
    {
        if (Of(session) is not { } current)
            return Task.FromResult(false);
        if (current.Connect(connection))
        {
            Announce().LetGo();
            ShareSlots(current);
        }

        return Task.FromResult(true);
    }

    /// <inheritdoc/>
    public async Task Disconnect(long session, INodeConnectionObserver connection, ImmutableArray<LeaseRef> unsent)
    {
        if (Of(session) is not { } current)
            return;
        var now = Now;
        // Attempts of which the worker has no command and never will.
        LeaseRef[] never =
        [
            .. unsent.GroupBy(static lease => lease.Token)
                .Where(copies => current.Holdings.TryGiveBack(copies.First(), copies.Count(), now)).Select(static copies => copies.First()),
        ];
        if (!current.Disconnect(connection))
        {
            await GiveBack(never, session);
            return;
        }

        LogDisconnected(Id, session, never.Length);
        // Reclaim the slots first, so that the dispatchers do not send the returned attempts to this node again.
        var reclaims = ReclaimAll(current);
        await Task.WhenAll(reclaims, GiveBack(never, session), Announce());
    }

    /// <inheritdoc/>
    public async Task<StatusReply> ReportStatus(NodeStatus status)
    {
        if (Of(status.Session) is not { } current)
            return new StatusReply(false, []);
        var now = Now;
        current.Beat(status, now, now - (2 * Heartbeat));
        var reply = await Renewal.Renew(current.Number, current.Ledger.PartitionsAt(now), status.Held, status.SentAt);
        if (status.Leaving && Of(status.Session) is not null)
        {
            // The worker is answered with no slot left to fill; a partition that does not answer is asked again by the next heartbeat, and
            // must not keep the worker from its renewals.
            var isFirst = !current.IsLeaving;
            var left = Leave(current);
            if (isFirst)
                await left.Settled();
            else
                left.LetGo();
        }

        if (!reply.SessionValid)
        {
            // The session stays over: the partition that reported it may not be called again in this session, and the
            // worker may not receive this reply.
            current.End();
            return new StatusReply(false, []);
        }

        ShareSlots(current);
        await Announce();
        return reply;
    }

    /// <inheritdoc/>
    public async Task<bool> Report(
        long session, ImmutableArray<LeaseRef> started, ImmutableArray<AttemptResult> results, ImmutableArray<LeaseRef> refused,
        ImmutableArray<LeaseRef>? unable = null)
    {
        if (Of(session) is not { } current)
            return false;
        var reports = NodeReports.Split(new NodeReport(Id, session, started, results, refused, unable));
        // A report on a partition that does not exist is dropped and counts as taken.
        var nonexistent = await partitions.FindNonexistent(reports.Select(static report => report.Partition));
        if (Of(session) is null)
            return false;
        var sent = reports.Where(report => !nonexistent.Contains(report.Partition))
            .Select(report => Dispatcher(report.Partition).Report(report.Report)).ToArray();
        LeaseToken[] over =
        [
            .. results.Select(static result => result.Lease.Token), .. refused.Select(static lease => lease.Token),
            .. (unable ?? []).Select(static lease => lease.Token),
        ];
        // Not counted from now on; forgotten only when the dispatchers have stored it, since until then they may send the command again.
        foreach (var token in over)
            current.Holdings.Settle(token);
        await Task.WhenAll(sent);
        foreach (var token in over)
            current.Holdings.Forget(token);
        current.Learn(results, refused.Length + (unable?.Length ?? 0));
        if (current.Ledger.Free < 0 || current.Ledger.HasUnmetDemand(Now))
            ShareSlots(current);
        return true;
    }

    /// <inheritdoc/>
    public async Task Goodbye(long session)
    {
        if (Of(session) is { } current)
        {
            // A partition that does not answer finds out by the lease.
            await Leave(current).Settled();
            // A new session may have opened while the partitions answered.
            // The worker's attempts then belong to the new session and go on.
            if (Of(session) is null)
                return;
            await GiveBack(current.Holdings.All, session).Settled();
            if (Of(session) is null)
                return;
            // Ended before it is stored: what arrives meanwhile finds no session.
            current.End();
        }
        else if (!IsLeftOpen(session))
            return;

        await store.Close(Id, session, clock.Wall);
        if (row is { } known && known.Session == session)
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
        session?.Connection?.Close(known.Session).LetGo();
        session?.End();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task Want(SlotDemand demand)
    {
        partitions.Note(demand.Partition);
        if (Of(demand.Session) is { } current)
        {
            current.Ledger.Want(demand, Now);
            ShareSlots(current);
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<SessionStart?> BeganWith(long session, PartitionKey partition) =>
        // Answers for an ended session as well: the attempts that it began with do not change.
        Task.FromResult(this.session is { IsUsed: true, Start: var known } && known.Session == session
            ? known with { Held = [.. known.Held.Where(lease => lease.Partition == partition)] }
            : null);

    /// <inheritdoc/>
    public async Task<bool> SetDraining(bool draining)
    {
        if (!await store.SetDraining(Id, draining))
            return false;
        row = row is null ? await store.Get(Id) : row with { Draining = draining };
        // A lost node is not part of the fleet. The node's grain announces the node when the node reports again.
        if (row is not null && Description(row).StateAt(Now) != NodeState.Lost)
            await Announce();
        return true;
    }

    /// <inheritdoc/>
    public Task OnSubscribed(IStreamSubscriptionHandleFactory handleFactory) => handleFactory.Create<CommandBatch>().ResumeAsync(this);

    /// <summary>
    /// Takes a batch of commands from a dispatcher and sends it to the worker's connection. Gives an attempt back to
    /// its dispatcher at once when its command was never sent in this session or the session before.
    /// Ignores batches of older sessions.
    /// </summary>
    public Task Take(CommandBatch batch) => OnNextAsync(batch);

    /// <inheritdoc/>
    public Task OnNextAsync(CommandBatch item, StreamSequenceToken? token = null)
    {
        if (Valid is not { } current)
            return Task.CompletedTask;
        // The report names the new session, so that the dispatchers learn of it.
        // With the old session they would send the same attempts to the old session again, at once.
        if (item.Session == earlier.Session)
            GiveBack(item.Start.Select(static command => command.Lease).Where(lease => !earlier.Contains(lease.Token)), current.Number).LetGo();
        if (item.Session != current.Number)
            return Task.CompletedTask;
        if (item.Start is [var first, ..])
            partitions.Note(first.Lease.Partition);
        Deliver(current, item);
        return Task.CompletedTask;
    }

    /// <summary>
    /// Sends a batch to the worker's connection. Starts that cannot be sent, because there is no connection or the attempt was given back,
    /// are left out and given back if the worker cannot have them.
    /// </summary>
    private void Deliver(NodeSession current, CommandBatch batch)
    {
        var now = Now;
        var start = batch.Start.RemoveAll(command => current.Connection is null || !current.Holdings.Pass(command.Lease, now));
        if (start.Length < batch.Start.Length)
        {
            GiveBack(batch.Start.Except(start).Select(static command => command.Lease)
                .Where(lease => current.Holdings.TryGiveBack(lease, 0, now)), current.Number).LetGo();
            batch = batch with { Start = start };
        }

        // A batch comes from one dispatcher, so all of its commands belong to one partition.
        if (start is [var first, ..])
            current.Ledger.NoteUse(first.Lease.Partition);
        current.Connection?.Deliver(batch).LetGo();
    }

    /// <inheritdoc/>
    public Task OnCompletedAsync() => Task.CompletedTask;

    /// <inheritdoc/>
    public Task OnErrorAsync(Exception ex) => Task.CompletedTask;

    /// <summary>The time between two heartbeats, in milliseconds.</summary>
    private long Heartbeat => (long)options.Heartbeat.TotalMilliseconds;

    /// <summary>When the worker was last heard, as far as this activation knows.</summary>
    private long ReportedAt => session?.ReportedAt ?? rememberedAt;

    private IFleetGrain Fleet => GrainFactory.GetGrain<IFleetGrain>("fleet");

    private LeaseRenewal Renewal => new(GrainFactory, Id, partitions, (partition, failure) => LogPartitionSilent(Id, partition, failure));

    private ITaskDispatcherGrain Dispatcher(PartitionKey partition) =>
        GrainFactory.GetGrain<ITaskDispatcherGrain>(partition.ToString());

    /// <summary>Returns the open session if it has that number; else null.</summary>
    private NodeSession? Of(long number) => Valid is { } current && current.Number == number ? current : null;

    /// <summary>Whether a session is over here and still open in the store, which failed when it was to be closed.</summary>
    private bool IsLeftOpen(long number) =>
        session is { IsOver: true } over && over.Number == number && row is { Gone: false } known && known.Session == number;

    /// <summary>Reports attempts to their dispatchers as refused: the tasks are queued again and nothing is counted.</summary>
    private Task GiveBack(IEnumerable<LeaseRef> leases, long session) =>
        Task.WhenAll(NodeReports.Split(new NodeReport(Id, session, [], [], [.. leases]))
            .Select(report => Dispatcher(report.Partition).Report(report.Report)));

    /// <summary>
    /// Stops offering slots and reclaims all slots. Partitions keep the slots that their attempts use.
    /// </summary>
    private Task Leave(NodeSession current)
    {
        current.Leave();
        return ReclaimAll(current);
    }

    /// <summary>Reclaims all slots; fails when a partition does not answer, after the others have.</summary>
    private Task ReclaimAll(NodeSession current) =>
        Task.WhenAll(current.Ledger.TakeAllReclaims().Select(reclaim => Reclaim(current, reclaim)));

    /// <summary>
    /// Offers the free slots, and reclaims slots for partitions that want some when none is free. Called after every change of demand or of
    /// free slots. Does nothing while the session takes no work.
    /// </summary>
    private void ShareSlots(NodeSession current)
    {
        if (!current.TakesWork)
            return;
        Offer(current);
        foreach (var reclaim in current.Ledger.TakeReclaims(current.Holdings.CountOf, Now))
            Reclaim(current, reclaim).LetGo();
        if (current.Ledger.LookAgainAt < long.MaxValue)
            LookAgain(TimeSpan.FromMilliseconds(Math.Max(1, current.Ledger.LookAgainAt - Now)));
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
        if (Valid is { } current)
            ShareSlots(current);
        return Task.CompletedTask;
    }

    private void Offer(NodeSession current)
    {
        if (!current.TakesWork)
            return;
        foreach (var offer in current.Ledger.Grant(Now))
            Dispatcher(offer.Partition).Offer(offer with { AsOf = current.SentAt }).LetGo();
    }

    /// <summary>
    /// Sends a reclaim and takes the answer. Without an answer no slot is freed, and the partition may be asked again.
    /// </summary>
    private async Task Reclaim(NodeSession current, SlotOffer reclaim)
    {
        var isFreed = false;
        try
        {
            isFreed = current.Ledger.Reclaimed(await Dispatcher(reclaim.Partition).Reclaim(reclaim), Now);
        }
        finally
        {
            // Does nothing if the answer was taken.
            current.Ledger.ReclaimFailed(reclaim);
            // Only what was freed is shared at once: the same reclaim would get the same answer again and again.
            if (isFreed)
                ShareSlots(current);
            else
                Offer(current);
        }
    }

    /// <summary>
    /// Tells the fleet grain the node's state; does nothing without an open session. Completes when the fleet grain has stored a change of
    /// state, or could not.
    /// </summary>
    private Task Announce()
    {
        if (row is null || Description(row).ForFleet is not { } node)
            return Task.CompletedTask;
        return Fleet.Announce(new NodeAnnouncement(node, Description(row).ForPeople(clock)));
    }

    private NodeDescription Description(NodeRow known) => new(known, Valid, lease);
}
