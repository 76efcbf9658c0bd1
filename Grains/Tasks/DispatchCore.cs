using OrleansTasks.Audit;
using OrleansTasks.Jobs;
using OrleansTasks.Jobs.Spec;
using OrleansTasks.Nodes;
using OrleansTasks.Queues;
using OrleansTasks.Schedules;
using OrleansTasks.Storage;
using OrleansTasks.Workflows;

namespace OrleansTasks.Tasks;

/// <summary>
/// The rules of a queue: what requests, reports of nodes and time do to its tasks, and which node gets
/// which task. The <see cref="RoundLoop"/> of the queue's owner calls the core in rounds: callers' operations,
/// <see cref="Tick"/>, <see cref="Match"/>, the commit of the draft that these have filled, <see cref="TakeDemands"/>
/// and <see cref="TakeQuestions"/>. The parts (open tasks, nodes, leases, jobs) keep their own state; the core calls
/// them in the right order. No I/O, no clock, not thread-safe. Times are Unix milliseconds of the wall clock.
/// </summary>
/// <remarks>
/// After recovery, open tasks and jobs in memory equal the store plus the uncommitted draft. Stored nowhere: chunk runs
/// (of jobs' chunks), the fleet, the ends of leases (attempts that nodes hold), and grants (how many leases a node
/// allows here). Changes cannot be undone: after a failed commit, the caller discards the core and loads a new one.
/// </remarks>
internal sealed class DispatchCore
{
    private readonly QueueLimits limits;
    private readonly OpenTasks tasks;
    private readonly NodeSet nodes = new();
    private readonly LeaseBook leases;
    private readonly OpenJobs jobs;
    private readonly Attempts attempts;
    private readonly Releases releases;
    private readonly Matching matching;
    private readonly SlotDemands demands;
    private readonly WaitReasons reasons;
    private readonly Admission admission;
    private readonly NodeRelations relations;
    private readonly AttemptReports reports;
    private readonly QueueSchedules schedules;
    private readonly QueueWorkflows workflows;
    private readonly ItemNodes items;
    private readonly NodeJobs nodeJobs;
    private readonly TaskEnding ending;
    private readonly RoundBounds bounds;
    private StoreHealth space;
    private bool hasMoreToAssign;

    /// <summary>Starts empty, for recovery to fill; <paramref name="lastNo"/> is 0 for a new queue.</summary>
    public DispatchCore(string queue, long epoch, long lastNo, DispatchOptions options, IRandomness random)
    {
        (Queue, Epoch, bounds) = (queue, epoch, options.Round);
        limits = new QueueLimits(queue);
        tasks = new OpenTasks(lastNo);
        leases = new LeaseBook(queue, options, tasks, nodes, random);
        var chunks = new ChunkRuns(tasks, leases);
        var ids = new OccurrenceIds(random);
        admission = new Admission(tasks, limits);
        items = new ItemNodes(tasks, admission, ids, options);
        nodeJobs = new NodeJobs(tasks, ids, bounds, queue);
        var (scheduleCore, workflowCore) = (new ScheduleCore(tasks.NextNo), new WorkflowCore(items, nodeJobs));
        jobs = new OpenJobs(epoch, tasks, nodes, chunks, scheduleCore, nodeJobs);
        ending = new TaskEnding(tasks, leases, chunks, scheduleCore, workflowCore);
        releases = new Releases(tasks, ending, items, nodeJobs);
        attempts = new Attempts(tasks, leases, ending, limits, options, random);
        demands = new SlotDemands(queue, epoch, tasks, nodes, jobs, limits);
        matching = new Matching(tasks, nodes, leases, jobs, chunks, demands, limits);
        reasons = new WaitReasons(tasks, nodes, limits, matching, items, nodeJobs);
        Undoing = new Undoing(tasks, jobs, ending, admission);
        workflows = new QueueWorkflows(workflowCore, items, nodeJobs, tasks, admission);
        schedules = new QueueSchedules(
            scheduleCore, admission, tasks, jobs, workflows, ids);
        relations = new NodeRelations(queue, epoch, nodes, demands, random);
        reports = new AttemptReports(leases, attempts, relations, nodes);
    }

    public string Queue { get; }

    /// <summary>
    /// What the store allows in this round. While it may not grow, due occurrences, items and jobs of workflows wait, and
    /// while it may not start tasks, nothing is given to nodes. Ends and cancels go on.
    /// </summary>
    public StoreHealth Space
    {
        get => space;
        set => (space, workflows.MayGrow) = (value, value.MayGrow());
    }

