using Microsoft.Extensions.Logging;
using OrleansTasks.Audit;
using OrleansTasks.Calendars;
using OrleansTasks.Cluster;
using OrleansTasks.Feed;
using OrleansTasks.Jobs;
using OrleansTasks.Nodes;
using OrleansTasks.Queues;
using OrleansTasks.Rollouts;
using OrleansTasks.Schedules;
using OrleansTasks.Storage;
using OrleansTasks.Storage.Files;
using OrleansTasks.Tasks;
using OrleansTasks.Workflows;

namespace OrleansTasks.Dispatch;

/// <summary>
/// The dispatcher: owns a queue, accepts its tasks, assigns them to nodes and records how they end. Turns calls into
/// operations for its <see cref="RoundLoop"/>, which applies them to the core in rounds and answers once a round is on
/// disk. The rules are in <see cref="DispatchCore"/>. Gateways and the grains of nodes, jobs, queues and the fleet call
/// it.
/// </summary>
/// <remarks>
/// All methods interleave: another call may run at every await of the loop. A method therefore only enqueues an
/// operation, except where no task changes: offers, renewals without a list, reclaims while no commit is under way, and
/// subscriptions. <see cref="RoundLoop"/> describes the states of an activation.
/// </remarks>
[GrainType("task-dispatcher")]
public sealed class TaskDispatcherGrain(
    ITaskStore store,
    IQueueStore queues,
    CalendarBook calendars,
    IOutputStore outputs,
    IFileIndex files,
    ICommandChannel commands,
    IRandomness random,
    DispatchOptions options,
    DispatchInstruments instruments,
    RefusedWrites refused,
    LocalDispatchers locals,
    TimeProvider time,
    ILogger<TaskDispatcherGrain> logger) : Grain, ITaskDispatcherGrain, IRoundHost
{
    // How long an activation refuses calls because there are too many queues, before the next one asks the store again.
    private static readonly TimeSpan ShutFor = TimeSpan.FromSeconds(1);

    private readonly FeedSubscribers subscribers = new();
    private string queue = null!;
    private RoundLoop rounds = null!;
    private ExpressRenewal renewals = null!;

    private Task configuring = Task.CompletedTask;

    /// <summary>The queue, for the simulation.</summary>
    internal string Queue => queue;

    /// <summary>The epoch of this activation, for the simulation; 0 until it has one.</summary>
    internal long Epoch => rounds?.Epoch ?? 0;

    /// <summary>Describes the state of the loop and the core, and why a task waits, for the simulation.</summary>
    internal string Describe(TaskId id) => rounds?.Core is not { } core
        ? $"{queue}: not begun"
        : $"{queue} epoch {Epoch}, {(rounds.IsPoisoned ? "ended, " : "")}{(rounds.IsWriting ? "writing, " : "")}"
            + $"next round at {core.NextTime}, {core.Status}: "
            + string.Join("; ", core.Waits.Of(id).Reasons.Select(static reason => $"{reason.Code} ({reason.Detail})"));

    /// <summary>
    /// Returns the node's session as this queue knows it, and <see cref="NodeHold.AsOf"/>, for the simulation.
    /// </summary>
    internal (long Session, long AsOf) RenewedIn(string node) => rounds.Core.RenewedIn(node);

    private IFleetGrain Fleet => GrainFactory.Reference<IFleetGrain>("fleet");

    /// <summary>
    /// Takes the queue over. If the store cannot be read, the activation and the call that caused it fail. If the
    /// service already has its maximum number of queues, the activation refuses all calls and soon ends.
    /// </summary>
    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        queue = this.GetPrimaryKeyString();
        var outbox = new Outbox(queue, GrainFactory, commands, subscribers, instruments, logger);
        rounds = new RoundLoop(
            queue, new DispatchStores(store, queues, calendars, outputs, files), random, options, instruments, refused,
            time, logger, outbox, this);
        renewals = new ExpressRenewal(rounds, options, time);
        if (!await rounds.TryBegin(cancellationToken))
        {
            // Orleans logs every failed activation with a stack trace, so this one succeeds and refuses its calls
            // instead.
            this.RegisterGrainTimer(
                static (end, _) => { end(); return Task.CompletedTask; }, DeactivateOnIdle, ShutFor, Timeout.InfiniteTimeSpan);
            return;
        }

        var never = new GrainTimerCreationOptions(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan) { Interleave = true };
        rounds.Start(this.RegisterGrainTimer(static (rounds, _) => rounds.TimeCame(), rounds, never));
        locals.Add(queue, DeactivateOnIdle);
    }

    /// <summary>
    /// Waits for the current round, so that the next owner finds nothing under way, and says farewell to the gateways.
    /// </summary>
    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        locals.Remove(queue, DeactivateOnIdle);
        if (rounds is null)
            return;
        try
        {
            await rounds.Finish().WaitAsync(cancellationToken);
        }
        finally
        {
            // An activation that refuses its calls has published nothing that a gateway could miss.
            if (!rounds.IsShut)
            {
                var isEnding = reason.ReasonCode == DeactivationReasonCode.ShuttingDown;
                subscribers.Publish(FeedBatch.Farewell(queue), rounds.Steady, isEnding ? EndsWithThisSilo : null);
            }
        }
    }

    // The gateway in the silo's own process ends with it and cannot be called any more; Orleans would log an error.
    private bool EndsWithThisSilo(IFeedObserver observer) =>
        observer is GrainReference { GrainId.Key: var key } && GrainContext.Address.SiloAddress is { } silo
        && key.ToString()!.StartsWith($"hosted-{silo.ToParsableString()}", StringComparison.Ordinal);

    /// <inheritdoc/>
    /// <remarks>
    /// Throws if the disk is nearly full or there are too many queues. If the inbox has no room, refuses all requests
    /// and asks callers to wait for a second.
    /// </remarks>
    public Task<ImmutableArray<SubmitReply>> Submit(ImmutableArray<SubmitRequest> requests)
    {
        if (RefusalOfGrowth() is { } refusal)
            return Task.FromException<ImmutableArray<SubmitReply>>(refusal);
        if (rounds.TryEnqueue(new SubmitOperation(requests)) is { } replies)
            return replies;
        var full = new SubmitReply(SubmitOutcome.QueueFull, default, RetryAfter: 1_000);
        return Task.FromResult(requests.Select(_ => full).ToImmutableArray());
    }

    /// <inheritdoc/>
    public Task<ImmutableArray<ControlOutcome>> Cancel(ImmutableArray<TaskId> ids) =>
        rounds.Enqueue(new CancelOperation(ids, Origin.Of(AuditActions.CancelTasks)));

    /// <inheritdoc/>
    public Task<ImmutableArray<ControlOutcome>> Retry(ImmutableArray<TaskId> ids, bool passesOverQuarantined = false) =>
        EnqueueGrowth(true, new RetryOperation(ids, passesOverQuarantined, Origin.Of(AuditActions.RetryTasks)));

    /// <inheritdoc/>
    public Task<UndoReply> Undo(UndoRequest request) =>
        rounds.Enqueue(new UndoOperation(request, Origin.Of(AuditActions.UndoTasks)));

    /// <inheritdoc/>
    public Task<WhyReply> Why(TaskId id) => rounds.Enqueue(new WhyOperation(id));

    /// <inheritdoc/>
    public Task<QueueForecast> Forecast() =>
        rounds.Enqueue(new ReadOperation<QueueForecast>((core, _) => core.Forecasts.Forecast()));

    /// <inheritdoc/>
    public Task<ImmutableArray<QueueDemand>> Demand() =>
        rounds.Enqueue(new ReadOperation<ImmutableArray<QueueDemand>>((core, now) => core.Demand.List(now)));

    /// <inheritdoc/>
    public Task<QueueStatus> GetStatus() => rounds.Enqueue(new ReadOperation<QueueStatus>((core, _) => core.Status));

    /// <inheritdoc/>
    /// <remarks>
    /// Reads run one after another, so the latest settings apply. Only the owner may answer; a later owner reads the
    /// settings when it starts.
    /// </remarks>
    public Task SettingsChanged() => configuring = ReadSettings(configuring);

    /// <inheritdoc/>
    public async Task<bool> Retire()
    {
        var retires = await Enqueue((core, _, draft) => rounds.IsRecovered && core.TryRetire(draft));
        // The next activation asks the store whether the queue may be used again.
        if (retires)
            DeactivateOnIdle();
        return retires;
    }

    private async Task ReadSettings(Task before)
    {
        // A failure of the earlier read is reported to its own caller.
        await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        var settings = await queues.Get(queue) ?? QueueSettings.DefaultOf(queue);
        var known = await calendars.Read();
        await Tell((core, now, draft) =>
        {
            core.Configure(settings, now, known);
            core.Schedules.Follow(known, now, draft);
            draft.NeedsOwner = true;
        });
    }

    /// <inheritdoc/>
    public Task Report(NodeReport report) => rounds.Enqueue(new ReportOperation(report));

    /// <inheritdoc/>
    /// <remarks>
    /// A renewal without a list changes only memory, so it does not wait for a slow commit, during which leases could
    /// lapse. A renewal with a list is part of a round.
    /// </remarks>
    public async Task<RenewReply> Renew(NodeLeases leases) =>
        await renewals.TryRenew(leases) ?? await Enqueue(
            (core, now, draft) =>
            {
                draft.NeedsOwner |= !rounds.MayConfirm;
                return core.Reports.Renew(leases, now, draft) with { Epoch = core.Epoch };
            },
            Lane.Results);

    /// <inheritdoc/>
    public Task Offer(SlotOffer offer)
    {
        if (rounds.Serving is not { } serving)
            return Tell((core, _, _) => core.Relations.Offer(offer));
        serving.Relations.Offer(offer);
        rounds.RunAgain();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    /// <remarks>
    /// Waits for a commit that is under way. The commit may end leases, whose slots are free only once it is on disk.
    /// If it failed after the reply, two queues would use the same slot.
    /// </remarks>
    public Task<SlotReturn> Reclaim(SlotOffer offer) =>
        rounds.Serving is { } serving && !rounds.IsWriting
            ? Task.FromResult(serving.Relations.Reclaim(offer))
            : Enqueue((core, _, _) => core.Relations.Reclaim(offer));

    /// <inheritdoc/>
    public Task FleetChanged(FleetSnapshot fleet) => Tell((core, now, _) => core.Relations.FleetChanged(fleet, now));

    /// <inheritdoc/>
    public Task<JobReply> Job(JobRequest request) =>
        request.Write?.New is not null && rounds.IsShut
            ? Task.FromException<JobReply>(RefusalOfGrowth()!)
            : rounds.Enqueue(new JobOperation(request));

    /// <inheritdoc/>
    /// <remarks>
    /// The retry of a single node comes through the call that retries tasks, hence the third audit action.
    /// </remarks>
    public Task<WorkflowReply> Workflow(WorkflowRequest request) => EnqueueGrowth(request.IsRetry, new WorkflowOperation(
        request, Origin.Of(AuditActions.CancelWorkflow, AuditActions.RetryWorkflow, AuditActions.RetryTasks)));

    /// <inheritdoc/>
    public Task<ScheduleReply> Schedule(ScheduleRequest request) => EnqueueGrowth(request.Grows, new ScheduleOperation(
        request, Origin.Of(
            AuditActions.PutSchedule, AuditActions.DeleteSchedule, AuditActions.PauseSchedule,
            AuditActions.ResumeSchedule,
            AuditActions.TriggerSchedule, AuditActions.Backfill, AuditActions.CancelBackfill)));

    /// <inheritdoc/>
    public Task<RolloutReply> Rollout(RolloutRequest request) => EnqueueGrowth(request.Grows, new RolloutOperation(
        request, Origin.Of(
            AuditActions.StartRollout, AuditActions.ResumeRollout, AuditActions.CancelRollout,
            AuditActions.RetryRollout)));

    /// <inheritdoc/>
    public Task<ChunkCounts> CountChunks(TaskId job) => rounds.Enqueue(new ReadOperation<ChunkCounts>((core, _) => core.Jobs.CountChunks(job)));

    /// <inheritdoc/>
    public Task<JobRuns> RunsOf(TaskId job) => rounds.Enqueue(new ReadOperation<JobRuns>((core, now) => core.Jobs.RunsOf(job, now)));

    /// <inheritdoc/>
    public Task Follow(string gateway, long number, IFeedObserver observer)
    {
        subscribers.Add(gateway, number, observer, rounds.Steady);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task Unfollow(string gateway, long number)
    {
        subscribers.Remove(gateway, number, rounds.Steady);
        return Task.CompletedTask;
    }

    // Refuses an operation that adds to the store while nothing may be added.
    private Task<TReply> EnqueueGrowth<TReply>(bool grows, DispatchOperation<TReply> operation) =>
        grows && RefusalOfGrowth() is { } refusal ? Task.FromException<TReply>(refusal) : rounds.Enqueue(operation);

    // Returns why nothing may be added to this queue now, or null if it may.
    private Exception? RefusalOfGrowth()
    {
        if (!store.Health.MayGrow())
            return DispatchFaults.DiskIsLow();
        if (!rounds.IsShut)
            return null;
        // The next activation asks the store whether the service has room for the queue again.
        DeactivateOnIdle();
        return new TooManyQueuesException();
    }

    private Task<TReply> Enqueue<TReply>(Func<DispatchCore, long, CommitDraft, TReply> apply, Lane lane = Lane.Control) =>
        rounds.Enqueue(new CoreOperation<TReply>(apply, lane));

    /// <summary>Enqueues a call to the core that has no reply. The task completes once the round is on disk.</summary>
    private Task Tell(Action<DispatchCore, long, CommitDraft> apply) =>
        Enqueue((core, now, draft) =>
        {
            apply(core, now, draft);
            return true;
        });

    async Task IRoundHost.AskFleet(long known)
    {
        var snapshot = await Fleet.Subscribe(queue, known);
        if (!rounds.IsPoisoned)
            await FleetChanged(snapshot);
    }

    // An answer to an earlier core could show a file again that has left since, so it does not count.
    async Task IRoundHost.AskFolder(FolderLook look)
    {
        var asked = rounds.Core;
        FolderReply reply;
        try
        {
            reply = await GrainFactory.Reference<INodeGrain>(look.Folder.Node)
                .ListFolder(look.Folder.Folder, look.Folder.Match);
        }
        catch (Exception failure)
        {
            logger.FolderNotListed(queue, look.Schedule, look.Folder.Node, failure);
            reply = FolderReply.Failed($"The silo that manages node {look.Folder.Node} did not answer.");
        }

        if (rounds.IsPoisoned)
            return;
        await Tell((core, now, draft) =>
        {
            if (core == asked)
                core.Schedules.Listed(look, reply, now, draft);
        });
    }

    void IRoundHost.EndActivation() => DeactivateOnIdle();

    async Task IRoundHost.AskNode(string node, long session)
    {
        var start = await GrainFactory.Reference<INodeGrain>(node).BeganWith(session, queue);
        if (start is null || rounds.IsPoisoned)
            return;
        await Tell((core, now, draft) => core.Reports.SessionBegan(node, start, now, draft));
    }
}
