using OrleansTasks.Calendars;
using OrleansTasks.Jobs;
using OrleansTasks.Jobs.Spec;
using OrleansTasks.Nodes;
using OrleansTasks.Queues;
using OrleansTasks.Rollouts;
using OrleansTasks.Schedules;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;
using OrleansTasks.Workflows;

namespace OrleansTasks.Dispatch;

/// <summary>
/// The rules of a queue: how requests, node reports and the passing of time change its tasks, and which node gets which
/// task. Consists of modules (<see cref="IDispatchModule"/>) over one table of open tasks; callers use the modules
/// directly. Does no I/O, reads no clock and is not thread-safe. Times are Unix milliseconds of the wall clock.
/// </summary>
/// <remarks>
/// A round of the <see cref="RoundLoop"/> applies the callers' operations, calls <see cref="Tick"/> and
/// <see cref="Match"/>, commits the draft that they filled, and then calls <see cref="TakeDemands"/> and
/// <see cref="NodeRelations.TakeQuestions"/>. After recovery, the open tasks and jobs in memory equal the store plus
/// the uncommitted draft. Chunk runs, the fleet, lease expiry times and grants are not stored. Changes cannot be rolled
/// back: after a failed commit, the caller discards the core.
/// </remarks>
internal sealed class DispatchCore
{
    private readonly DispatchModules modules = new();
    private readonly StoreSpace space = new();
    private readonly NodeSet nodes = new();
    private readonly QueueLimits limits;
    private readonly OpenTasks tasks;
    private readonly LeaseBook leases;
    private readonly Releases releases;
    private readonly Matching matching;
    private readonly SlotDemands demands;
    private readonly RoundBounds bounds;
    private bool hasMoreToAssign;

    public DispatchCore(string queue, long epoch, long lastNo, DispatchOptions options, IRandomness random)
    {
        (Queue, Epoch, bounds) = (queue, epoch, options.Round);
        limits = new QueueLimits(queue);
        tasks = new OpenTasks(lastNo);
        leases = new LeaseBook(queue, options, tasks, nodes, random);
        var chunks = new ChunkRuns(tasks, leases);
        var ids = new OccurrenceIds(random);
        Admission = new Admission(tasks, limits);
        Jobs = new OpenJobs(epoch, tasks, nodes, chunks, modules);
        var ending = new TaskEnding(tasks, leases, chunks, modules);
        var attempts = new Attempts(tasks, leases, ending, limits, nodes, options, random);
        Items = new ItemNodes(tasks, Admission, attempts, ending, ids, space, options);
        NodeJobs = new NodeJobs(tasks, Jobs, ending, ids, space, bounds, queue);
        Cancels = new TaskCancels(tasks, Items, NodeJobs, attempts);
        Uniques = new UniqueTasks(tasks, Cancels);
        Workflows = new QueueWorkflows(new WorkflowCore(Items, NodeJobs, Cancels), NodeJobs, tasks, Admission, modules, bounds);
        Schedules = new QueueSchedules(
            new ScheduleCore(tasks.NextNo), new OccurrenceStarts(Admission, tasks, Jobs, Workflows, ids), Admission, tasks, limits, space);
        Rollouts = new QueueRollouts(tasks, Admission, Cancels, nodes, ids, space, bounds);
        Undoing = new Undoing(tasks, Jobs, ending, Admission);
        demands = new SlotDemands(
            queue, epoch, tasks, nodes, Jobs, limits, (long)options.ReserveAfter.TotalMilliseconds);
        var estimates = new StartEstimates();
        matching = new Matching(tasks, nodes, leases, Jobs, chunks, demands, limits, estimates);
        Forecasts = new Forecasts(tasks, nodes, limits, matching, estimates);
        Demand = new UnmetDemand(tasks, limits);
        Waits = new WaitReasons(tasks, nodes, limits, matching, Items, NodeJobs, Forecasts);
        Relations = new NodeRelations(queue, epoch, nodes, demands, random);
        Reports = new AttemptReports(leases, attempts, Relations, nodes, bounds);
        releases = new Releases(tasks, ending, Items, NodeJobs, bounds);
        modules.Set(
            new DueTasks(tasks, ending, releases, bounds),
            // DueWork names these parts in this order.
            // Before Reports: after a clock step, Relations moves the lease terms that Reports then reads.
            Relations,
            Reports,
            // Before the releases: a workflow that is about to end must start no more nodes.
            Workflows,
            Items,
            releases,
            NodeJobs,
            Rollouts,
            // Last: occurrences that waited for tasks to end then start in the same round.
            Schedules);
    }

    public string Queue { get; }

    /// <summary>The store's health in this round, set before the round's operations are applied.</summary>
    public StoreHealth Space
    {
        get => space.Health;
        set => space.Health = value;
    }

    /// <summary>Which of the work that is due runs in this round: all, unless the store has refused some of it.</summary>
    public DueWork Due { get; init; } = new();

