using OrleansTasks.Storage;

namespace OrleansTasks.Nodes;

/// <summary>A node at one moment, as dispatchers and users see it. The lease is in milliseconds.</summary>
internal readonly struct NodeDescription(NodeRow row, NodeSession? session, long lease)
{
    public FleetNode? ForFleet => session is null ? null : new FleetNode(
        row.Id, row.Session, row.Slots, NodeNames.LabelsOf(row.Id, row.Labels), row.Enforces,
        session.TakesWork && !row.Draining, session.KnowsEarlier, row.EvaluatesChunks,
        session.Resources.IsEmpty ? null : session.Resources);

    /// <summary>Returns the view for users. A lost or gone node shows no attempts, load or memory.</summary>
    public NodeView ForPeople(SteadyClock clock)
    {
        var state = StateAt(clock.Now);
        var here = state is NodeState.Lost or NodeState.Gone ? null : session;
        return new NodeView(
            row.Id, state, row.Slots, here is null ? 0 : Running, NodeNames.LabelsOf(row.Id, row.Labels), row.Version,
            row.Address, session is null ? row.SeenAt : clock.ToWall(session.ReportedAt), here?.Load ?? 0,
            here?.MemoryBytes ?? 0, row.Enforces, here?.StartedAt ?? 0, here?.MemoryTotalBytes ?? 0,
            here?.DiskFreeBytes ?? 0)
        {
            Resources = here?.Ledger.Resources ?? [],
            Gpus = here?.Gpus ?? [],
        };
    }

    /// <summary>
    /// Returns the first state that applies:
    /// <list type="bullet">
    /// <item>gone: the worker said goodbye, or the node was forgotten;</item>
    /// <item>lost: no session is open, or the latest heartbeat is at least a lease old;</item>
    /// <item>draining: an operator drains the node, or the worker shuts down;</item>
    /// <item>busy: attempts take all slots (always true with 0 slots);</item>
    /// <item>ready: a slot is free, but without a command stream the node still accepts no tasks.</item>
    /// </list>
    /// </summary>
    public NodeState StateAt(long now) =>
        row.Gone ? NodeState.Gone
        : session is null || session.ReportedAt + lease <= now ? NodeState.Lost
        : row.Draining || session.IsLeaving ? NodeState.Draining
        : Running >= row.Slots ? NodeState.Busy
        : NodeState.Ready;

    /// <summary>Number of running attempts; others wait at the worker for slots. Requires an open session.</summary>
    private int Running => Math.Min(session!.Holdings.Count, row.Slots);
}