    /// <summary>The ownership number under which the caller commits. Every later owner has a larger one.</summary>
    public long Epoch { get; }

    /// <summary>The largest number given to a task, job, chunk run or place in order. Every commit stores it.</summary>
    public long LastNo => tasks.LastNo;

    /// <summary>How many open tasks and chunk runs the core has; during recovery, the store may have more.</summary>
    public int OpenCount => tasks.Count;

    /// <summary>Whether a task is open in the core; during recovery, the store may have it open, too.</summary>
    public bool IsOpen(TaskId id) => tasks.TryFind(id, out _);

    /// <inheritdoc cref="QueueWorkflows.IsOpen"/>
    public bool IsWorkflowOpen(TaskId id) => workflows.IsOpen(id);

    /// <inheritdoc cref="OpenJobs.IsOpen"/>
    public bool IsJobOpen(TaskId id) => jobs.IsOpen(id);

    /// <summary>Takes back what users have cancelled and retried.</summary>
    public Undoing Undoing { get; }

    /// <summary>The workflows' nodes with <c>forEach</c>.</summary>
    public ItemNodes Items => items;

    /// <summary>The workflows' nodes that run jobs.</summary>
    public NodeJobs NodeJobs => nodeJobs;

    /// <summary>The version of the newest fleet snapshot taken; -1 before the first.</summary>
    public long FleetVersion => nodes.FleetVersion;

    public QueueStatus Status =>
        new(Queue, tasks.Counts.Scheduled, tasks.Counts.Queued, tasks.Counts.Leased, tasks.Ready.OldestQueuedAt());

    /// <summary>
    /// The earliest time at which <see cref="Tick"/> or <see cref="TakeDemands"/> may have work, or
    /// <see cref="long.MaxValue"/>. Slow chunks set no time: whichever round comes next looks for them.
    /// </summary>
    public long NextTime =>
        Math.Min(
            Math.Min(Math.Min(demands.Next, relations.NextRestEnd), Math.Min(tasks.Times.Next, leases.Next)),
            Math.Min(Math.Min(HasMoreToEnd ? 0 : NextMatch, NextOccurrence), nodeJobs.Next));

    /// <summary>Whether a round has work now: the last one reached a bound, or a task or lease came due.</summary>
    public bool IsBehind(long now) =>
        hasMoreToAssign || HasMoreToEnd || tasks.Times.Next <= now || leases.Next <= now
        || NextMatch <= now || NextOccurrence <= now || nodeJobs.Next <= now;

    private long NextMatch => space.MayStart() ? matching.Next : long.MaxValue;

    private long NextOccurrence => space.MayGrow() ? schedules.Next : long.MaxValue;

    // Tasks to release or to skip, or nodes to cancel.
    private bool HasMoreToEnd => tasks.Dependencies.HasDecided || workflows.HasWork;

    /// <summary>
    /// Takes in a stored open task, during recovery; ignored when the core has the task, since memory is newer.
    /// If a node holds the task, the lease gets a full new term, because renewals are not stored.
    /// </summary>
    public void Load(in OpenTask stored, long now)
    {
        var isBegun = (stored.IsForEach && items.IsBegun(stored.Row.Id))
            || (stored.IsJob && nodeJobs.IsBegun(stored.Row.Id));
        if (!tasks.TryLoad(stored, now, out var slot, isBegun))
            return;
        if (stored.Row.State.IsLeased())
            leases.Load(ref tasks[slot], slot, stored.Row, now);
        else
            admission.ReadOne();
    }

    /// <inheritdoc cref="OpenJobs.Load"/>
    public void LoadJob(TaskId id, long no, JobSpec spec) => jobs.Load(id, no, spec);

    /// <inheritdoc cref="OpenJobs.LoadChunk"/>
    public void LoadChunk(TaskId job, ChunkPlan chunk, long now) => jobs.LoadChunk(job, chunk, now);

    /// <inheritdoc cref="QueueSchedules.Load(StoredSchedule)"/>
    public void LoadSchedule(StoredSchedule stored) => schedules.Load(stored);

