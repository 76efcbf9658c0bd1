using Orleans.Concurrency;
using OrleansTasks.Feed;
using OrleansTasks.Jobs;
using OrleansTasks.Nodes;
using OrleansTasks.Queues;
using OrleansTasks.Rollouts;
using OrleansTasks.Schedules;
using OrleansTasks.Workflows;

namespace OrleansTasks.Tasks;

/// <summary>
/// Owns a queue: accepts its tasks, assigns them to slots that nodes granted, and records how they end. Key: the
/// queue's name. Every method enqueues an operation for the commit loop; the returned task completes once the operation
/// is stored. All throw <see cref="Storage.StoreUnavailableException"/> if nothing was written and
/// <see cref="Storage.OutcomeUnknownException"/> if the outcome is unknown.
/// </summary>
[Alias("ot.ITaskDispatcherGrain")]
public interface ITaskDispatcherGrain : IGrainWithStringKey
{
    /// <summary>
    /// Accepts each request as a whole or not at all. The replies are in the order of the requests. If the silo is
    /// killed during a call, no reply comes; the short timeout lets the caller repeat the call soon.
    /// </summary>
    [AlwaysInterleave, Alias("Submit"), ResponseTimeout("00:00:04")]
    Task<ImmutableArray<SubmitReply>> Submit(ImmutableArray<SubmitRequest> requests);

    /// <summary>Cancels open tasks. Returns an outcome for each id, in order.</summary>
    [AlwaysInterleave, Alias("Cancel")]
    Task<ImmutableArray<ControlOutcome>> Cancel(ImmutableArray<TaskId> ids);

    /// <summary>
    /// Queues failed or cancelled tasks again. Returns an outcome for each id, in order. With
    /// <paramref name="passesOverQuarantined"/>, tasks that failed because their node was lost too often are left
    /// unchanged (<see cref="ControlOutcome.NotRetryable"/>).
    /// </summary>
    [AlwaysInterleave, Alias("Retry")]
    Task<ImmutableArray<ControlOutcome>> Retry(ImmutableArray<TaskId> ids, bool passesOverQuarantined = false);

    /// <summary>
    /// Undoes a cancel or retry for some tasks of the queue. The caller repeats the call from
    /// <see cref="UndoReply.Next"/> until that is 0.
    /// </summary>
    [AlwaysInterleave, Alias("Undo")]
    Task<UndoReply> Undo(UndoRequest request);

    /// <summary>Returns why the task is not running yet; without reasons if it is not open.</summary>
    [AlwaysInterleave, Alias("Why")]
    Task<WhyReply> Why(TaskId id);

    /// <summary>
    /// Returns what passed through the queue in the last five minutes, and what will become of its backlog. Activates
    /// the queue, and creates it if it is new.
    /// </summary>
    [AlwaysInterleave, Alias("Forecast")]
    Task<QueueForecast> Forecast();

    /// <summary>
    /// Returns the ready tasks for which only nodes are missing, by what they ask of a node. Activates the queue, and
    /// creates it if it is new.
    /// </summary>
    [AlwaysInterleave, Alias("Demand")]
    Task<ImmutableArray<QueueDemand>> Demand();

    /// <summary>
    /// Returns the queue's counts as of its last commit. Activates the queue, and creates it if it is new.
    /// </summary>
    [AlwaysInterleave, Alias("GetStatus")]
    Task<QueueStatus> GetStatus();

    /// <summary>
    /// Reads and applies the queue's stored settings, which have changed. Throws
    /// <see cref="Storage.StoreUnavailableException"/> if they cannot be read.
    /// </summary>
    [AlwaysInterleave, Alias("SettingsChanged")]
    Task SettingsChanged();

    /// <summary>
    /// Retires the queue because it is deleted: it is not listed until its next task or job. Returns false and changes
    /// nothing if the queue has an open task or job, or is still loading after a restart.
    /// </summary>
    [AlwaysInterleave, Alias("Retire")]
    Task<bool> Retire();

    /// <summary>
    /// Processes a node's results, start confirmations and refusals. All of them are stored once this returns.
    /// </summary>
    [AlwaysInterleave, Alias("Report")]
    Task Report(NodeReport report);

    /// <summary>Renews a node's leases, given as a digest or as a list.</summary>
    [AlwaysInterleave, Alias("Renew")]
    Task<RenewReply> Renew(NodeLeases leases);

    /// <summary>Offers slots: sets how many leases this queue may hold on a node.</summary>
    [AlwaysInterleave, Alias("Offer")]
    Task Offer(SlotOffer offer);

    /// <summary>
    /// Takes back slots: from now on the offer's limit applies. The reply says what the queue keeps until a newer
    /// offer.
    /// </summary>
    [AlwaysInterleave, Alias("Reclaim")]
    Task<SlotReturn> Reclaim(SlotOffer offer);

    /// <summary>Updates the dispatcher's view of the fleet. Sent to every queue that subscribed.</summary>
    [AlwaysInterleave, Alias("FleetChanged")]
    Task FleetChanged(FleetSnapshot fleet);

    /// <summary>Stores the changes that a job's grain decided, and takes its new chunks.</summary>
    [AlwaysInterleave, Alias("Job")]
    Task<JobReply> Job(JobRequest request);

    /// <summary>Carries out a gateway's request about a schedule, in one commit.</summary>
    [AlwaysInterleave, Alias("Schedule")]
    Task<ScheduleReply> Schedule(ScheduleRequest request);

    /// <summary>Cancels or retries a workflow.</summary>
    [AlwaysInterleave, Alias("Workflow")]
    Task<WorkflowReply> Workflow(WorkflowRequest request);

    /// <summary>Carries out a gateway's request about a rollout, in one commit.</summary>
    [AlwaysInterleave, Alias("Rollout")]
    Task<RolloutReply> Rollout(RolloutRequest request);

    /// <summary>Returns the counts of a job's open chunks.</summary>
    [AlwaysInterleave, Alias("CountChunks")]
    Task<ChunkCounts> CountChunks(TaskId job);

    /// <summary>Returns the runs of a job's open chunks; none if the job is not open.</summary>
    [AlwaysInterleave, Alias("RunsOf")]
    Task<JobRuns> RunsOf(TaskId job);

    /// <summary>
    /// Sends each commit's transitions to a gateway until 30 s after the gateway's last call of this method. Calls can
    /// overtake each other, so a call with a lower number than an earlier arrival has no effect.
    /// </summary>
    /// <param name="gateway">The name of one run of a gateway; a restarted gateway has a new name.</param>
    /// <param name="number">
    /// A number, at least 1, that rises with the gateway's every call of this method and of <see cref="Unfollow"/>.
    /// </param>
    /// <param name="observer">The receiver of the transitions.</param>
    [AlwaysInterleave, Alias("Follow")]
    Task Follow(string gateway, long number, IFeedObserver observer);

    /// <summary>Ends a subscription made by <see cref="Follow"/> with a lower number.</summary>
    /// <param name="gateway">See <see cref="Follow"/>.</param>
    /// <param name="number">See <see cref="Follow"/>.</param>
    [AlwaysInterleave, Alias("Unfollow")]
    Task Unfollow(string gateway, long number);
}
