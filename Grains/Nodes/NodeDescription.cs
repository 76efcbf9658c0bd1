using OrleansTasks.Storage;

namespace OrleansTasks.Nodes;

/// <summary>
/// Describes a node at one moment: to dispatchers, which assign tasks by <see cref="ForFleet"/>, and to people, who see
/// <see cref="ForPeople"/>. <see cref="NodeGrain"/> creates a description for each announcement to the fleet grain.
/// </summary>
/// <param name="row">The node as it is stored.</param>
/// <param name="session">
/// The open session, which began when the worker last registered; null when none is open, for example after a goodbye.
/// </param>
/// <param name="lease">How long a node may go without a heartbeat before it is lost, in milliseconds.</param>
internal readonly struct NodeDescription(NodeRow row, NodeSession? session, long lease)
{
    /// <summary>
    /// The node for dispatchers; null when no session is open.
    /// The node accepts tasks while its session takes work and nobody has asked it to drain.
    /// It knows earlier sessions when dispatchers can ask its grain what is left of their attempts.
    /// </summary>
    public FleetNode? ForFleet => session is null ? null : new FleetNode(
        row.Id, row.Session, row.Slots, row.Labels, row.Enforces, session.TakesWork && !row.Draining, session.KnowsEarlier,
        row.EvaluatesChunks);

    /// <summary>
    /// The node for people. A lost or gone node is shown without running attempts, load and memory.
    /// The last report is the latest heartbeat, or the registration before the first heartbeat.
    /// When no session is open, it is the latest registration or goodbye in the store.
    /// </summary>
    /// <param name="clock">The clock of the session's times. Converts the last report to the wall clock.</param>
    public NodeView ForPeople(SteadyClock clock)
    {
        var state = StateAt(clock.Now);
        var here = state is NodeState.Lost or NodeState.Gone ? null : session;
        return new NodeView(
            row.Id, state, row.Slots, here is null ? 0 : Running, row.Labels, row.Version, row.Address,
            session is null ? row.SeenAt : clock.ToWall(session.ReportedAt), here?.Load ?? 0, here?.MemoryBytes ?? 0, row.Enforces);
    }

    /// <summary>
    /// The node's state, the first of these that applies:
    /// <list type="bullet">
    /// <item>gone: the worker said goodbye, or the node was forgotten;</item>
    /// <item>lost: no session is open, or the latest heartbeat is at least a lease old;</item>
    /// <item>draining: a person stopped new work for the node, or the worker shuts down;</item>
    /// <item>busy: the attempts take all slots (always true of a node with 0 slots);</item>
    /// <item>ready: a slot is free. Without an open command stream, the node still accepts no tasks.</item>
    /// </list>
    /// </summary>
    /// <param name="now">The current time, in Unix milliseconds of the clock of the session's times.</param>
    public NodeState StateAt(long now) =>
        row.Gone ? NodeState.Gone
        : session is null || session.ReportedAt + lease <= now ? NodeState.Lost
        : row.Draining || session.IsLeaving ? NodeState.Draining
        : Running >= row.Slots ? NodeState.Busy
        : NodeState.Ready;

    /// <summary>
    /// The number of attempts at the worker, at most the number of slots: the others were sent ahead and wait there.
    /// Requires an open session.
    /// </summary>
    private int Running => Math.Min(session!.Holdings.Count, row.Slots);
}
