using Microsoft.Extensions.Logging;
using Orleans.Placement;
using Orleans.Streams;
using Orleans.Streams.Core;
using OrleansTasks.Audit;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Nodes;

/// <summary>
/// A node, by name, between its worker and the dispatchers: opens and ends sessions, forwards reports, and announces
/// the node. The rules are in <see cref="NodeSession"/> (does the node take work), <see cref="SlotLedger"/> (who may
/// use its slots) and <see cref="NodeHoldings"/> (what the worker may have).
/// </summary>
/// <remarks>
/// Calls for the worker name its session and count only while it is open. All methods interleave: after an await, the
/// session may be over. Only the row is stored: a new activation has no open session. Calls by
/// <see cref="FireAndForgetExtensions.FireAndForget"/> may be lost; heartbeats repeat announcements, and dispatchers
/// repeat demands, which makes the grain repeat offers.
/// </remarks>
[GrainType("node"), PreferLocalPlacement, ImplicitStreamSubscription(CommandStream.Namespace)]
public sealed partial class NodeGrain(
    INodeStore store, ITaskStore tasks, DispatchOptions options, TimeProvider time, ILogger<NodeGrain> logger)
    : Grain, INodeGrain, IStreamSubscriptionObserver, IAsyncObserver<CommandBatch>
{
    private readonly SteadyClock clock = new(time);
    private readonly long lease = (long)options.Lease.TotalMilliseconds;
    private readonly KnownQueues queues = new(tasks);
    private readonly FolderQuestions folders = new(time);

    // Both are created on activation.
    private SlotSharing slots = null!;
    private CommandDelivery commands = null!;

    // Null before the node's first registration. Kept as gone after the node was forgotten.
    private NodeRow? row;

    // The latest session of this activation, perhaps over; null before the first registration.
    private NodeSession? session;

    // Renews the leases of the latest session.
    private LeaseRenewal? renewal;

    // The latest call of Open. Each waits for the one before, so that two cannot both find the name free.
    private Task opening = Task.CompletedTask;

    // The activation's time, which counts as a heartbeat until there is a session; 0 if the name is free.
    private long rememberedAt;

    private long Now => clock.Now;

    private string Id => this.GetPrimaryKeyString();

    /// <summary>The open session's slots, for tests and the simulator.</summary>
    internal SlotLedger? Ledger => Valid?.Ledger;

    internal string Name => Id;

    /// <summary>The open session, or null.</summary>
    private NodeSession? Valid => session is { IsOver: false } ? session : null;

    /// <summary>Counts a node that has not left as heard from: for one lease, only its worker may register.</summary>
    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        slots = new SlotSharing(this, GrainFactory, clock);
        commands = new CommandDelivery(GrainFactory, Id, queues, clock);
        row = await store.Get(Id);
        rememberedAt = row is { Gone: false } ? Now : 0;
    }

    /// <summary>Ends the worker's stream, so that it registers at once instead of at its next heartbeat.</summary>
    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        if (Valid is { } open)
            open.Connection?.Close(open.Number).FireAndForget();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    /// <remarks>If another registration arrives during the call, the reply names a session that is over.</remarks>
    public async Task<RegistrationReply> Register(NodeRegistration registration)
    {
        var nonexistent = await queues.FindNonexistent(registration.Running.Select(static lease => lease.Queue));
        // Calls would create these queues. The reply to the next heartbeat tells the worker to kill their attempts.
        if (nonexistent.Count > 0)
            registration = registration with { Running = [.. registration.Running.Where(lease => !nonexistent.Contains(lease.Queue))] };
        var thisOpening = Open(opening, registration);
        opening = thisOpening;
        if (await thisOpening is not { } opened)
            // A new activation has heard from nobody, so the refusal holds for one lease at most.
            return new RegistrationReply(RegistrationOutcome.NameTaken, 0, session is null ? lease : 0, Heartbeat);
        // Moves the leases to the new session. The first heartbeat's reply has the dispatchers' answers.
        if (renewal is { } first && first.Session == opened)
            await first.Renew([], registration.Running, registration.SentAt, takesTerms: true);
        await Announce();
        LogRegistered(Id, opened, registration.Slots);
        return new RegistrationReply(RegistrationOutcome.Accepted, opened, lease, Heartbeat);
    }

    /// <summary>
    /// Waits for the earlier call, then replaces the session. Returns null if another instance, heard from within a
    /// lease, has the name.
    /// </summary>
    private async Task<long?> Open(Task before, NodeRegistration registration)
    {
        try
        {
            await before;
        }
        catch (Exception)
        {
            // The earlier caller gets the exception.
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
    public Task<string?> InstanceOf(long session) =>
        Task.FromResult(row is { } known && known.Session == session ? known.Instance : null);

    /// <inheritdoc/>
    /// <remarks>A repeat for the current connection, or for the one that ended last, changes nothing.</remarks>
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
    /// If commands went to this connection, the node takes no work until the next <see cref="Connect"/>.
    /// </remarks>
    public async Task Disconnect(long session, INodeConnectionObserver connection, ImmutableArray<LeaseRef> unsent)
    {
        if (FindOpen(session) is not { } current)
            return;
        var unreceived = commands.TakeUnreceived(current, unsent);
        // Another stream is open, or this end was reported before: the node continues as before.
        if (!current.Disconnect(connection))
        {
            await commands.GiveBack(unreceived, session);
            return;
        }

        // Reclaims first, so that dispatchers do not assign the returned tasks to this node again.
        var reclaims = slots.ReclaimAll(current);
        // Logged before the wait: nothing is sent to the node from now on, and tests wait for this line.
        LogDisconnected(Id, session, unreceived.Length);
        await Task.WhenAll(reclaims, commands.GiveBack(unreceived, session), AnnounceUnlessLost());
    }

    /// <inheritdoc/>
    /// <remarks>Also calls dispatchers without attempts that have or want slots. Does not wait for slow ones.</remarks>
    public async Task<StatusReply> ReportStatus(NodeStatus status)
    {
        if (FindOpen(status.Session) is not { } current || renewal is not { } leases)
            return new StatusReply(false, []);
        var now = Now;
        // An attempt that the heartbeat lacks no longer counts if its command was sent two intervals ago: it should
        // have reached the worker by now.
        current.Beat(status, now, now - (2 * Heartbeat));
        AddLimits(current, status.Isolates);
        var reply = await leases.Renew(current.Ledger.QueuesAt(now), status.Held, status.SentAt, status.TakesTerms);
        if (status.Leaving && FindOpen(status.Session) is not null)
        {
            // Wait once for the queues to give slots back: those that answered assign nothing afterwards. Later
            // heartbeats do not wait, because the worker needs their replies to keep its leases.
            var isFirst = !current.IsLeaving;
            var left = Leave(current);
            if (isFirst)
                await left.IgnoreFailure();
            else
                left.FireAndForget();
        }

        if (!reply.SessionValid)
        {
            // If this reply is lost, the next heartbeat must be refused as well, even if it does not call the queue
            // that gave the session up.
            current.End();
            return new StatusReply(false, []);
        }

        slots.Share(current);
        Announce().FireAndForget();
        return reply;
    }

    /// <inheritdoc/>
    /// <remarks>
    /// If a dispatcher fails, the call fails, and the worker safely repeats the whole report. Refused and unable
    /// attempts are given back.
    /// </remarks>
    public async Task<bool> Report(
        long session, ImmutableArray<LeaseRef> started, ImmutableArray<AttemptResult> results, ImmutableArray<LeaseRef> refused,
        ImmutableArray<LeaseRef>? unable = null)
    {
        if (FindOpen(session) is not { } current)
            return false;
        var reports = NodeReports.Split(new NodeReport(Id, session, started, results, refused, unable));
        // A report on a nonexistent queue is dropped, and the worker may forget it.
        var nonexistent = await queues.FindNonexistent(reports.Select(static report => report.Queue));
        if (FindOpen(session) is null)
            return false;
        var sent = reports.Where(report => !nonexistent.Contains(report.Queue))
            .Select(report => NextOwner.Tell(
                () => GrainFactory.Reference<ITaskDispatcherGrain>(report.Queue).Report(report.Report), time))
            .ToArray();
        var settled = NodeReports.TokensSettled(results, refused, unable);
        // These no longer count, but are remembered until the dispatchers have stored the report: until then,
        // dispatchers may send the commands again.
        foreach (var token in settled)
            current.Holdings.Settle(token);
        await Task.WhenAll(sent);
        foreach (var token in settled)
            current.Holdings.Forget(token);
        current.Learn(results, refused.Length + (unable?.Length ?? 0));
        // Free is negative if Learn took slots away that dispatchers still have.
        if (current.Ledger.Free < 0 || current.Ledger.HasUnmetDemand(Now))
            slots.Share(current);
        return true;
    }

    /// <inheritdoc/>
    /// <remarks>
    /// If the session is stored but not open here, as in a new activation, its attempts wait for the end of their
    /// leases. A repeat withdraws the node again, in case the first withdrawal failed.
    /// </remarks>
    public async Task Goodbye(long session)
    {
        if (FindOpen(session) is { } current)
        {
            // The tasks of a queue that does not answer wait for the end of their leases.
            await Leave(current).IgnoreFailure();
            // If a new session was opened during the wait, the worker's attempts continue in it.
            if (FindOpen(session) is null)
                return;
            await commands.GiveBack(current.Holdings.All, session).IgnoreFailure();
            if (FindOpen(session) is null)
                return;
            // Ends the session before the store call, so that calls during it find no open session.
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
    /// <remarks>The fleet grain has deleted the row. Any worker may now take the name.</remarks>
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
    /// Returns null for any session but the latest, and before that session's first heartbeat or connection: until
    /// then, the registration may be an old one that came late.
    /// </remarks>
    public Task<SessionStart?> BeganWith(long session, string queue) =>
        Task.FromResult(this.session?.BeganWith(session, queue));

    /// <inheritdoc/>
    public Task<FolderReply> ListFolder(string folder, string match) => Valid switch
    {
        null when row is null or { Gone: true } => Task.FromResult(FolderReply.Failed($"There is no node {Id}.")),
        null or { Connection: null } => Task.FromResult(FolderReply.Failed($"Node {Id} is not connected.")),
        { ListsFolders: false } => Task.FromResult(FolderReply.Failed($"The worker of node {Id} cannot list folders.")),
        { Connection: { } connection } current => folders.Ask(current, connection, folder, match),
    };

    /// <inheritdoc/>
    public Task<bool> FolderListed(long session, long number, FolderReply reply)
    {
        if (FindOpen(session) is null)
            return Task.FromResult(false);
        folders.Answer(session, number, reply);
        return Task.FromResult(true);
    }

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

    /// <summary>Takes a batch that is too large for the stream.</summary>
    public Task Take(CommandBatch batch) => OnNextAsync(batch);

    /// <summary>Takes commands from the stream; drops them if no session is open.</summary>
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

    private long Heartbeat => (long)options.Heartbeat.TotalMilliseconds;

    /// <summary>When the worker was last heard from, as far as this activation knows; 0 if the name is free.</summary>
    private long ReportedAt => session?.ReportedAt ?? rememberedAt;

    private IFleetGrain Fleet => GrainFactory.Reference<IFleetGrain>("fleet");

    private NodeSession? FindOpen(long number) => Valid is { } current && current.Number == number ? current : null;

    /// <summary>
    /// Adds what the worker has learned to do since its registration, and announces the node if that is news. Called
    /// before the leases are renewed, because tasks may wait for it.
    /// </summary>
    private void AddLimits(NodeSession current, Limits limits)
    {
        if (row is not { } known || (limits & ~known.Enforces) == Limits.None)
            return;
        row = known with { Enforces = known.Enforces | limits };
        Announce().FireAndForget();
        // For the view of a node that no longer reports. If this fails, the next registration stores it.
        store.AddLimits(Id, current.Number, limits).FireAndForget();
    }

    /// <summary>Stops offers and reclaims all slots. Queues keep the slots that their leases use.</summary>
    private Task Leave(NodeSession current)
    {
        current.Leave();
        return slots.ReclaimAll(current);
    }

    /// <summary>Completes once the fleet grain has stored or postponed a change of state.</summary>
    private Task Announce() => row is not null && Description(row) is { ForFleet: { } node } known
        ? Fleet.Announce(new NodeAnnouncement(node, known.ForPeople(clock)))
        : Task.CompletedTask;

    /// <summary>Skips a lost node, which an announcement would list as reporting for one more lease.</summary>
    private Task AnnounceUnlessLost() =>
        row is null || Description(row).StateAt(Now) == NodeState.Lost ? Task.CompletedTask : Announce();

    private NodeDescription Description(NodeRow known) => new(known, Valid, lease);
}