    /// <summary>The epoch under which the caller commits. Every later owner has a larger one.</summary>
    public long Epoch { get; }

    public long LastNo => tasks.LastNo;

    /// <summary>
    /// The number of open tasks and chunk runs in the core. During recovery, the store may have more.
    /// </summary>
    public int OpenCount => tasks.Count;

    /// <summary>
    /// Returns whether the task is open in the core. During recovery, it may be open only in the store.
    /// </summary>
    public bool IsOpen(TaskId id) => tasks.TryFind(id, out _);

    public Admission Admission { get; }

    public TaskCancels Cancels { get; }

    public UniqueTasks Uniques { get; }

    public Undoing Undoing { get; }

    public OpenJobs Jobs { get; }

    public QueueSchedules Schedules { get; }

    public QueueWorkflows Workflows { get; }

    public QueueRollouts Rollouts { get; }

    public ItemNodes Items { get; }

    public NodeJobs NodeJobs { get; }

    public AttemptReports Reports { get; }

    /// <summary>Everything exchanged with nodes except attempts.</summary>
    public NodeRelations Relations { get; }

    public WaitReasons Waits { get; }

    public Forecasts Forecasts { get; }

    public UnmetDemand Demand { get; }

    /// <summary>The version of the newest fleet snapshot applied; -1 before the first.</summary>
    public long FleetVersion => nodes.FleetVersion;

    public QueueStatus Status =>
        new(Queue, tasks.Counts.Scheduled, tasks.Counts.Queued, tasks.Counts.Leased, tasks.Ready.OldestQueuedAt());

    /// <summary>
    /// The earliest time at which <see cref="Tick"/>, <see cref="Match"/> or <see cref="TakeDemands"/> may have work.
    /// Stragglers do not count: rounds look for them when they run for another reason.
    /// </summary>
    public long NextTime => Math.Min(Math.Min(demands.Next, NextMatch), modules.NextOf(Due));

    /// <summary>
    /// Returns whether another round is needed now: the last one reached a bound, or something came due.
    /// </summary>
    public bool IsBehind(long now) => hasMoreToAssign || NextMatch <= now || modules.NextOf(Due) <= now;

    private long NextMatch => space.MayStart && !Due.IsSetAside(DueWork.Assignment) ? matching.Next : long.MaxValue;

    /// <summary>
    /// Loads a stored open task during recovery, unless the core already has a newer version of it. A lease gets a full
    /// new term, because renewals are not stored.
    /// </summary>
    public void Load(in OpenTask stored, long now)
    {
        var isBegun = (stored.IsForEach && Items.IsBegun(stored.Row.Id))
            || (stored.IsJob && NodeJobs.IsBegun(stored.Row.Id));
        if (!tasks.TryLoad(stored, now, out var slot, isBegun))
            return;
        if (stored.Row.State.IsLeased())
            leases.Load(ref tasks[slot], slot, stored.Row, now);
        else
            Admission.ReadOne();
    }

    /// <summary>
    /// Sets the last waiting task that recovery has read, in matching order. Later tasks are not assigned yet, because
    /// unread tasks may come before them.
    /// </summary>
    public void SetHorizon(int priority, long order) => tasks.Ready.SetHorizon(priority, order);

    /// <summary>Notes that recovery has read all waiting tasks, so that any task may be assigned.</summary>
    public void ClearHorizon()
    {
        tasks.Ready.ClearHorizon();
        Admission.ReadAll();
    }

    /// <summary>Whether the core has all waiting tasks, and therefore the holders of all unique keys.</summary>
    public bool HasAllWaiting => tasks.Ready.IsComplete;

    /// <summary>
    /// Returns up to <paramref name="most"/> parents whose states are unknown. Once all open tasks are loaded, recovery
    /// reads these parents and calls <see cref="LearnParents"/>, until none are left.
    /// </summary>
    public ImmutableArray<TaskId> UnknownParents(int most) => tasks.Dependencies.Unknown(most);

    /// <inheritdoc cref="Dependencies.HasUnknown"/>
    public bool HasUnknownParents => tasks.Dependencies.HasUnknown;

    /// <summary>
    /// Records the states of parents read from the store. Retention has removed those that were not found.
    /// </summary>
    public void LearnParents(ImmutableArray<TaskId> asked, ImmutableArray<OpenTask> found, long now)
    {
        foreach (var task in found.Where(static task => !task.Row.State.IsFinal()))
            Load(task, now);
        releases.Learn(asked, found);
    }

    /// <inheritdoc cref="QueueLimits.Configure"/>
    public void Configure(QueueSettings settings, long now, CalendarSet? calendars = null)
    {
        var weight = limits.Settings.Weight;
        limits.Configure(settings, now, calendars ?? CalendarSet.Empty);
        if (settings.Weight != weight)
            demands.WeightChanged();
        var floor = settings.MinimumIsolation.Needs();
        if (tasks.Ready.Signatures.Floor == floor)
            return;
        tasks.Ready.Signatures.Floor = floor;
        foreach (var node in nodes.All)
            node.ForgetAnswers();
    }

