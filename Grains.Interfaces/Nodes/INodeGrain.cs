using Orleans.Concurrency;
using OrleansTasks.Tasks;

namespace OrleansTasks.Nodes;

/// <summary>
/// Manages a node's session and slots. Key: the node's id. Commands arrive on a stream <c>commands/{nodeId}</c>.
/// </summary>
[Alias("ot.INodeGrain")]
public interface INodeGrain : IGrainWithStringKey
{
    /// <summary>Opens a session for a worker and voids all slots granted in earlier sessions.</summary>
    [AlwaysInterleave, Alias("Register")]
    Task<RegistrationReply> Register(NodeRegistration registration);

    /// <summary>
    /// Returns the instance that opened a session, which may be over; null if it is not the node's latest.
    /// </summary>
    [AlwaysInterleave, Alias("InstanceOf")]
    Task<string?> InstanceOf(long session);

    /// <summary>
    /// Sets the connection for commands, with every heartbeat. Returns false if there is no such session.
    /// </summary>
    [AlwaysInterleave, Alias("Connect")]
    Task<bool> Connect(long session, INodeConnectionObserver connection);

    /// <summary>
    /// Handles the end of a connection. <paramref name="unsent"/> has an entry for each unsent copy of a start.
    /// Attempts of which no copy can have reached the worker are requeued without counting as failed.
    /// </summary>
    [AlwaysInterleave, Alias("Disconnect")]
    Task Disconnect(long session, INodeConnectionObserver connection, ImmutableArray<LeaseRef> unsent);

    /// <summary>Processes a heartbeat: renews the leases of the worker's attempts with their dispatchers.</summary>
    [AlwaysInterleave, Alias("ReportStatus")]
    Task<StatusReply> ReportStatus(NodeStatus status);

    /// <summary>
    /// Passes a report to the dispatchers. <paramref name="unable"/> are attempts that could not start for reasons of
    /// the worker's own. Once this returns true, the worker may forget the report. False means that there is no such
    /// session: the worker must register again and repeat the report.
    /// </summary>
    [AlwaysInterleave, Alias("Report")]
    Task<bool> Report(
        long session, ImmutableArray<LeaseRef> started, ImmutableArray<AttemptResult> results, ImmutableArray<LeaseRef> refused,
        ImmutableArray<LeaseRef>? unable = null);

    /// <summary>
    /// Handles a worker that leaves for good with no process left. Its attempts are requeued at once.
    /// </summary>
    [AlwaysInterleave, Alias("Goodbye")]
    Task Goodbye(long session);

    /// <summary>Records a queue's demand for slots.</summary>
    [AlwaysInterleave, Alias("Want")]
    Task Want(SlotDemand demand);

    /// <summary>
    /// Returns what the worker had of a queue when the session began; null for another or an unused session.
    /// </summary>
    [AlwaysInterleave, Alias("BeganWith")]
    Task<SessionStart?> BeganWith(long session, string queue);

    /// <summary>
    /// Asks the worker which files a folder has whose names match a pattern. The reply says so if the node cannot be
    /// asked, or does not answer in time.
    /// </summary>
    [AlwaysInterleave, Alias("ListFolder")]
    Task<FolderReply> ListFolder(string folder, string match);

    /// <summary>
    /// Passes on the worker's answer to a question about a folder. Returns false if there is no such session.
    /// </summary>
    [AlwaysInterleave, Alias("FolderListed")]
    Task<bool> FolderListed(long session, long number, FolderReply reply);

    /// <summary>Stops or resumes new work for the node, durably. Returns false if there is no such node.</summary>
    [AlwaysInterleave, Alias("SetDraining")]
    Task<bool> SetDraining(bool draining);

    /// <summary>Takes commands that are too large for the stream. Like the stream, it may lose them.</summary>
    [AlwaysInterleave, OneWay, Alias("Take")]
    Task Take(CommandBatch batch);

    /// <summary>
    /// Ends the session, because the node was forgotten. A worker that is still running registers again.
    /// </summary>
    [AlwaysInterleave, Alias("Forgotten")]
    Task Forgotten();
}

/// <summary>The silo's end of a worker's connection. Calls may be lost.</summary>
[Alias("ot.INodeConnectionObserver")]
public interface INodeConnectionObserver : IGrainObserver
{
    /// <summary>Passes commands to the worker.</summary>
    [OneWay, Alias("Deliver")]
    Task Deliver(CommandBatch batch);

    /// <summary>Ends this connection, because another one has replaced it.</summary>
    [OneWay, Alias("Close")]
    Task Close(long session);
}
