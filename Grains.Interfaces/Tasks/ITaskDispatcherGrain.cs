using Orleans.Concurrency;
using OrleansTasks.Feed;
using OrleansTasks.Jobs;
using OrleansTasks.Nodes;
using OrleansTasks.Queues;
using OrleansTasks.Schedules;
using OrleansTasks.Workflows;

namespace OrleansTasks.Tasks;

/// <summary>
/// Owns a queue: accepts its tasks, assigns them to slots that nodes granted, and records how they end. Key: the queue's
/// name. Every method enqueues an operation for the commit loop and returns; its task completes once the operation is on
/// disk. All throw <see cref="Storage.StoreUnavailableException"/> when nothing was written and
/// <see cref="Storage.OutcomeUnknownException"/> when nobody can say.
/// </summary>
[Alias("ot.ITaskDispatcherGrain")]
public interface ITaskDispatcherGrain : IGrainWithStringKey
{
    /// <summary>Accepts each request whole or not at all; the replies are in the requests' order.</summary>
    [AlwaysInterleave, Alias("Submit")]
    Task<ImmutableArray<SubmitReply>> Submit(ImmutableArray<SubmitRequest> requests);

    /// <summary>Asks open tasks to end; an outcome for each id, in order.</summary>
    [AlwaysInterleave, Alias("Cancel")]
    Task<ImmutableArray<ControlOutcome>> Cancel(ImmutableArray<TaskId> ids);

    /// <summary>
    /// Queues failed or cancelled tasks again; an outcome for each id, in order. With <paramref name="passesOverQuarantined"/>,
    /// tasks that failed because their node was lost too often stay as they are
    /// (<see cref="ControlOutcome.NotRetryable"/>).
    /// </summary>
    [AlwaysInterleave, Alias("Retry")]
    Task<ImmutableArray<ControlOutcome>> Retry(ImmutableArray<TaskId> ids, bool passesOverQuarantined = false);

    /// <summary>
    /// Undoes what a cancel or a retry has done to some tasks of the queue. The caller asks again from
    /// <see cref="UndoReply.Next"/> until that is 0.
    /// </summary>
    [AlwaysInterleave, Alias("Undo")]
    Task<UndoReply> Undo(UndoRequest request);

    /// <summary>Why the task is not running yet; no reasons when it is not open.</summary>
    [AlwaysInterleave, Alias("Why")]
    Task<WhyReply> Why(TaskId id);

    /// <summary>The queue's figures, as of its last commit. Activates the queue and makes it if it is new.</summary>
    [AlwaysInterleave, Alias("GetStatus")]
    Task<QueueStatus> GetStatus();

    /// <summary>
    /// The queue's stored settings have changed. Completes when this owner has read them and goes by them. Throws
    /// <see cref="Storage.StoreUnavailableException"/> when they cannot be read.
    /// </summary>
    [AlwaysInterleave, Alias("SettingsChanged")]
    Task SettingsChanged();

    /// <summary>
    /// Retires the queue, because it is deleted: it is not listed until its next task or job. Returns false, and changes
    /// nothing, when it has an open task or job or is still being read after a restart.
    /// </summary>
    [AlwaysInterleave, Alias("Retire")]
    Task<bool> Retire();

    /// <summary>Results, acknowledgements and refusals of a node. When it completes all of them are settled for good.</summary>
    [AlwaysInterleave, Alias("Report")]
    Task Report(NodeReport report);

    /// <summary>Renews a node's leases by digest or by list.</summary>
    [AlwaysInterleave, Alias("Renew")]
    Task<RenewReply> Renew(NodeLeases leases);

    /// <summary>Says how many leases this queue may hold on a node.</summary>
    [AlwaysInterleave, Alias("Offer")]
    Task Offer(SlotOffer offer);

    /// <summary>Takes credit back: from then on the offer's limit binds. The reply says what is kept until a newer offer.</summary>
    [AlwaysInterleave, Alias("Reclaim")]
    Task<SlotReturn> Reclaim(SlotOffer offer);

    /// <summary>The fleet as it stands; sent to every queue that asked for it.</summary>
    [AlwaysInterleave, Alias("FleetChanged")]
    Task FleetChanged(FleetSnapshot fleet);

    /// <summary>Stores what a job's grain decided, and takes its new chunks.</summary>
    [AlwaysInterleave, Alias("Job")]
    Task<JobReply> Job(JobRequest request);

    /// <summary>Does what a gateway asks of a schedule, in one commit.</summary>
    [AlwaysInterleave, Alias("Schedule")]
    Task<ScheduleReply> Schedule(ScheduleRequest request);

    /// <summary>Cancels or retries a workflow.</summary>
    [AlwaysInterleave, Alias("Workflow")]
    Task<WorkflowReply> Workflow(WorkflowRequest request);

    /// <summary>How many of a job's chunks are open.</summary>
    [AlwaysInterleave, Alias("CountChunks")]
    Task<ChunkCounts> CountChunks(TaskId job);

    /// <summary>The runs of a job's open chunks; none when the job is not open.</summary>
    [AlwaysInterleave, Alias("RunsOf")]
    Task<JobRuns> RunsOf(TaskId job);

    /// <summary>
    /// Sends each commit's transitions to a gateway until 30 s after its last call of this method. Only for gateways that do not
    /// number their calls; see <see cref="Follow"/>.
    /// </summary>
    [AlwaysInterleave, Alias("Subscribe")]
    Task Subscribe(string gateway, IFeedObserver observer);

    /// <summary>Ends a subscription made by <see cref="Subscribe"/>.</summary>
    [AlwaysInterleave, Alias("Unsubscribe")]
    Task Unsubscribe(string gateway);

    /// <summary>
    /// Sends each commit's transitions to a gateway until 30 s after its last call of this method. Calls can overtake each other:
    /// one that has a lower number than a call that arrived before it changes nothing.
    /// </summary>
    /// <param name="gateway">Names one start of a gateway; after a restart it has another name.</param>
    /// <param name="number">Rises with each call of this method and of <see cref="Unfollow"/> by that gateway; at least 1.</param>
    /// <param name="observer">Where the transitions go.</param>
    [AlwaysInterleave, Alias("Follow")]
    Task Follow(string gateway, long number, IFeedObserver observer);

    /// <summary>Ends a subscription made by <see cref="Follow"/> with a lower number.</summary>
    /// <param name="gateway">As for <see cref="Follow"/>.</param>
    /// <param name="number">As for <see cref="Follow"/>.</param>
    [AlwaysInterleave, Alias("Unfollow")]
    Task Unfollow(string gateway, long number);
}
