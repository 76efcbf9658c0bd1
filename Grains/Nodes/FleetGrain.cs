using OrleansTasks.Queues;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Nodes;

/// <summary>Keeps the list of reporting nodes and tells the dispatchers that asked for it.</summary>
[GrainType("fleet")]
public sealed class FleetGrain(
    INodeStore store, INodeEventStore events, ITrustStore trust, DispatchOptions options, TimeProvider time) : Grain, IFleetGrain
{
    private const long SubscriptionTerm = 30_000;
    private readonly SortedDictionary<string, (NodeAnnouncement Said, long At)> nodes = new(StringComparer.Ordinal);
    // Of those that are lost: the store has only when their session began.
    private readonly Dictionary<string, long> lastReports = new(StringComparer.Ordinal);
    private readonly Dictionary<PartitionKey, FleetSubscriber> subscribers = [];
    private readonly long lease = (long)options.Lease.TotalMilliseconds;
    private readonly SteadyClock clock = new(time);
    private readonly NodeHistory history = new(events);
    private readonly FleetWatchers watchers = new();
    private bool isMissingTold;
    private long activatedAt;
    private long version;

    private long Now => clock.Now;

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
        var node = announcement.Node;
        var isChange = !nodes.TryGetValue(node.Id, out var known) || known.Said.Node.Session != node.Session
            || known.Said.Node.Accepts != node.Accepts || known.Said.Node.KnowsEarlier != node.KnowsEarlier;
        if (known.Said is not null && known.Said.Node.Session > node.Session)
            return Task.CompletedTask;
        nodes[node.Id] = (announcement, Now);
        lastReports.Remove(node.Id);
        var told = isChange ? Tell() : Task.CompletedTask;
        return history.Note(node.Id, announcement.View.State, Now) ? Keep() : told;
    }

    /// <inheritdoc/>
    public Task Withdraw(string node, long session)
    {
        if (!nodes.TryGetValue(node, out var known) || known.Said.Node.Session > session)
            return Task.CompletedTask;
        nodes.Remove(node);
        lastReports.Remove(node);
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
        return [.. rows.Select(row => View(row, now))];
    }

    /// <inheritdoc/>
    public async Task<bool> Forget(string node)
    {
        if (nodes.ContainsKey(node))
            return false;
        // First: a node that is not listed any more could not be forgotten again, if this failed in between.
        await trust.Revoke(node);
        if (!await store.Delete(node))
            return false;
        lastReports.Remove(node);
        await GrainFactory.GetGrain<INodeGrain>(node).Forgotten();
        return true;
    }

    private NodeView View(NodeRow row, long now)
    {
        if (nodes.TryGetValue(row.Id, out var known) && known.Said.Node.Session == row.Session)
            return known.Said.View;
        var state = row.Gone ? NodeState.Gone : NodeState.Lost;
        var seenAt = state == NodeState.Lost ? Math.Max(row.SeenAt, lastReports.GetValueOrDefault(row.Id)) : row.SeenAt;
        return new NodeView(
            row.Id, state, row.Slots, 0, row.Labels, row.Version, row.Address, Math.Min(seenAt, now), 0, 0, row.Enforces);
    }

    private async Task Sweep()
    {
        var now = Now;
        var lost = nodes.Where(node => node.Value.At + lease <= now).Select(static node => node.Key).ToArray();
        foreach (var node in lost)
        {
            nodes.Remove(node, out var known);
            lastReports[node] = known.Said.View.LastReportAt;
            history.Note(node, NodeState.Lost, now);
        }

        if (lost.Length > 0)
            await Tell();
        if (now - activatedAt > lease && !isMissingTold)
            await NoteMissing(now);
        if (history.HasMore)
            await Keep();
    }

    /// <summary>Nodes that reported before this activation began and have not since are lost, once a lease is over.</summary>
    private async Task NoteMissing(long now)
    {
        await Keep();
        var rows = (await store.List()).ToDictionary(static row => row.Id);
        foreach (var node in history.Reporting.Where(node => !nodes.ContainsKey(node)))
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
            watchers.Tell(Now);
        }
        catch (StoreUnavailableException)
        {
            // The store says so itself, to everybody.
        }
    }

    private FleetSnapshot Snapshot() =>
        new(version, [.. nodes.Values.Select(static node => node.Said.Node)], Now - activatedAt > 2 * options.Heartbeat.TotalMilliseconds);

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
    /// One snapshot at a time, and then the newest: a thousand workers that come back together cost a dispatcher a few looks at
    /// the whole fleet, not a thousand.
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
