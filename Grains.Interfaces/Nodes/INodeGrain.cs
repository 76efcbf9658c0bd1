using Orleans.Concurrency;
using OrleansTasks.Tasks;

namespace OrleansTasks.Nodes;

/// <summary>A node's session and slots. Key: its id. Commands come by stream <c>commands/{nodeId}</c>.</summary>
[Alias("ot.INodeGrain")]
public interface INodeGrain : IGrainWithStringKey
{
    /// <summary>Opens a session for a worker and voids everything granted in earlier ones.</summary>
    [AlwaysInterleave, Alias("Register")]
    Task<RegistrationReply> Register(NodeRegistration registration);

    /// <summary>Sets the connection for commands; repeated with every heartbeat. False: no such session.</summary>
    [AlwaysInterleave, Alias("Connect")]
    Task<bool> Connect(long session, INodeConnectionObserver connection);

    /// <summary>
    /// A connection has ended. <paramref name="unsent"/> has an entry for each unsent copy of a start; attempts that no
    /// other copy can have reached are requeued, uncounted.
    /// </summary>
    [AlwaysInterleave, Alias("Disconnect")]
    Task Disconnect(long session, INodeConnectionObserver connection, ImmutableArray<LeaseRef> unsent);

    /// <summary>A heartbeat: renews the leases of the worker's attempts with their dispatchers.</summary>
    [AlwaysInterleave, Alias("ReportStatus")]
    Task<StatusReply> ReportStatus(NodeStatus status);

    /// <summary>
    /// Passes a report on; <paramref name="unable"/> could not start for the worker's own reasons. When complete, the
    /// worker may forget it. False: no such session; register anew and repeat.
    /// </summary>
    [AlwaysInterleave, Alias("Report")]
    Task<bool> Report(
        long session, ImmutableArray<LeaseRef> started, ImmutableArray<AttemptResult> results, ImmutableArray<LeaseRef> refused,
        ImmutableArray<LeaseRef>? unable = null);

    /// <summary>The worker leaves for good with no process left; its attempts are requeued at once.</summary>
    [AlwaysInterleave, Alias("Goodbye")]
    Task Goodbye(long session);

    /// <summary>Takes a queue's demand for slots.</summary>
    [AlwaysInterleave, Alias("Want")]
    Task Want(SlotDemand demand);

    /// <summary>What the worker had of a queue at the session's start; null for another or unused session.</summary>
    [AlwaysInterleave, Alias("BeganWith")]
    Task<SessionStart?> BeganWith(long session, string queue);

    /// <summary>Stops or resumes new work for the node, durably. False: no such node.</summary>
    [AlwaysInterleave, Alias("SetDraining")]
    Task<bool> SetDraining(bool draining);

    /// <summary>Takes commands that are too large for the stream; like the stream, it may lose them.</summary>
    [AlwaysInterleave, OneWay, Alias("Take")]
    Task Take(CommandBatch batch);

    /// <summary>The node was forgotten: its session is over. A worker that is still there registers anew.</summary>
    [AlwaysInterleave, Alias("Forgotten")]
    Task Forgotten();
}
