using OrleansTasks.Storage;

namespace OrleansTasks.Nodes;

/// <summary>What the fleet and people are told of a node.</summary>
/// <param name="row">What is stored of the node.</param>
/// <param name="session">Its session; null when there is none, or it is over.</param>
/// <param name="lease">How long a node may be silent before it is lost, in milliseconds.</param>
internal readonly struct NodeDescription(NodeRow row, NodeSession? session, long lease)
{
    /// <summary>For dispatchers; null without a session.</summary>
    public FleetNode? ForFleet => session is null ? null : new FleetNode(
        row.Id, row.Session, row.Slots, row.Labels, row.Enforces, session.TakesWork && !row.Draining, session.KnowsEarlier,
        row.EvaluatesChunks);

    /// <summary>For people.</summary>
    public NodeView ForPeople(SteadyClock clock)
    {
        var state = StateAt(clock.Now);
        var here = state is NodeState.Lost or NodeState.Gone ? null : session;
        return new NodeView(
            row.Id, state, row.Slots, here is null ? 0 : Running, row.Labels, row.Version, row.Address,
            session is null ? row.SeenAt : clock.ToWall(session.ReportedAt), here?.Load ?? 0, here?.MemoryBytes ?? 0, row.Enforces);
    }

    /// <summary>
    /// The node's state: gone when it has left for good, else lost without a session or after a lease without a heartbeat, else what its
    /// session says.
    /// </summary>
    /// <param name="now">The time, in Unix milliseconds of the clock by which the session keeps its heartbeats.</param>
    public NodeState StateAt(long now) =>
        row.Gone ? NodeState.Gone
        : session is null || session.ReportedAt + lease <= now ? NodeState.Lost
        : row.Draining || session.IsLeaving ? NodeState.Draining
        : Running >= row.Slots ? NodeState.Busy
        : NodeState.Ready;

    /// <summary>How many attempts run, without those that were sent ahead. Only with a session.</summary>
    private int Running => Math.Min(session!.Holdings.Count, row.Slots);
}