    /// <inheritdoc cref="QueueWorkflows.Load"/>
    public void LoadWorkflow(
        StoredWorkflow stored, ImmutableArray<WorkflowNodeRow> nodes, ImmutableArray<LoadedItems> items,
        ImmutableArray<StoredNodeJob> jobs = default) =>
        workflows.Load(stored, nodes, items, jobs);

    /// <inheritdoc cref="QueueSchedules.Load(OccurrenceRow)"/>
    public void LoadOccurrence(OccurrenceRow row) => schedules.Load(row);

    /// <summary>
    /// Tells, during recovery, which waiting task was read last, in matching order (priority from 9 down, then order).
    /// Later tasks are not given to nodes, because tasks that are not read yet may come before them.
    /// </summary>
    public void SetHorizon(int priority, long order)
    {
        workflows.MayCancel = false;
        tasks.Ready.SetHorizon(priority, order);
    }

    /// <summary>All waiting tasks have been read: any of them may be given to a node.</summary>
    public void ClearHorizon()
    {
        workflows.MayCancel = true;
        tasks.Ready.ClearHorizon();
        admission.ReadAll();
    }

    /// <summary>
    /// Tasks for which loaded tasks wait and of which nothing is known, up to <paramref name="most"/>. Recovery reads them
    /// once it has loaded all open tasks, and tells what it found (<see cref="LearnParents"/>), until there are none.
    /// </summary>
    public ImmutableArray<TaskId> UnknownParents(int most) => tasks.Dependencies.Unknown(most);

    /// <inheritdoc cref="Dependencies.HasUnknown"/>
    public bool HasUnknownParents => tasks.Dependencies.HasUnknown;

    /// <summary>Takes what the store has of tasks that others wait for; retention has removed those that it lacks.</summary>
    public void LearnParents(ImmutableArray<TaskId> asked, ImmutableArray<OpenTask> found, long now) =>
        releases.Learn(asked, found, task => Load(task, now));

    /// <inheritdoc cref="QueueLimits.Configure"/>
    public void Configure(QueueSettings settings, long now)
    {
        var weight = limits.Settings.Weight;
        limits.Configure(settings, now);
        if (settings.Weight != weight)
            demands.WeightChanged();
    }

    /// <summary>Takes what is stored of the queue besides its tasks and jobs, before recovery begins.</summary>
    public void Restore(QueueOwnership stored, long now)
    {
        leases.Own(now);
        limits.Restore(stored.StartsFrom, now);
        admission.Restore(stored);
    }

    /// <inheritdoc cref="Admission.IsShut"/>
    public bool IsShut => admission.IsShut;

    /// <summary>Whether recovery must say how many waiting tasks there are (<see cref="SetUnread"/>).</summary>
    public bool LimitsDepth => limits.Settings.MaxDepth is not null;

    /// <summary>Tells how many waiting tasks recovery is going to read.</summary>
    public void SetUnread(int tasks) => admission.SetUnread(tasks);

    /// <summary>
    /// Retires the queue, because it is deleted. Returns false, and changes nothing, when a task or job is
    /// open or there is a schedule. The caller has checked that recovery is complete.
    /// </summary>
    public bool TryRetire(CommitDraft draft)
    {
        if (OpenCount > 0 || jobs.Count > 0 || schedules.Count > 0)
            return false;
        admission.Retire(draft);
        return true;
    }

    /// <summary>
    /// After how many milliseconds to send a request again whose tasks the queue's depth does not allow now; null when
    /// <see cref="Accept"/> may accept it. Parameters as there.
    /// </summary>
    public long? RefusalOf(SubmitRequest request, Func<TaskId, bool>? isStored, long now) =>
        LimitsDepth ? admission.RefusalOf(request, isStored, now) : null;

    /// <summary>
    /// Accepts the tasks of a request and skips those that are open in the core or stored. The caller has found the
    /// request's idempotency key, if any, to be new. For a request repeated after an unknown outcome,
    /// <paramref name="isStored"/> tells whether the store has a task, open or ended; for any other request it is null.
    /// <paramref name="rowOf"/> gives the stored rows of tasks that the request's tasks wait for. The caller has found that
    /// there are such rows (<see cref="UnknownAfter"/>).
    /// </summary>
    public void Accept(
        SubmitRequest request, Func<TaskId, bool>? isStored, long now, CommitDraft draft,
        Func<TaskId, TaskRow?>? rowOf = null)
    {
        if (request.Workflow is null)
            admission.Accept(request, isStored, now, draft, rowOf);
        else
            workflows.Accept(request, isStored, now, draft);
    }

