using OrleansTasks.Audit;
using OrleansTasks.Cluster;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Nodes;

/// <summary>
/// Tracks which nodes report (<see cref="FleetRoster"/>), notifies dispatchers, stores state changes
/// (<see cref="NodeHistory"/>) and then notifies gateways (<see cref="FleetWatchers"/>). Times are Unix milliseconds of
/// a steady clock.
/// </summary>
/// <remarks>
/// Only the history is stored. In a new activation, heartbeats and renewed subscriptions restore the rest within
/// seconds. Methods and the timer interleave at their awaits.
/// </remarks>
[GrainType("fleet")]
public sealed class FleetGrain(
    INodeStore store, INodeEventStore events, RefusedWrites refused, DispatchOptions options,
    IPeerSilos peers, TimeProvider time) : Grain, IFleetGrain
{
    // Milliseconds. Dispatchers subscribe every 10 s, so one lost call does no harm.
    private const long SubscriptionTerm = 30_000;

    // Milliseconds. A node that is silent for longer is lost.
    private readonly long lease = (long)options.Lease.TotalMilliseconds;
    private readonly FleetRoster roster = new((long)options.Lease.TotalMilliseconds);
    private readonly Dictionary<string, FleetSubscriber> subscribers = [];
    private readonly SteadyClock clock = new(time);
    private readonly NodeHistory history = new(events, refused);
    private readonly FleetWatchers watchers = new();

    private bool isMissingNoted;
    private long activatedAt;

    // The last snapshot's version. It never falls, because dispatchers ignore versions below the last that they took.
    private long version;

    private long Now => clock.Now;

    /// <summary>Whether every node that still reports has had a lease's time to report to this activation.</summary>
    private bool KnowsWhoReports => Now - activatedAt > lease;

    /// <inheritdoc/>
    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        activatedAt = Now;
        // The shift leaves 65,536 versions for each millisecond, so that this exceeds the versions of earlier
        // activations. If their clocks were ahead, Subscribe corrects it.
        version = activatedAt << 16;
        this.RegisterGrainTimer(
            static (grain, _) => grain.Sweep(),
            this,
            new GrainTimerCreationOptions { DueTime = options.Heartbeat, Period = options.Heartbeat, Interleave = true });
        return Task.CompletedTask;
    }

    /// <summary>
    /// Sends subscriptions and roster to the next activation, if there is another silo. Otherwise dispatchers would
    /// not learn of nodes until both have called again. The next activation ignores late announcements of nodes that
    /// left.
    /// </summary>
    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        // Zero means that a single silo uses the store. When the last silo of several stops, each call would fail and be
        // logged as an error.
        if (options.ProofTerm == TimeSpan.Zero || !peers.AnyActive)
            return Task.CompletedTask;
        var next = GrainFactory.GetGrain<IFleetGrain>(this.GetPrimaryKeyString());
        foreach (var (queue, subscriber) in subscribers)
        {
            if (subscriber.Until > Now)
                next.Subscribe(queue, version).FireAndForget();
        }

        foreach (var announcement in roster.HeardSince(Now - lease))
            next.Announce(announcement).FireAndForget();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task Announce(NodeAnnouncement announcement)
    {
        // False for a late announcement of a withdrawn or replaced session.
        if (!roster.Announce(announcement, Now, out var isChange))
            return Task.CompletedTask;
        var told = isChange ? Tell() : Task.CompletedTask;
        return history.Note(announcement.Node.Id, announcement.View.State, clock.Wall) ? Keep() : told;
    }

    /// <inheritdoc/>
    public Task Withdraw(string node, long session)
    {
        if (!roster.Withdraw(node, session))
            return Task.CompletedTask;
        history.Note(node, NodeState.Gone, clock.Wall);
        return Task.WhenAll(Tell(), Keep());
    }

    /// <inheritdoc/>
    public Task<FleetSnapshot> Subscribe(string queue, long known)
    {
        version = Math.Max(version, known + 1);
        // A new subscriber instead of a renewed one: a call that still hangs at an earlier activation of the dispatcher
        // must not delay calls to this one. The reply carries the version.
        subscribers[queue] = new FleetSubscriber(Now + SubscriptionTerm, version);
        return Task.FromResult(Snapshot());
    }

    /// <inheritdoc/>
    public Task Watch(string gateway, IFleetObserver observer)
    {
        watchers.Add(gateway, observer, Now);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task<ImmutableArray<NodeView>> List()
    {
        var rows = await store.List();
        // The rows have wall clock times.
        var now = clock.Wall;
        return [.. rows.Select(row => roster.View(row, now) with { Losses = history.LossesOf(row.Id) })];
    }

    /// <inheritdoc/>
    public async Task<bool> Forget(string node)
    {
        var origin = Origin.Of(AuditActions.ForgetNode);
        if (roster.IsReporting(node) || (!KnowsWhoReports && await IsOpen(node)))
            return false;
        if (!await store.Delete(node, AuditRecord.Of(origin, clock.Wall)))
            return false;
        roster.Forget(node);
        await GrainFactory.GetGrain<INodeGrain>(node).Forgotten();
        return true;
    }

    /// <summary>Returns whether the stored node has not left; it may be alive but not have reported here yet.</summary>
    private async Task<bool> IsOpen(string node) => await store.Get(node) is { Gone: false };

    /// <summary>Runs once per heartbeat interval: notes lost nodes and stores what could not be stored.</summary>
    private async Task Sweep()
    {
        var now = Now;
        var lost = roster.Sweep(now);
        foreach (var node in lost)
            history.Note(node, NodeState.Lost, clock.Wall);
        if (lost.Count > 0)
            await Tell();
        if (KnowsWhoReports && !isMissingNoted)
            await NoteMissing();
        if (history.HasMore)
            await Keep();
    }

    /// <summary>
    /// Notes nodes that the history shows as reporting but that do not report: they left or fell silent while no
    /// activation watched. Succeeds once per activation.
    /// </summary>
    private async Task NoteMissing()
    {
        // Until this succeeds, the history does not know the stored states.
        if (!await Keep())
            return;
        var reported = history.Reporting;
        var rows = (await store.List()).ToDictionary(static row => row.Id);
        foreach (var node in reported.Where(node => !roster.IsReporting(node)))
        {
            // A node without a row was forgotten, which is not an event.
            if (rows.TryGetValue(node, out var row))
                history.Note(node, row.Gone ? NodeState.Gone : NodeState.Lost, clock.Wall);
        }

        isMissingNoted = true;
    }

    /// <summary>Stores noted changes, then notifies gateways. Returns false if the store fails; sweeps retry.</summary>
    private async Task<bool> Keep()
    {
        try
        {
            await history.Keep();
            watchers.Notify(Now);
            return true;
        }
        catch (Exception fault) when (fault is StoreUnavailableException or OutcomeUnknownException)
        {
            // Not logged: the store's health shows it.
            return false;
        }
    }

    /// <summary>
    /// Returns the fleet, which counts as complete two heartbeat intervals after activation, when every healthy node
    /// has reported. <see cref="KnowsWhoReports"/> waits for a whole lease because it decides what is deleted or
    /// stored.
    /// </summary>
    private FleetSnapshot Snapshot() =>
        new(version, roster.Nodes, Now - activatedAt > 2 * options.Heartbeat.TotalMilliseconds);

    /// <summary>Sends the fleet under a new version to all subscribers, without waiting.</summary>
    private Task Tell()
    {
        version++;
        var now = Now;
        foreach (var (queue, subscriber) in subscribers.ToArray())
        {
            if (subscriber.Until < now)
                subscribers.Remove(queue);
            else if (!subscriber.IsBeingTold)
                Tell(queue, subscriber).FireAndForget();
        }

        return Task.CompletedTask;
    }

    /// <summary>
    /// Sends the newest snapshot, and repeats while there is a newer one: when a thousand workers come back at once,
    /// each dispatcher gets only a few snapshots.
    /// </summary>
    private async Task Tell(string queue, FleetSubscriber subscriber)
    {
        subscriber.IsBeingTold = true;
        while (subscriber.Version < version)
        {
            subscriber.Version = version;
            try
            {
                await GrainFactory.GetGrain<ITaskDispatcherGrain>(queue).FleetChanged(Snapshot());
            }
            catch (Exception)
            {
                // Not repeated: the dispatcher subscribes again within 10 s, and the reply has the newest snapshot.
            }
        }

        subscriber.IsBeingTold = false;
    }
}