    /// <summary>Applies the stored state of the queue itself, before recovery reads its tasks and jobs.</summary>
    public void Restore(QueueOwnership stored, long now)
    {
        leases.Own(now);
        Forecasts.Begin(now);
        limits.Restore(stored.StartsFrom, now);
        Admission.Restore(stored);
    }

    /// <summary>
    /// Whether the queue's depth is limited, so that recovery must call <see cref="Admission.SetUnread"/>.
    /// </summary>
    public bool LimitsDepth => limits.Settings.MaxDepth is not null;

    /// <summary>
    /// Retires the queue so that it can be deleted. Returns false if it has an open task, an open job, a schedule or a
    /// rollout that has not ended.
    /// The caller has checked that recovery is complete.
    /// </summary>
    public bool TryRetire(CommitDraft draft)
    {
        if (OpenCount > 0 || Jobs.Count > 0 || Schedules.Count > 0 || Rollouts.Count > 0)
            return false;
        Admission.Retire(draft);
        return true;
    }

    /// <summary>
    /// Accepts the tasks of a request, except those already open or stored. The caller has checked that the idempotency
    /// key, if any, is new and that the parents exist (<see cref="Admission.UnknownAfter"/>).
    /// <paramref name="isStored"/> returns whether the store has a task; it is null unless the request is repeated
    /// after an unknown outcome. <paramref name="rowOf"/> returns the stored row of a parent.
    /// </summary>
    public void Accept(
        SubmitRequest request, Func<TaskId, bool>? isStored, long now, CommitDraft draft,
        Func<TaskId, TaskRow?>? rowOf = null)
    {
        if (request.Workflow is null)
            Admission.Accept(request, isStored, now, draft, rowOf);
        else
            Workflows.Accept(request, isStored, now, draft);
    }

    /// <inheritdoc cref="OpenJobs.Ask"/>
    public JobReply AskJob(JobRequest request, JobSpec? spec, long now, CommitDraft draft, bool isRepeat = false)
    {
        // A round-robin job begins or is reopened: ask every node with a free slot for one.
        if (spec is { RoundRobin: true } || (request.Opens && Jobs.TakesTurns(request.Job)))
            demands.TurnMoved(ofChunks: true);
        if (spec is not null)
            Admission.TakeIntoUse(draft);
        return Jobs.Ask(request, spec, now, draft, isRepeat);
    }

    /// <inheritdoc cref="LeaseBook.TryRenew"/>
    public RenewReply? TryRenew(NodeLeases renewal, long now) => leases.TryRenew(renewal, now);

    /// <summary>
    /// Returns a node's session as this queue knows it, and <see cref="NodeHold.AsOf"/>, for the simulation.
    /// </summary>
    public (long Session, long AsOf) RenewedIn(string node) =>
        (nodes.Get(node).Session, nodes.Get(node).Hold.AsOf);

    /// <summary>
    /// Performs all work that is due. Runs after the operations, so that a report takes effect before its lease can
    /// lapse, and before <see cref="Match"/>, which assigns the slots freed here.
    /// </summary>
    public void Tick(long now, CommitDraft draft)
    {
        Look(now);
        modules.Tick(now, draft, Due);
    }

    /// <inheritdoc cref="QueueLimits.Look"/>
    public void Look(long now) => limits.Look(now);

    /// <summary>
    /// Assigns ready tasks to nodes with room, up to the round's bound. Must be the last change of a round.
    /// </summary>
    public void Match(long now, CommitDraft draft)
    {
        if (!Due.Runs(DueWork.Assignment))
            return;
        hasMoreToAssign = space.MayStart && !matching.Match(bounds.Assignments, now, draft);
        Forecasts.Note(now);
    }

    /// <inheritdoc cref="SlotDemands.Take"/>
    /// <remarks>The loop calls this once after every round, after the round's commit if there is one.</remarks>
    public IReadOnlyList<(string Node, SlotDemand Demand)> TakeDemands(long now) => demands.Take(now);

    /// <summary>
    /// Adjusts times in memory after the wall clock was set forward by <paramref name="by"/> milliseconds (negative:
    /// back). Leases and rests keep their remaining time. <c>runAt</c>, <c>expiresAt</c> and the ends of backoffs and
    /// debounces are times of day and do not move, but no backoff may exceed the maximum of its policy, and no task may
    /// wait longer than its debounce.
    /// </summary>
    public void ClockStepped(long by, long now)
    {
        Jobs.ClockStepped(by);
        modules.ClockStepped(by, now);
        limits.ClockStepped(by);
        matching.ClockStepped(by);
        Forecasts.ClockStepped(by);
        demands.ClockStepped(by);
    }
}