    /// <inheritdoc cref="QueueWorkflows.Cancel"/>
    public WorkflowReply CancelWorkflow(TaskId id, Origin? origin, long now, CommitDraft draft) =>
        workflows.Cancel(id, origin, now, draft);

    /// <inheritdoc cref="QueueWorkflows.Retry"/>
    public WorkflowReply RetryWorkflow(StoredNodes stored, TaskId? only, long now, CommitDraft draft) =>
        workflows.Retry(stored, only, now, draft);

    /// <summary>
    /// Where a request's new tasks wait for tasks that the queue does not have, up to
    /// <see cref="SubmitReply.MostUnknown"/> places. Parameters as of <see cref="Accept"/>.
    /// </summary>
    public ImmutableArray<AfterPlace> UnknownAfter(
        SubmitRequest request, Func<TaskId, bool>? isStored, Func<TaskId, TaskRow?> rowOf) =>
        admission.UnknownAfter(request, isStored, rowOf);

    /// <summary>
    /// Cancels an open task: at once when no node holds it; otherwise the node is asked to end it. A workflow's node with
    /// <c>forEach</c> ends when the tasks of its items have, and one with a job when the job has. The result is
    /// <see cref="ControlOutcome.NotOpen"/> for an ended or unknown task, and for a chunk run, which its job controls.
    /// </summary>
    public ControlOutcome Cancel(TaskId id, long now, CommitDraft draft) =>
        !tasks.TryFind(id, out var slot) || tasks[slot].Chunk is not null ? ControlOutcome.NotOpen
        : (tasks[slot].IsForEach ? items.Stop(id, now, draft)
            : tasks[slot].IsJob ? nodeJobs.Stop(id, now, draft)
            : null) ?? attempts.Cancel(slot, now, draft);

    /// <summary>
    /// Queues a failed or cancelled task again, at the end of its priority and with a fresh attempt budget.
    /// <paramref name="stored"/> is the task as the store has it now. A task stays ended if it had secrets, which are
    /// deleted, or if its <c>expiresAt</c> has passed and it never had an attempt, since it would expire at once.
    /// </summary>
    public ControlOutcome Retry(in OpenTask stored, long now, CommitDraft draft) => admission.Retry(stored, now, draft);

    /// <summary>Why a scheduled or queued task is not running yet; no reasons for any other task.</summary>
    public WhyReply Why(TaskId id) => reasons.Of(id);

    /// <inheritdoc cref="OpenJobs.Ask"/>
    public JobReply Ask(JobRequest request, JobSpec? spec, long now, CommitDraft draft)
    {
        // A job whose chunks go to the nodes in turn, and that begins: each node is to be asked for a slot.
        if (spec is { RoundRobin: true } || (request.Opens && jobs.TakesTurns(request.Job)))
            demands.TurnMoved(ofChunks: true);
        if (spec is not null)
            admission.TakeIntoUse(draft);
        return jobs.Ask(request, spec, now, draft);
    }

    /// <inheritdoc cref="QueueSchedules.Ask"/>
    public ScheduleReply AskSchedule(
        ScheduleRequest request, IReadOnlySet<long> started, long now, CommitDraft draft, Origin? origin = null) =>
        schedules.Ask(request, started, now, draft, origin);

    /// <summary>The open data jobs, for questions about their chunks.</summary>
    public OpenJobs Jobs => jobs;

    /// <inheritdoc cref="AttemptReports.Take"/>
    public void Report(NodeReport report, long now, CommitDraft draft) => reports.Take(report, now, draft);

    /// <inheritdoc cref="AttemptReports.Renew"/>
    public RenewReply Renew(NodeLeases renewal, long now, CommitDraft draft) => reports.Renew(renewal, now, draft);

    /// <inheritdoc cref="LeaseBook.TryRenew"/>
    public RenewReply? TryRenew(NodeLeases renewal, long now) => leases.TryRenew(renewal, now);

    /// <summary>A node's session here, and <see cref="NodeHold.AsOf"/>, for the simulation.</summary>
    public (long Session, long AsOf) RenewedIn(string node) =>
        (nodes.Get(node).Session, nodes.Get(node).Hold.AsOf);

    /// <summary>
    /// Takes a node's offer: how many leases this queue may hold there. Ignores an offer that is for another epoch,
    /// of an older session or of an older version. Changes no task, so it may be called while a commit is written.
    /// </summary>
    public void Offer(SlotOffer offer) => relations.Offer(offer);

