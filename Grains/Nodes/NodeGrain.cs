using Microsoft.Extensions.Logging;
using Orleans.Placement;
using Orleans.Streams;
using Orleans.Streams.Core;
using OrleansTasks.Audit;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Nodes;

/// <summary>
/// The grain of one node, keyed by the node's name: it stands between the node's worker, which runs tasks,
/// and the dispatchers, each of which owns a queue.
/// The silo's node service calls it for the worker: registration, heartbeats, reports, the command stream.
/// Dispatchers ask it for slots and send it commands. The HTTP gateway drains the node; the fleet grain forgets it.
/// This class opens and ends the sessions, passes the worker's reports to the dispatchers, and announces the node to
/// the fleet grain. Its parts make the other calls: <see cref="LeaseRenewal"/> renews the worker's leases with the
/// dispatchers, <see cref="SlotSharing"/> offers slots to the dispatchers and reclaims them, and
/// <see cref="CommandDelivery"/> passes commands to the worker's stream.
/// The rules are in <see cref="NodeSession"/> (does the node take work), <see cref="SlotLedger"/> (who may use its
/// slots) and <see cref="NodeHoldings"/> (what may have reached the worker).
/// </summary>
/// <remarks>
/// A session is the time from one registration of the worker to the next. Calls for the worker name its session,
/// and count only while it is open. All methods interleave: after an await, the session may be over.
/// Only the node's row is stored: to a new activation, no session is open, so the worker must register again.
/// A slot is room for one attempt at a task. A lease lets the worker run one attempt, until a time that heartbeats
/// extend. To give an attempt back is to report it as refused: its task is queued again, and no failure is counted.
/// Calls that the grain does not wait for (<see cref="FireAndForgetExtensions.FireAndForget"/>) may be lost.
/// Heartbeats repeat announcements. Dispatchers repeat their demands, and the grain then repeats a lost offer.
/// </remarks>
[GrainType("node"), PreferLocalPlacement, ImplicitStreamSubscription(CommandStream.Namespace)]
public sealed partial class NodeGrain(
    INodeStore store, ITaskStore tasks, DispatchOptions options, TimeProvider time, ILogger<NodeGrain> logger)
    : Grain, INodeGrain, IStreamSubscriptionObserver, IAsyncObserver<CommandBatch>
{
    private readonly SteadyClock clock = new(time);
    private readonly long lease = (long)options.Lease.TotalMilliseconds;
    private readonly KnownQueues queues = new(tasks);

    // Both are created on activation.
    private SlotSharing slots = null!;
    private CommandDelivery commands = null!;

    // The node as it is stored; null before its first registration. Kept as gone after the node was forgotten.
    private NodeRow? row;

    // The latest session of this activation, even when it is over; null before the first registration.
    private NodeSession? session;

    // Renews the leases of the latest session; null before the first registration.
    private LeaseRenewal? renewal;

    // The latest call of Open. Each call waits for the one before, so that two cannot both find the name free.
    private Task opening = Task.CompletedTask;

    // The time of the activation, which stands for the latest heartbeat before there is a session; 0: the name is free.
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
    /// Reads the node's row from the store. Heartbeats are not stored, so a node that has not left counts as heard now:
    /// for one more lease, only the same instance of its worker (the same data folder) may register.
    /// </summary>
    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        slots = new SlotSharing(this, GrainFactory, clock);
        commands = new CommandDelivery(GrainFactory, Id, queues, clock);
        row = await store.Get(Id);
        rememberedAt = row is { Gone: false } ? Now : 0;
    }

    /// <summary>
    /// Ends the worker's stream: the session ends with this activation, and a worker whose stream has ended asks for
    /// a new session at once, not only at its next heartbeat. Silos that stop have their grains deactivated.
    /// </summary>
    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        if (Valid is { } open)
            open.Connection?.Close(open.Number).FireAndForget();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    /// <remarks>If another registration follows meanwhile, the reply names a session that is over already.</remarks>
    public async Task<RegistrationReply> Register(NodeRegistration registration)
    {
        var nonexistent = await queues.FindNonexistent(registration.Running.Select(static lease => lease.Queue));
        // A call to a dispatcher would create its queue, so attempts of queues that do not exist are left out.
        // The reply to the next heartbeat tells the worker to kill them.
        if (nonexistent.Count > 0)
            registration = registration with { Running = [.. registration.Running.Where(lease => !nonexistent.Contains(lease.Queue))] };
        var thisOpening = Open(opening, registration);
        opening = thisOpening;
        if (await thisOpening is not { } opened)
            return new RegistrationReply(RegistrationOutcome.NameTaken, 0, lease, Heartbeat);
        // Moves the attempts' leases to the new session. What the dispatchers say is told by the first heartbeat's
        // reply.
        if (renewal is { } first && first.Session == opened)
            await first.Renew([], registration.Running, registration.SentAt, takesTerms: true);
        await Announce();
        LogRegistered(Id, opened, registration.Slots);
        return new RegistrationReply(RegistrationOutcome.Accepted, opened, lease, Heartbeat);
    }

    /// <summary>
    /// Waits for the earlier call, then ends the earlier session and opens a new one. Returns its number.
    /// Returns null when the name belongs to another instance, that is a worker with another data folder,
    /// which has not left and was heard within a lease.
    /// </summary>
    private async Task<long?> Open(Task before, NodeRegistration registration)
    {
        try
        {
            await before;
        }
        catch (Exception)
        {
            // The caller of the earlier registration gets the exception.
        }

        if (row is { Gone: false } known && known.Instance != registration.Instance && ReportedAt + lease > Now)
            return null;
        row = await store.OpenSession(Id, registration, clock.Wall);
        session?.Connection?.Close(row.Session).FireAndForget();
        session?.End();
        commands.Supersede(session);
        session = new NodeSession(Id, row.Session, registration, Now);
        renewal = new LeaseRenewal(
            GrainFactory, Id, row.Session, queues, options, time,
            (queue, failure) => LogQueueSilent(Id, queue, failure));
        foreach (var running in registration.Running)
            session.Bring(running);
        return row.Session;
    }

    /// <inheritdoc/>
    /// <remarks>
    /// From now on the node may take work. A repeat for the present connection, or for the one that ended last, changes
    /// nothing. False when the session is not open.
    /// </remarks>
    public Task<bool> Connect(long session, INodeConnectionObserver connection)
    {
        if (FindOpen(session) is not { } current)
            return Task.FromResult(false);
        if (current.Connect(connection))
        {
            Announce().FireAndForget();
            slots.Share(current);
        }

        return Task.FromResult(true);
    }

    /// <inheritdoc/>
    /// <remarks>
    /// <paramref name="unsent"/> has the attempts whose start command was not written to the connection, once for each
    /// copy of the command. If commands went to this connection, the node takes no work until the next
    /// <see cref="Connect"/>.
    /// </remarks>
    public async Task Disconnect(long session, INodeConnectionObserver connection, ImmutableArray<LeaseRef> unsent)
    {
        if (FindOpen(session) is not { } current)
            return;
        var unreceived = commands.TakeUnreceived(current, unsent);
        // Another stream is open, or the end of this one was reported before: the node goes on taking work as it did.
        if (!current.Disconnect(connection))
        {
            await commands.GiveBack(unreceived, session);
            return;
        }

        // Send the reclaims first, so that the dispatchers do not assign the returned tasks to this node again.
        var reclaims = slots.ReclaimAll(current);
        // Here and not after the wait: from now on nothing is sent to the node, and tests wait for this line to know it.
        LogDisconnected(Id, session, unreceived.Length);
        await Task.WhenAll(reclaims, commands.GiveBack(unreceived, session), AnnounceUnlessLost());
    }

    /// <inheritdoc/>
    /// <remarks>
    /// Calls every dispatcher that has attempts at the worker, or has or wants slots, but does not wait for slow ones
    /// (<see cref="LeaseRenewal"/>), nor for the fleet.
    /// </remarks>
    public async Task<StatusReply> ReportStatus(NodeStatus status)
    {
        if (FindOpen(status.Session) is not { } current || renewal is not { } leases)
            return new StatusReply(false, []);
        var now = Now;
        // An attempt that the heartbeat does not name no longer counts here if its command was sent at least two
        // intervals ago: the command should have reached the worker by then.
        current.Beat(status, now, now - (2 * Heartbeat));
        var reply = await leases.Renew(current.Ledger.QueuesAt(now), status.Held, status.SentAt, status.TakesTerms);
        if (status.Leaving && FindOpen(status.Session) is not null)
        {
            // Wait once for the queues to give their slots back: after that, those that answered assign nothing.
            // Later heartbeats ask again but do not wait, because the worker needs their replies to keep its leases.
            var isFirst = !current.IsLeaving;
            var left = Leave(current);
            if (isFirst)
                await left.IgnoreFailure();
            else
                left.FireAndForget();
        }

        if (!reply.SessionValid)
        {
            // End the session here, too: if this reply is lost, the next heartbeat must be refused as well,
            // even if it does not call the queue that has given the session up.
            current.End();
            return new StatusReply(false, []);
        }

        slots.Share(current);
        Announce().FireAndForget();
        return reply;
    }

    /// <inheritdoc/>
    /// <remarks>
    /// Fails when a dispatcher fails; the worker then repeats the whole report, which does no harm. Refused and unable
    /// attempts are given back; unable means that the worker could not start them for a reason of its own.
    /// </remarks>
    public async Task<bool> Report(
        long session, ImmutableArray<LeaseRef> started, ImmutableArray<AttemptResult> results, ImmutableArray<LeaseRef> refused,
        ImmutableArray<LeaseRef>? unable = null)
    {
        if (FindOpen(session) is not { } current)
            return false;
        var reports = NodeReports.Split(new NodeReport(Id, session, started, results, refused, unable));
        // A report on a queue that does not exist is dropped, and the worker may forget it.
        var nonexistent = await queues.FindNonexistent(reports.Select(static report => report.Queue));
        if (FindOpen(session) is null)
            return false;
        var sent = reports.Where(report => !nonexistent.Contains(report.Queue))
            .Select(report => GrainFactory.GetGrain<ITaskDispatcherGrain>(report.Queue).Report(report.Report)).ToArray();
        var settled = NodeReports.TokensSettled(results, refused, unable);
        // These attempts no longer count, but are forgotten only when the dispatchers have stored the report.
        // Until then, the dispatchers may send their commands again.
        foreach (var token in settled)
            current.Holdings.Settle(token);
        await Task.WhenAll(sent);
        foreach (var token in settled)
            current.Holdings.Forget(token);
        current.Learn(results, refused.Length + (unable?.Length ?? 0));
        // Free is negative when Learn has taken slots away that dispatchers still have.
        if (current.Ledger.Free < 0 || current.Ledger.HasUnmetDemand(Now))
            slots.Share(current);
        return true;
    }

    /// <inheritdoc/>
    /// <remarks>
    /// Gives the worker's attempts back, closes the session in the store, and withdraws the node from the fleet. If the
    /// session is the stored one but not open here, as in a new activation, the attempts are not given back: they wait
    /// for the end of their leases. A repeat withdraws the node again, in case that has failed before. Does nothing for
    /// other sessions.
    /// </remarks>
    public async Task Goodbye(long session)
    {
        if (FindOpen(session) is { } current)
        {
            // The tasks of a queue that does not answer wait for the end of their leases.
            await Leave(current).IgnoreFailure();
            // If a new session was opened meanwhile, the worker's attempts belong to it and go on.
            if (FindOpen(session) is null)
                return;
            await commands.GiveBack(current.Holdings.All, session).IgnoreFailure();
            if (FindOpen(session) is null)
                return;
            // End the session before that is stored, so that calls which arrive meanwhile find no open session.
            current.End();
        }
        else if (row?.Session != session)
            return;

        if (row is { Gone: false } known && known.Session == session)
        {
            await store.Close(Id, session, clock.Wall);
            if (row.Session == session)
                row = row with { Gone = true };
            LogLeft(Id, session);
        }

        await Fleet.Withdraw(Id, session);
    }

    /// <inheritdoc/>
    /// <remarks>The fleet grain has deleted the row before. Any worker may now register with the name.</remarks>
    public Task Forgotten()
    {
        if (row is not { } known)
            return Task.CompletedTask;
        row = known with { Gone = true };
        session?.Connection?.Close(known.Session).FireAndForget();
        session?.End();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task Want(SlotDemand demand)
    {
        queues.Note(demand.Queue);
        if (FindOpen(demand.Session) is { } current)
        {
            current.Ledger.Want(demand, Now);
            slots.Share(current);
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    /// <remarks>
    /// A dispatcher that has leases of earlier sessions asks this, to end those whose attempts the worker has no more.
    /// Null for any session but the latest, and before its first heartbeat or connection: until then the registration
    /// may be an old one that came late.
    /// </remarks>
    public Task<SessionStart?> BeganWith(long session, string queue) =>
        Task.FromResult(this.session?.BeganWith(session, queue));

    /// <inheritdoc/>
    public async Task<bool> SetDraining(bool draining)
    {
        var origin = Origin.Of(draining ? AuditActions.DrainNode : AuditActions.ResumeNode);
        if (!await store.SetDraining(Id, draining, AuditRecord.Of(origin, clock.Wall)))
            return false;
        row = row is null ? await store.Get(Id) : row with { Draining = draining };
        await AnnounceUnlessLost();
        return true;
    }

    /// <inheritdoc/>
    public Task OnSubscribed(IStreamSubscriptionHandleFactory handleFactory) => handleFactory.Create<CommandBatch>().ResumeAsync(this);

    /// <summary>Takes a batch that is too large for the stream; see <see cref="OnNextAsync"/>.</summary>
    public Task Take(CommandBatch batch) => OnNextAsync(batch);

    /// <summary>Takes commands (<see cref="CommandDelivery.Take"/>). Drops them when no session is open.</summary>
    public Task OnNextAsync(CommandBatch item, StreamSequenceToken? token = null)
    {
        if (Valid is { } current)
            commands.Take(current, item);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task OnCompletedAsync() => Task.CompletedTask;

    /// <inheritdoc/>
    public Task OnErrorAsync(Exception ex) => Task.CompletedTask;

    /// <summary>The time between two heartbeats, in milliseconds.</summary>
    private long Heartbeat => (long)options.Heartbeat.TotalMilliseconds;

    /// <summary>When the worker was last heard, as far as this activation knows; 0 when the name is free.</summary>
    private long ReportedAt => session?.ReportedAt ?? rememberedAt;

    private IFleetGrain Fleet => GrainFactory.GetGrain<IFleetGrain>("fleet");

    /// <summary>Returns the open session if it has this number; else null.</summary>
    private NodeSession? FindOpen(long number) => Valid is { } current && current.Number == number ? current : null;

    /// <summary>Stops offering slots and reclaims all slots. Queues keep the slots that their leases use.</summary>
    private Task Leave(NodeSession current)
    {
        current.Leave();
        return slots.ReclaimAll(current);
    }

    /// <summary>
    /// Announces the node's state to the fleet grain; does nothing without an open session.
    /// Completes once the fleet grain has stored a change of state, or has put it off because its store failed.
    /// </summary>
    private Task Announce() => row is not null && Description(row) is { ForFleet: { } node } known
        ? Fleet.Announce(new NodeAnnouncement(node, known.ForPeople(clock)))
        : Task.CompletedTask;

    /// <summary>
    /// Announces the node unless it is lost: the announcement would list it as reporting for one more lease. The next
    /// heartbeat, if one comes, announces it.
    /// </summary>
    private Task AnnounceUnlessLost() =>
        row is null || Description(row).StateAt(Now) == NodeState.Lost ? Task.CompletedTask : Announce();

    private NodeDescription Description(NodeRow known) => new(known, Valid, lease);
}
