using Orleans.Concurrency;
using OrleansTasks.Tasks;

namespace OrleansTasks.Nodes;

/// <summary>
/// One worker node: its session, its slots, and who may use them. Key: the node's id. Commands reach it as items of the
/// stream <c>commands/{nodeId}</c>.
/// </summary>
[Alias("ot.INodeGrain")]
public interface INodeGrain : IGrainWithStringKey
{
    /// <summary>Opens a session for a worker; everything granted in an earlier one is void.</summary>
    [AlwaysInterleave, Alias("Register")]
    Task<RegistrationReply> Register(NodeRegistration registration);

    /// <summary>Makes a connection the one that commands are passed to; repeated with every heartbeat. False: no such session.</summary>
    [AlwaysInterleave, Alias("Connect")]
    Task<bool> Connect(long session, INodeConnectionObserver connection);

    /// <summary>
    /// A connection has ended; until another one is there the node gets nothing new. <paramref name="unsent"/>: the attempts whose start
    /// was never written to it, each once for every copy of its command; those that no other copy can have reached go elsewhere,
    /// uncounted.
    /// </summary>
    [AlwaysInterleave, Alias("Disconnect")]
    Task Disconnect(long session, INodeConnectionObserver connection, ImmutableArray<LeaseRef> unsent);

    /// <summary>A heartbeat: renews the leases at every dispatcher that the worker holds attempts of.</summary>
    [AlwaysInterleave, Alias("ReportStatus")]
    Task<StatusReply> ReportStatus(NodeStatus status);

    /// <summary>
    /// Passes on what the worker has started, what has ended, what it did not take (<paramref name="refused"/>), and what it could
    /// not start for a reason of its own (<paramref name="unable"/>). When it completes all is settled and the worker may forget it.
    /// False: no such session; the worker registers anew and repeats.
    /// </summary>
    [AlwaysInterleave, Alias("Report")]
    Task<bool> Report(
        long session, ImmutableArray<LeaseRef> started, ImmutableArray<AttemptResult> results, ImmutableArray<LeaseRef> refused,
        ImmutableArray<LeaseRef>? unable = null);

    /// <summary>The worker leaves for good and nothing of it runs any more; what it held is requeued at once.</summary>
    [AlwaysInterleave, Alias("Goodbye")]
    Task Goodbye(long session);

    /// <summary>A queue's wish for slots.</summary>
    [AlwaysInterleave, Alias("Want")]
    Task Want(SlotDemand demand);

    /// <summary>What the worker had of a queue when it opened a session; null when that is another session, or not in use.</summary>
    [AlwaysInterleave, Alias("BeganWith")]
    Task<SessionStart?> BeganWith(long session, string queue);

    /// <summary>Stops or resumes giving the node new work; on disk when it completes. False: there is no such node.</summary>
    [AlwaysInterleave, Alias("SetDraining")]
    Task<bool> SetDraining(bool draining);

    /// <summary>Passes commands on that are too large for the stream; as it, it may lose them.</summary>
    [AlwaysInterleave, OneWay, Alias("Take")]
    Task Take(CommandBatch batch);

    /// <summary>The node was forgotten: its session is over, and a worker that is there after all registers anew.</summary>
    [AlwaysInterleave, Alias("Forgotten")]
    Task Forgotten();
}