    /// <summary>
    /// Takes the limit of a node that wants slots back, unless <see cref="Offer"/> would ignore that limit. Replies in
    /// any case what the queue keeps there, in the present epoch and session. Must not be called while a commit is
    /// written: the reply would free slots whose leases end only with that commit.
    /// </summary>
    public SlotReturn Reclaim(SlotOffer offer) => relations.Reclaim(offer);

    /// <summary>
    /// Takes a fleet snapshot; an older one is ignored. Queues a question (<see cref="TakeQuestions"/>) to every node
    /// that holds leases of earlier sessions here and can tell what became of them.
    /// </summary>
    public void FleetChanged(FleetSnapshot fleet, long now) => relations.FleetChanged(fleet, now);

    /// <inheritdoc cref="AttemptReports.SessionBegan"/>
    public void SessionBegan(string id, SessionStart start, long now, CommitDraft draft) =>
        reports.SessionBegan(id, start, now, draft);

    /// <summary>
    /// Does what is due, within the bounds of a round: tasks become due or expire, leases lapse, tasks that waited for
    /// others are queued or skipped, and nodes that refused tasks are used again. Called once a round: after the
    /// operations, so that a report of this round wins over the lapse of its lease, and before <see cref="Match"/>,
    /// which uses what becomes free here.
    /// </summary>
    public void Tick(long now, CommitDraft draft)
    {
        for (var left = bounds.DueTasks; left > 0 && tasks.Times.TryTake(now, out var slot); left--)
            releases.TimeCame(slot, now, draft);
        reports.Lapse(bounds.Lapses, now, draft);
        relations.EndRests(now);
        // First of what workflows do: the jobs have ended in this draft.
        nodeJobs.Settle(now, draft, (slot, end) => ending.End(slot, end, now, draft));
        // Before what waits is released: a workflow that is to end starts no more nodes.
        workflows.Tick(bounds.Releases, id => Cancel(id, now, draft));
        items.Tick(now, draft, id => Cancel(id, now, draft), (slot, end) => ending.End(slot, end, now, draft));
        // Also what ends here: those that wait for a skipped task may be skipped in the same round.
        releases.Tick(bounds.Releases, now, draft);
        nodeJobs.Start(
            now, draft, (id, spec) => jobs.Start(id, spec, draft), (slot, end) => ending.End(slot, end, now, draft));
        draft.CancelledJobs.AddRange(nodeJobs.TakeCancels(now).Where(jobs.IsOpen));
        // After all ends of tasks: what waited for them starts in the same round.
        if (space.MayGrow())
            schedules.Tick(now, draft);
    }

    /// <summary>Gives ready tasks to nodes with room, up to the bound of a round. The last change of a round.</summary>
    public void Match(long now, CommitDraft draft) =>
        hasMoreToAssign = space.MayStart() && !matching.Match(bounds.Assignments, now, draft);

    /// <inheritdoc cref="SlotDemands.Take"/>
    /// <remarks>Called once after every round: after its commit, if there is one.</remarks>
    public IReadOnlyList<(string Node, SlotDemand Demand)> TakeDemands(long now) => demands.Take(now);

    /// <summary>
    /// The nodes to ask now which attempts they had when their session began; <see cref="SessionBegan"/> takes the
    /// answers. Each question is returned once. A <see cref="FleetChanged"/> after 5 s repeats an unanswered question.
    /// </summary>
    public IReadOnlyList<(string Node, long Session)> TakeQuestions() => relations.TakeQuestions();

    /// <summary>
    /// The wall clock was set forward by <paramref name="by"/> milliseconds (negative: back) to <paramref name="now"/>.
    /// The ends of leases and rests move along, so each keeps its remaining time. <c>runAt</c>, <c>expiresAt</c> and
    /// ends of backoffs are times of day and stay; a backoff that becomes longer than its policy allows is cut.
    /// </summary>
    public void ClockStepped(long by, long now)
    {
        jobs.ClockStepped(by);
        nodeJobs.ClockStepped(now);
        tasks.Times.ClockStepped(now);
        relations.ClockStepped(by);
        // After the nodes, whose new terms it reads.
        leases.ClockStepped(by);
        limits.ClockStepped(by);
        matching.ClockStepped(by);
        demands.ClockStepped(by);
    }
}
