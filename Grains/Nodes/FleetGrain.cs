using OrleansTasks.Queues;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Nodes;

/// <summary>
/// Tells the dispatchers that asked for it which nodes report (<see cref="FleetRoster"/>), and stores each change of a
/// node's state.
/// </summary>
[GrainType("fleet")]
public sealed class FleetGrain(
    INodeStore store, INodeEventStore events, ITrustStore trust, DispatchOptions options, TimeProvider time) : Grain, IFleetGrain
{
    private const long SubscriptionTerm = 30_000;
    private readonly long lease = (long)options.Lease.TotalMilliseconds;
    private readonly FleetRoster roster = new((long)options.Lease.TotalMilliseconds);
    private readonly Dictionary<PartitionKey, FleetSubscriber> subscribers = [];
    private readonly SteadyClock clock = new(time);
    private readonly NodeHistory history = new(events);
    private readonly FleetWatchers watchers = new();
    private bool isMissingTold;
    private long activatedAt;
    private long version;

    private long Now => clock.Now;

    /// <summary>Whether every node that reports has reported to this activation, which begins with an empty roster.</summary>
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

    private async Task Sweep()
    {
        var now = Now;
        var lost = roster.Sweep(now);
        foreach (var node in lost)
            history.Note(node, NodeState.Lost, now);
        if (lost.Count > 0)
            await Tell();
        if (KnowsWhoReports && !isMissingTold)
            await NoteMissing(now);
        if (history.HasMore)
            await Keep();
    }

    /// <summary>
    /// Nodes that reported before this activation began and have not since are lost, once a lease is over.
    /// </summary>
    private async Task NoteMissing(long now)
    {
        await Keep();
        var rows = (await store.List()).ToDictionary(static row => row.Id);
        foreach (var node in history.Reporting.Where(node => !roster.IsReporting(node)))
        {
            // One that nobody knows any more was forgotten, which is told when it is done.
            if (rows.TryGetValue(node, out var row))
                history.Note(node, row.Gone ? NodeState.Gone : NodeState.Lost, now);
        }

        isMissingTold = true;
    }

    /// <summary>Stores what the nodes' history has; what cannot be stored now is at the next sweep.</summary>
    private async Task Keep()
    {
        try
        {
            await history.Keep();
            watchers.Notify(Now);
        }
        catch (Exception fault) when (fault is StoreUnavailableException or OutcomeUnknownException)
        {
            // The store says so itself, to everybody.
        }
    }

    private FleetSnapshot Snapshot() =>
        new(version, roster.Nodes, Now - activatedAt > 2 * options.Heartbeat.TotalMilliseconds);

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
    /// One snapshot at a time, and then the newest: a thousand workers that come back together cost a dispatcher a few
    /// looks at the whole fleet, not a thousand.
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
                // Who could not be told asks by itself when it is back; a newer version is worth another try.
            }
        }

        subscriber.IsBeingTold = false;
    }
}
