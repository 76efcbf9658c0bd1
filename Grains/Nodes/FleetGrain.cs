using OrleansTasks.Queues;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Nodes;

/// <summary>
/// Knows which nodes report (<see cref="FleetRoster"/>), tells the dispatchers that subscribe, and stores each change of a node's state
/// (<see cref="NodeHistory"/>). A new activation begins with an empty roster, which the nodes' next heartbeats fill. All methods
/// interleave. Times are Unix milliseconds of a steady clock.
/// </summary>
[GrainType("fleet")]
public sealed class FleetGrain(
    INodeStore store, INodeEventStore events, ITrustStore trust, DispatchOptions options, TimeProvider time) : Grain, IFleetGrain
{
    private const long SubscriptionTerm = 30_000;

    // In milliseconds.
    private readonly long lease = (long)options.Lease.TotalMilliseconds;
    private readonly FleetRoster roster = new((long)options.Lease.TotalMilliseconds);
    private readonly Dictionary<PartitionKey, FleetSubscriber> subscribers = [];
    private readonly SteadyClock clock = new(time);
    private readonly NodeHistory history = new(events);
    private readonly FleetWatchers watchers = new();
    private bool isMissingNoted;
    private long activatedAt;

    // Of the last snapshot. Dispatchers ignore one that is lower than the last they took.
    private long version;

    private long Now => clock.Now;

    /// <summary>Whether every node that reports has reported to this activation: a node that has not for a lease is lost.</summary>
    private bool KnowsWhoReports => Now - activatedAt > lease;

    /// <inheritdoc/>
    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        activatedAt = Now;
        version = activatedAt << 16; // Newer than what an earlier activation said, unless that one's clock was ahead.
        this.RegisterGrainTimer(
            static (grain, _) => grain.Sweep(),
            this,
            new GrainTimerCreationOptions { DueTime = options.Heartbeat, Period = options.Heartbeat, Interleave = true });
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task Announce(NodeAnnouncement announcement)
    {
        if (!roster.Announce(announcement, Now, out var isChange))
            return Task.CompletedTask;
        var told = isChange ? Tell() : Task.CompletedTask;
        return history.Note(announcement.Node.Id, announcement.View.State, Now) ? Keep() : told;
    }

    /// <inheritdoc/>
    public Task Withdraw(string node, long session)
    {
        if (!roster.Withdraw(node, session))
            return Task.CompletedTask;
        history.Note(node, NodeState.Gone, Now);
        return Task.WhenAll(Tell(), Keep());
    }

    /// <inheritdoc/>
    public Task<FleetSnapshot> Subscribe(PartitionKey partition, long known)
    {
        version = Math.Max(version, known + 1);
        // A new one: what is under way to an earlier activation keeps nobody waiting.
        // Its version is the one that this reply tells.
        subscribers[partition] = new FleetSubscriber(Now + SubscriptionTerm, version);
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
        var now = Now;
        return [.. rows.Select(row => roster.View(row, now))];
    }

    /// <inheritdoc/>
    public async Task<bool> Forget(string node)
    {
        if (roster.IsReporting(node) || (!KnowsWhoReports && await IsOpen(node)))
            return false;
        // First: a node that is not listed any more could not be forgotten again, if this failed in between.
        await trust.Revoke(node);
        if (!await store.Delete(node))
            return false;
        roster.Forget(node);
        await GrainFactory.GetGrain<INodeGrain>(node).Forgotten();
        return true;
    }

    /// <summary>Whether a node has not closed its session in order.</summary>
    private async Task<bool> IsOpen(string node) => await store.Get(node) is { Gone: false };

    /// <summary>
    /// Runs at every heartbeat interval: notes the nodes that are lost, and stores what could not be stored before.
    /// </summary>
    private async Task Sweep()
    {
        var now = Now;
        var lost = roster.Sweep(now);
        foreach (var node in lost)
            history.Note(node, NodeState.Lost, now);
        if (lost.Count > 0)
            await Tell();
        if (KnowsWhoReports && !isMissingNoted)
            await NoteMissing(now);
        if (history.HasMore)
            await Keep();
    }

    /// <summary>
    /// Notes the nodes that reported before this activation began and have not since. Done once for an activation; a sweep that cannot read
    /// the store fails, and the next one tries again.
    /// </summary>
    private async Task NoteMissing(long now)
    {
        await Keep();
        var rows = (await store.List()).ToDictionary(static row => row.Id);
        foreach (var node in history.Reporting.Where(node => !roster.IsReporting(node)))
        {
            // A node without a row was forgotten: that is no event.
            if (rows.TryGetValue(node, out var row))
                history.Note(node, row.Gone ? NodeState.Gone : NodeState.Lost, now);
        }

        isMissingNoted = true;
    }

    /// <summary>
    /// Stores the changes that were noted, then notifies the gateways that watch. Does not throw when the store fails: the next sweep tries
    /// again.
    /// </summary>
    private async Task Keep()
    {
        try
        {
            await history.Keep();
            watchers.Notify(Now);
        }
        catch (Exception fault) when (fault is StoreUnavailableException or OutcomeUnknownException)
        {
            // The store's health shows the failure.
        }
    }

    /// <summary>The nodes that report; complete once every node has had two heartbeats to report to this activation.</summary>
    private FleetSnapshot Snapshot() =>
        new(version, roster.Nodes, Now - activatedAt > 2 * options.Heartbeat.TotalMilliseconds);

    /// <summary>Sends the roster under a new version to every subscriber, and waits for none of them.</summary>
    private Task Tell()
    {
        version++;
        var now = Now;
        foreach (var (partition, subscriber) in subscribers.ToArray())
        {
            if (subscriber.Until < now)
                subscribers.Remove(partition);
            else if (!subscriber.IsBeingTold)
                Tell(partition, subscriber).LetGo();
        }

        return Task.CompletedTask;
    }

    /// <summary>
    /// Sends the newest snapshot to a subscriber, and again while there is a newer one; the caller has checked that no such call is under
    /// way. So a thousand workers that come back together cost a dispatcher a few looks at the whole fleet, not a thousand.
    /// </summary>
    private async Task Tell(PartitionKey partition, FleetSubscriber subscriber)
    {
        subscriber.IsBeingTold = true;
        while (subscriber.Version < version)
        {
            subscriber.Version = version;
            try
            {
                await GrainFactory.GetGrain<ITaskDispatcherGrain>(partition.ToString()).FleetChanged(Snapshot());
            }
            catch (Exception)
            {
                // A dispatcher that could not be told asks when it is back. Only a newer version is sent again.
            }
        }

        subscriber.IsBeingTold = false;
    }
}
