using OrleansTasks.Jobs;
using OrleansTasks.Jobs.Spec;
using OrleansTasks.Nodes;
using OrleansTasks.Queues;
using OrleansTasks.Schedules;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;
using OrleansTasks.Workflows;

namespace OrleansTasks.Dispatch;

/// <summary>
/// The rules of a queue: what requests, reports of nodes and time do to its tasks, and which node gets which task. A
/// list of modules (<see cref="IDispatchModule"/>) over one table of open tasks; callers use the modules directly. No
/// I/O, no clock, not thread-safe. Times are Unix milliseconds of the wall clock.
/// </summary>
/// <remarks>
/// A round of the <see cref="RoundLoop"/> runs the callers' operations, <see cref="Tick"/>, <see cref="Match"/>, the
/// commit of the draft that these filled, <see cref="TakeDemands"/> and <see cref="NodeRelations.TakeQuestions"/>.
/// After recovery, open tasks and jobs in memory equal the store plus the uncommitted draft. Not stored: chunk runs,
/// the fleet, the ends of leases, and grants. Changes cannot be taken back: after a failed commit, the caller discards
/// the core.
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
        var attempts = new Attempts(tasks, leases, ending, limits, options, random);
        Items = new ItemNodes(tasks, Admission, attempts, ending, ids, space, options);
        NodeJobs = new NodeJobs(tasks, Jobs, ending, ids, space, bounds, queue);
        Cancels = new TaskCancels(tasks, Items, NodeJobs, attempts);
        Workflows = new QueueWorkflows(new WorkflowCore(Items, NodeJobs, Cancels), NodeJobs, tasks, Admission, modules, bounds);
        Schedules = new QueueSchedules(
            new ScheduleCore(tasks.NextNo), new OccurrenceStarts(Admission, tasks, Jobs, Workflows, ids), Admission, tasks, space);
        Undoing = new Undoing(tasks, Jobs, ending, Admission);
        demands = new SlotDemands(queue, epoch, tasks, nodes, Jobs, limits);
        matching = new Matching(tasks, nodes, leases, Jobs, chunks, demands, limits);
        Waits = new WaitReasons(tasks, nodes, limits, matching, Items, NodeJobs);
        Relations = new NodeRelations(queue, epoch, nodes, demands, random);
        Reports = new AttemptReports(leases, attempts, Relations, nodes, bounds);
        releases = new Releases(tasks, ending, Items, NodeJobs, bounds);
        modules.Set(
            new DueTasks(tasks, ending, releases, bounds),
            // A clock that is set gives nodes new terms before leases read them.
            Relations,
            Reports,
            // Before waiting tasks are released: a workflow that is to end starts no more nodes.
            Workflows,
            Items,
            releases,
            NodeJobs,
            // Last, after all ends of tasks: occurrences that waited for them start in the same round.
            Schedules);
    }

    public string Queue { get; }

    /// <summary>The store's health in this round; set before its operations.</summary>
    public StoreHealth Space
    {
        get => space.Health;
        set => space.Health = value;
    }

    /// <summary>The epoch under which the caller commits. Every later owner has a larger one.</summary>
    public long Epoch { get; }

    public long LastNo => tasks.LastNo;

    /// <summary>The open tasks and chunk runs in the core; during recovery, the store may have more.</summary>
    public int OpenCount => tasks.Count;

    /// <summary>Whether the core has an open task; during recovery, it may be open only in the store.</summary>
    public bool IsOpen(TaskId id) => tasks.TryFind(id, out _);

    public Admission Admission { get; }

    public TaskCancels Cancels { get; }

    public Undoing Undoing { get; }

    public OpenJobs Jobs { get; }

    public QueueSchedules Schedules { get; }

    public QueueWorkflows Workflows { get; }

    public ItemNodes Items { get; }

    public NodeJobs NodeJobs { get; }

    public AttemptReports Reports { get; }

    /// <summary>Exchanges with nodes that do not concern attempts.</summary>
    public NodeRelations Relations { get; }

    public WaitReasons Waits { get; }

    /// <summary>The version of the newest fleet snapshot taken; -1 before the first.</summary>
    public long FleetVersion => nodes.FleetVersion;

    public QueueStatus Status =>
        new(Queue, tasks.Counts.Scheduled, tasks.Counts.Queued, tasks.Counts.Leased, tasks.Ready.OldestQueuedAt());

    /// <summary>
    /// Earliest time at which <see cref="Tick"/>, <see cref="Match"/> or <see cref="TakeDemands"/> may have work. Slow
    /// chunks set none: the next round looks for them.
    /// </summary>
    public long NextTime => Math.Min(Math.Min(demands.Next, NextMatch), modules.Next);

    /// <summary>Whether a round has work now: the last one reached a bound, or something came due.</summary>
    public bool IsBehind(long now) => hasMoreToAssign || NextMatch <= now || modules.Next <= now;

    private long NextMatch => space.MayStart ? matching.Next : long.MaxValue;

    /// <summary>
    /// Loads a stored open task during recovery, unless the core has it, which is newer. A lease gets a full new term,
    /// because renewals are not stored.
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
    /// unread ones may come before them.
    /// </summary>
    public void SetHorizon(int priority, long order) => tasks.Ready.SetHorizon(priority, order);

    public void ClearHorizon()
    {
        tasks.Ready.ClearHorizon();
        Admission.ReadAll();
    }

    /// <summary>
    /// Up to <paramref name="most"/> parents of which nothing is known. Once all open tasks are loaded, recovery reads
    /// these and calls <see cref="LearnParents"/>, until there are none.
    /// </summary>
    public ImmutableArray<TaskId> UnknownParents(int most) => tasks.Dependencies.Unknown(most);

    /// <inheritdoc cref="Dependencies.HasUnknown"/>
    public bool HasUnknownParents => tasks.Dependencies.HasUnknown;

    /// <summary>Takes the parents that the store has. Retention has removed those that were not found.</summary>
    public void LearnParents(ImmutableArray<TaskId> asked, ImmutableArray<OpenTask> found, long now)
    {
        foreach (var task in found.Where(static task => !task.Row.State.IsFinal()))
            Load(task, now);
        releases.Learn(asked, found);
    }

    /// <inheritdoc cref="QueueLimits.Configure"/>
    public void Configure(QueueSettings settings, long now)
    {
        var weight = limits.Settings.Weight;
        limits.Configure(settings, now);
        if (settings.Weight != weight)
            demands.WeightChanged();
    }

    /// <summary>Takes what is stored of the queue besides tasks and jobs, before recovery begins.</summary>
    public void Restore(QueueOwnership stored, long now)
    {
        leases.Own(now);
        limits.Restore(stored.StartsFrom, now);
        Admission.Restore(stored);
    }

    /// <summary>Whether recovery must call <see cref="Admission.SetUnread"/>.</summary>
    public bool LimitsDepth => limits.Settings.MaxDepth is not null;

    /// <summary>
    /// Retires the queue for its deletion, unless a task or job is open or there is a schedule. The caller has checked
    /// that recovery is complete.
    /// </summary>
    public bool TryRetire(CommitDraft draft)
    {
        if (OpenCount > 0 || Jobs.Count > 0 || Schedules.Count > 0)
            return false;
        Admission.Retire(draft);
        return true;
    }

    /// <summary>
    /// Accepts the tasks of a request, except those that are open or stored. The caller has found the idempotency key,
    /// if any, to be new, and the parents to exist (<see cref="Admission.UnknownAfter"/>). <paramref name="isStored"/>
    /// looks a task up in the store if the request is repeated after an unknown outcome; otherwise it is null.
    /// <paramref name="rowOf"/> returns the stored rows of parents.
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
    public JobReply AskJob(JobRequest request, JobSpec? spec, long now, CommitDraft draft)
    {
        // A job with round robin begins: each node is to be asked for a slot.
        if (spec is { RoundRobin: true } || (request.Opens && Jobs.TakesTurns(request.Job)))
            demands.TurnMoved(ofChunks: true);
        if (spec is not null)
            Admission.TakeIntoUse(draft);
        return Jobs.Ask(request, spec, now, draft);
    }

    /// <inheritdoc cref="LeaseBook.TryRenew"/>
    public RenewReply? TryRenew(NodeLeases renewal, long now) => leases.TryRenew(renewal, now);

    /// <summary>A node's session here, and <see cref="NodeHold.AsOf"/>, for the simulation.</summary>
    public (long Session, long AsOf) RenewedIn(string node) =>
        (nodes.Get(node).Session, nodes.Get(node).Hold.AsOf);

    /// <summary>
    /// Does what is due. Called after the operations, so that a report wins over the lapse of its lease, and before
    /// <see cref="Match"/>, which uses what becomes free here.
    /// </summary>
    public void Tick(long now, CommitDraft draft) => modules.Tick(now, draft);

    /// <summary>Gives ready tasks to nodes with room, up to the bound of a round. The last change of a round.</summary>
    public void Match(long now, CommitDraft draft) =>
        hasMoreToAssign = space.MayStart && !matching.Match(bounds.Assignments, now, draft);

    /// <inheritdoc cref="SlotDemands.Take"/>
    /// <remarks>Called once after every round: after its commit, if there is one.</remarks>
    public IReadOnlyList<(string Node, SlotDemand Demand)> TakeDemands(long now) => demands.Take(now);

    /// <summary>
    /// The wall clock moved forward by <paramref name="by"/> milliseconds (negative: back). Leases and rests keep their
    /// remaining time. <c>runAt</c>, <c>expiresAt</c> and ends of backoffs are times of day and stay, but no backoff
    /// exceeds its policy.
    /// </summary>
    public void ClockStepped(long by, long now)
    {
        Jobs.ClockStepped(by);
        modules.ClockStepped(by, now);
        limits.ClockStepped(by);
        matching.ClockStepped(by);
        demands.ClockStepped(by);
    }
}
