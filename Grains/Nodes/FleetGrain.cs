using OrleansTasks.Audit;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Nodes;

/// <summary>
/// Knows which nodes (workers) report: a node reports from its registration until it leaves, or until it has sent no
/// heartbeat for the length of a lease and is lost (<see cref="FleetRoster"/>). Each node's grain announces the node
/// here at every heartbeat, and withdraws it when it leaves. This grain sends snapshots of the fleet (all nodes that
/// report) to the dispatchers that subscribe, stores each change of a node's state (<see cref="NodeHistory"/>), and
/// notifies the gateways that watch (<see cref="FleetWatchers"/>). Gateways also list nodes and have them forgotten.
/// Times are Unix milliseconds of a steady clock.
/// </summary>
/// <remarks>
/// Of its state, only the history is stored. A new activation begins with an empty roster and without subscribers;
/// within seconds, heartbeats fill the roster, and dispatchers and gateways subscribe again. All grain methods and the
/// timer interleave at their awaits.
/// </remarks>
[GrainType("fleet")]
public sealed class FleetGrain(
    INodeStore store, INodeEventStore events, ITrustStore trust, DispatchOptions options, TimeProvider time) : Grain, IFleetGrain
{
    // In milliseconds. A dispatcher subscribes again every 10 s, so one lost call does no harm.
    private const long SubscriptionTerm = 30_000;

    // The length of a lease in milliseconds: a node that is silent for longer is lost.
    private readonly long lease = (long)options.Lease.TotalMilliseconds;
    private readonly FleetRoster roster = new((long)options.Lease.TotalMilliseconds);
    private readonly Dictionary<string, FleetSubscriber> subscribers = [];
    private readonly SteadyClock clock = new(time);
    private readonly NodeHistory history = new(events);
    private readonly FleetWatchers watchers = new();

    // Whether NoteMissing has succeeded in this activation.
    private bool isMissingNoted;
    private long activatedAt;

    // The version of the last snapshot; it never falls. A dispatcher ignores a snapshot with a lower version than the
    // last it took.
    private long version;

    private long Now => clock.Now;

    /// <summary>
    /// Whether this activation is older than a lease. By then, every node that still reports has reported to it; a node
    /// that has not is lost.
    /// </summary>
    private bool KnowsWhoReports => Now - activatedAt > lease;

    /// <inheritdoc/>
    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        activatedAt = Now;
        // Higher than the versions of earlier activations, unless their clocks were ahead; Subscribe corrects that.
        version = activatedAt << 16;
        this.RegisterGrainTimer(
            static (grain, _) => grain.Sweep(),
            this,
            new GrainTimerCreationOptions { DueTime = options.Heartbeat, Period = options.Heartbeat, Interleave = true });
        return Task.CompletedTask;
    }

    /// <summary>
    /// Among several silos, hands subscriptions and roster to the next activation, as if the dispatchers and the nodes
    /// had called it. Without that, dispatchers would not hear of nodes until both have called again. Silos that stop
    /// have their grains deactivated. What the next activation hears late from a node that has left, it ignores.
    /// </summary>
    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        if (options.ProofTerm == TimeSpan.Zero)
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
        // False: a late announcement of a session (the time from one registration of the worker to the next) that was
        // withdrawn, or that a later session has replaced.
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
        // Replaces the subscriber instead of renewing it: a call that is still under way to an earlier activation of
        // the dispatcher must not delay calls to this one. The reply carries the version.
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
        // Last reports have the wall clock's time.
        var now = clock.Wall;
        return [.. rows.Select(row => roster.View(row, now))];
    }

    /// <inheritdoc/>
    public async Task<bool> Forget(string node)
    {
        var origin = Origin.Of(AuditActions.ForgetNode);
        if (roster.IsReporting(node) || (!KnowsWhoReports && await IsOpen(node)))
            return false;
        // Revoke before deleting. After a failure between the two, the caller can try again, because the node is still
        // stored.
        await trust.Revoke(node);
        if (!await store.Delete(node, AuditRecord.Of(origin, clock.Wall)))
            return false;
        roster.Forget(node);
        await GrainFactory.GetGrain<INodeGrain>(node).Forgotten();
        return true;
    }

    /// <summary>
    /// Whether the stored node has not left. Such a node may be alive without having reported to this activation yet.
    /// False for a node that is not stored.
    /// </summary>
    private async Task<bool> IsOpen(string node) => await store.Get(node) is { Gone: false };

    /// <summary>
    /// Runs at every heartbeat interval: notes the nodes that have been silent for a lease, and stores what could not
    /// be stored before.
    /// </summary>
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
    /// Notes as lost or gone the nodes that the stored history shows as reporting and that do not report to this
    /// activation: they left or fell silent while none watched. Succeeds once in an activation. When a store cannot be
    /// read, the next sweep tries again.
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
            // A node without a row was forgotten: that is no event.
            if (rows.TryGetValue(node, out var row))
                history.Note(node, row.Gone ? NodeState.Gone : NodeState.Lost, clock.Wall);
        }

        isMissingNoted = true;
    }

    /// <summary>
    /// Stores the changes that were noted, then notifies the gateways that watch. When the store fails, this method
    /// does not throw: the changes still wait, and the next sweep tries again.
    /// </summary>
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
            // Not logged here: the health of the store shows the failure.
            return false;
        }
    }

    /// <summary>
    /// The nodes that report. The snapshot counts as complete two heartbeat intervals after the activation, when each
    /// node that is well has reported. <see cref="KnowsWhoReports"/> waits for a whole lease, because its answer
    /// decides what is deleted or stored.
    /// </summary>
    private FleetSnapshot Snapshot() =>
        new(version, roster.Nodes, Now - activatedAt > 2 * options.Heartbeat.TotalMilliseconds);

    /// <summary>
    /// Sends the fleet, under a new version, to every subscriber. The task is complete at once: no call is waited for.
    /// </summary>
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
    /// Sends the newest snapshot to a subscriber, and again while there is a newer one. The caller has checked that no
    /// such call is under way. Changes during a call are combined into the next snapshot: when a thousand workers come
    /// back at once, each dispatcher gets a few snapshots, not a thousand.
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
                // Not repeated. The dispatcher subscribes again every 10 seconds, and the reply has the newest
                // snapshot.
            }
        }

        subscriber.IsBeingTold = false;
    }
}
