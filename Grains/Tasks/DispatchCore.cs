using OrleansTasks.Jobs;
using OrleansTasks.Jobs.Spec;
using OrleansTasks.Nodes;
using OrleansTasks.Queues;
using OrleansTasks.Storage;

namespace OrleansTasks.Tasks;

/// <summary>
/// The rules of one partition, without I/O, clock or threads. The core's state is what the store has, plus the changes of the draft that
/// is not yet committed. The core cannot undo: when a commit fails, the caller discards the core and loads a new one. Each part (open
/// tasks, nodes, leases, jobs) keeps its own state; this type calls them in the right order, and keeps the nodes' rests and the
/// questions to send. Not safe for use from several threads. Times are Unix milliseconds.
/// </summary>
internal sealed class DispatchCore
{
    private readonly OpenTasks tasks;
    private readonly NodeSet nodes = new();
    private readonly LeaseBook leases;
    private readonly OpenJobs jobs;
    private readonly Attempts attempts;
    private readonly TaskEnding ending;
    private readonly Matching matching;
    private readonly SlotDemands demands;
    private readonly WaitReasons reasons;
    private readonly IRandomness random;
    private readonly RoundBounds bounds;
    private readonly Queue<(string Node, long Session)> questions = new();

    // Filled and used up within one call; a field only to save the allocation.
    private readonly List<Lease> lostLeases = [];
    private TimeWatch<DispatchNode> rests = new(static _ => true);
    private bool hasMoreToAssign;

    /// <param name="partition">The partition.</param>
    /// <param name="epoch">The epoch under which the caller commits.</param>
    /// <param name="lastNo">The stored <see cref="LastNo"/>; 0 for a new partition.</param>
    /// <param name="options">The lease's term and the bounds of a round.</param>
    /// <param name="random">For tokens and jitter.</param>
    public DispatchCore(PartitionKey partition, long epoch, long lastNo, DispatchOptions options, IRandomness random)
    {
        (Partition, Epoch, this.random, bounds) = (partition, epoch, random, options.Round);
        tasks = new OpenTasks(lastNo);
        leases = new LeaseBook(partition, options, tasks, nodes, random);
        var chunks = new ChunkRuns(tasks, leases);
        jobs = new OpenJobs(epoch, tasks, nodes, chunks);
        ending = new TaskEnding(tasks, leases, chunks);
        attempts = new Attempts(tasks, leases, ending, options, random);
        demands = new SlotDemands(partition, epoch, tasks, nodes, jobs);
        matching = new Matching(tasks, nodes, leases, jobs, chunks, demands);
        reasons = new WaitReasons(tasks, nodes);
    }

    public PartitionKey Partition { get; }

    public long Epoch { get; }

    /// <summary>The largest number given to a task, a job, a chunk or a place in the order. Every commit stores it.</summary>
    public long LastNo => tasks.LastNo;

    /// <summary>How many tasks and chunks the core has; less than the store while the partition is being recovered.</summary>
    public int OpenCount => tasks.Count;

    /// <summary>The version of the newest fleet snapshot that was taken; -1 before the first.</summary>
    public long FleetVersion => nodes.FleetVersion;

    public PartitionStatus Status =>
        new(Partition, tasks.Counts.Scheduled, tasks.Counts.Queued, tasks.Counts.Leased, tasks.Ready.OldestQueuedAt());

    /// <summary>
    /// The earliest time at which a round may have something to do: in <see cref="Tick"/>, or in <see cref="TakeDemands"/>.
    /// <see cref="long.MaxValue"/> when there is none. The search for stragglers is not counted.
    /// </summary>
    public long NextTime => Math.Min(Math.Min(demands.Next, rests.Next), Math.Min(tasks.Times.Next, leases.Next));

    /// <summary>Whether another round has work now: the last one reached its bounds, or something has come due since.</summary>
    public bool IsBehind(long now) => hasMoreToAssign || tasks.Times.Next <= now || leases.Next <= now;

    /// <summary>
    /// Takes a stored open task in, while the partition is being recovered; ignored when the core has the task already. Its lease gets a
    /// full new term, because renewals are not stored.
    /// </summary>
    public void Load(in OpenTask stored, long now)
    {
        if (tasks.TryLoad(stored, now, out var slot) && stored.Row.State.IsLeased())
            leases.Load(ref tasks[slot], slot, stored.Row, now);
    }

    /// <inheritdoc cref="OpenJobs.Load"/>
    public void LoadJob(TaskId id, long no, JobSpec spec) => jobs.Load(id, no, spec);

    /// <inheritdoc cref="OpenJobs.LoadChunk"/>
    public void LoadChunk(TaskId job, ChunkPlan chunk, long now) => jobs.LoadChunk(job, chunk, now);

    /// <summary>
    /// While the partition is being recovered: the last task that has been read, in matching order (priority from 9 down, then order).
    /// Tasks after it are not given to nodes, because tasks that are not read yet may come before them.
    /// </summary>
    public void SetHorizon(int priority, long order) => tasks.Ready.SetHorizon(priority, order);

    /// <summary>All waiting tasks have been read: each of them may be given to a node.</summary>
    public void ClearHorizon() => tasks.Ready.ClearHorizon();

    /// <summary>Takes the queue's settings.</summary>
    public void Configure(QueueSettings settings) => matching.Configure(settings);

    /// <summary>
    /// Accepts the tasks of a request, except those that the core has already or that are stored. The caller has already looked up the
    /// request's idempotency key and, for a repeated request, its ids.
    /// </summary>
    /// <param name="request">The request.</param>
    /// <param name="isStored">For a repeated request: whether the store has a task, open or ended; null for any other.</param>
    /// <param name="now">The time.</param>
    /// <param name="draft">Where the changes go.</param>
    public void Accept(SubmitRequest request, Func<TaskId, bool>? isStored, long now, CommitDraft draft)
    {
        foreach (var submission in request.Tasks)
        {
            if (!tasks.TryFind(submission.Id, out _) && isStored?.Invoke(submission.Id) != true)
                tasks.Accept(submission, request.Batch, now, draft);
        }

        if (request.Idempotency is { } entry)
            draft.Idempotency.Add(entry);
    }

    /// <summary>
    /// Cancels an open task: at once when no node has it, else its node is asked to end it. <see cref="ControlOutcome.NotOpen"/> also for
    /// chunks, which only their job can end.
    /// </summary>
    public ControlOutcome Cancel(TaskId id, long now, CommitDraft draft) =>
        tasks.TryFind(id, out var slot) && tasks[slot].Chunk is null
            ? attempts.Cancel(slot, now, draft)
            : ControlOutcome.NotOpen;

    /// <summary>
    /// Queues an ended task again, with a fresh attempt budget, at the end of its priority. <paramref name="stored"/> is what the store
    /// has of the task now. A task that expired before it ever started stays ended.
    /// </summary>
    public ControlOutcome Retry(in OpenTask stored, long now, CommitDraft draft)
    {
        var row = stored.Row;
        if (tasks.TryFind(row.Id, out _) || TaskTransitions.TryNext(row.State, TaskTrigger.Retry) is not { } next)
            return ControlOutcome.NotRetryable;
        if (stored.HadSecrets)
            return ControlOutcome.SecretsGone;
        if (row.Attempt == 0 && stored.ExpiresAt != 0 && stored.ExpiresAt <= now)
            return ControlOutcome.NotRetryable;
        tasks.Readmit(stored, next, now, draft);
        return ControlOutcome.Changed;
    }

    /// <summary>Why a task is not running yet.</summary>
    public WhyReply Why(TaskId id) => reasons.Of(id);

    /// <inheritdoc cref="OpenJobs.Ask"/>
    public JobReply Ask(JobRequest request, JobSpec? spec, long now, CommitDraft draft)
    {
        // A new job whose chunks go around the nodes: each node is to be asked for a slot.
        if (spec is { RoundRobin: true })
            demands.TurnMoved(ofChunks: true);
        return jobs.Ask(request, spec, now, draft);
    }

    /// <inheritdoc cref="OpenJobs.CountChunks"/>
    public ChunkCounts CountChunks(TaskId job) => jobs.CountChunks(job);

    /// <summary>
    /// Takes what a node reports. Only an attempt's current token can change its task; the rest is ignored. But the node is told that all
    /// of it is settled, so what names an unknown attempt needs a commit that proves ownership: an activation that was replaced without
    /// knowing it does not know its successor's leases, and must not settle what was meant for that one.
    /// </summary>
    public void Report(NodeReport report, long now, CommitDraft draft)
    {
        if (nodes.Find(report.Node) is { } node)
        {
            node.EnterSession(report.Session);
            nodes.Ranks.Update(node);
        }

        foreach (var started in report.Started)
        {
            if (leases.TryFind(started, out var held))
                attempts.Confirm(held, now, draft);
            else
                draft.NeedsOwner = true;
        }

        foreach (var result in report.Results)
        {
            if (leases.TryFind(result.Lease, out var held))
                attempts.End(held, result, now, draft);
            else
                draft.NeedsOwner = true;
        }

        // Unable: could not start them, the node rests at once. Refused: too busy, it rests only after several reports in a row.
        TakeBack(report.Unable ?? [], isUnable: true, now, draft);
        TakeBack(report.Refused, isUnable: false, now, draft);
    }

    /// <summary>
    /// Renews a node's leases by digest or by list. May repeat commands and lose attempts that the node has no more, so it must be part of
    /// a round.
    /// </summary>
    public RenewReply Renew(NodeLeases renewal, long now, CommitDraft draft)
    {
        lostLeases.Clear();
        var reply = leases.Renew(renewal, now, draft, lostLeases);
        foreach (var held in lostLeases)
            attempts.Lose(held, now, draft);
        return reply;
    }

    /// <inheritdoc cref="LeaseBook.TryRenewByDigest"/>
    public RenewReply? TryRenewByDigest(NodeLeases renewal, long now) => leases.TryRenewByDigest(renewal, now);

    /// <summary>
    /// Takes an offer of slots, if it is for this epoch and newer than what is known. Changes no task, so it may be called while a commit
    /// is written.
    /// </summary>
    public void Offer(SlotOffer offer)
    {
        if (offer.Epoch != Epoch)
            return;
        var node = Enter(offer);
        if (offer.Session == node.Session)
            node.Grant.Take(offer, isOffer: true);
        nodes.Ranks.Update(node);
        if (node.HasRoom)
            node.Grant.Answered();
    }

    /// <summary>
    /// Gives slots back; an older offer that arrives later is ignored, by its version. Writes nothing, but must not be called while a
    /// commit is written: leases which that commit ends must not be free before it is on disk.
    /// </summary>
    /// <returns>What the partition keeps; under a newer epoch than the offer's if the offer was for an earlier owner.</returns>
    public SlotReturn Reclaim(SlotOffer offer)
    {
        var node = Enter(offer);
        if (offer.Epoch == Epoch && offer.Session == node.Session)
            node.Grant.Take(offer, isOffer: false);
        nodes.Ranks.Update(node);
        var wanted = demands.CountReady(node);
        // A session that is over is not asked for more at once.
        if (!node.IsSessionOver)
            node.Grant.Told(wanted);
        return new SlotReturn(
            Partition, Epoch, node.Session, offer.Version, Math.Max(node.Grant.Limit, node.Hold.Count), wanted);
    }

    /// <summary>
    /// Takes a fleet snapshot; an older one is ignored. Queues a question (<see cref="TakeQuestions"/>) to every node that can say what is
    /// left of its earlier sessions and holds leases of them here.
    /// </summary>
    public void FleetChanged(FleetSnapshot fleet, long now)
    {
        if (!nodes.Take(fleet, now))
            return;
        demands.FleetChanged();
        foreach (var description in fleet.Nodes)
        {
            var node = nodes.Get(description.Id);
            if (description.KnowsEarlier && description.Session == node.Session)
                QueueQuestion(node, now);
        }
    }

    /// <summary>
    /// Takes what a node knew when its session began. An attempt of an earlier session that the node does not have is over if the node can
    /// prove so: put back uncounted when the same worker run never started it, else lost. An attempt of which nothing is known keeps its
    /// lease until that lapses.
    /// </summary>
    public void SessionBegan(string id, SessionStart start, long now, CommitDraft draft)
    {
        var unstarted = new List<Lease>();
        lostLeases.Clear();
        leases.SessionBegan(id, start, unstarted, lostLeases);
        foreach (var held in unstarted)
            attempts.PutBack(held, now, draft);
        foreach (var held in lostLeases)
            attempts.Lose(held, now, draft);
    }

    /// <summary>
    /// Does what is due, within the bounds of a round: tasks become due or expire, leases lapse, rests end. Called once a round, after the
    /// operations and before <see cref="Match"/>, which uses what becomes free here.
    /// </summary>
    public void Tick(long now, CommitDraft draft)
    {
        for (var left = bounds.DueTasks; left > 0 && tasks.Times.TryTake(now, out var slot); left--)
            TimeCame(slot, now, draft);
        lostLeases.Clear();
        while (lostLeases.Count < bounds.Lapses && leases.TryLapse(now, lostLeases))
        {
        }

        foreach (var held in lostLeases)
            attempts.Lose(held, now, draft);
        while (rests.TryTake(now, out var node))
            EndRest(node, now);
    }

    /// <summary>Gives ready tasks to nodes with room, within the bounds of a round. The last step before the commit.</summary>
    public void Match(long now, CommitDraft draft) => hasMoreToAssign = !matching.Match(bounds.Assignments, now, draft);

    /// <inheritdoc cref="SlotDemands.Take"/>
    /// <remarks>Called once the round is on disk. Each demand is returned once; a lost one is repeated after 5 s.</remarks>
    public IReadOnlyList<(string Node, SlotDemand Demand)> TakeDemands(long now) => demands.Take(now);

    /// <summary>
    /// The nodes, with their session, to ask now what they had when that session began; the answer goes to <see cref="SessionBegan"/>.
    /// Each question is returned once; an unanswered one is queued again by a later <see cref="FleetChanged"/>.
    /// </summary>
    public IReadOnlyList<(string Node, long Session)> TakeQuestions()
    {
        if (questions.Count == 0)
            return [];
        var taken = questions.ToArray();
        questions.Clear();
        return taken;
    }

    /// <summary>
    /// The wall clock was set forward by <paramref name="by"/> milliseconds (negative: back). Terms that began before, such as leases and
    /// rests, move along, so the rest of each stays the same. <c>runAt</c> and <c>expiresAt</c> are times of day and stay; a backoff is
    /// shortened to its bound.
    /// </summary>
    public void ClockStepped(long by, long now)
    {
        jobs.ClockStepped(by);
        foreach (var slot in tasks.Slots)
        {
            ref var task = ref tasks[slot];
            if (task.State != TaskState.Scheduled || task.Attempt == 0 || task.DueAt <= now + task.Policy.MaxBackoff)
                continue;
            task.DueAt = now + task.Policy.MaxBackoff;
            tasks.Times.Watch(ref task, slot);
        }

        rests = new TimeWatch<DispatchNode>(static _ => true);
        foreach (var node in nodes.All)
        {
            node.ClockStepped(by);
            nodes.Ranks.Update(node);
            if (node.Rest.IsResting)
                rests.Add(node, node.Rest.Until);
        }

        // After the nodes, whose new terms it reads.
        leases.ClockStepped();
        matching.ClockStepped(by);
        demands.ClockStepped(by);
    }

    /// <summary>The offer's node, moved to the offer's session if that is newer: earlier grants are void then.</summary>
    private DispatchNode Enter(SlotOffer offer)
    {
        var node = nodes.Get(offer.Node);
        node.EnterSession(offer.Session);
        return node;
    }

    /// <summary>Queues a question if leases of earlier sessions are left, and this session was not asked about in the last 5 s.</summary>
    private void QueueQuestion(DispatchNode node, long now)
    {
        foreach (var held in node.Hold.All)
        {
            if (held.Session >= node.Session)
                continue;
            if (node.Inquiry.TryAsk(node.Session, now))
                questions.Enqueue((node.Id, node.Session));
            return;
        }
    }

    /// <summary>Puts attempts back that the node did not start. However many there are, they count as one refusal of the node.</summary>
    private void TakeBack(ImmutableArray<LeaseRef> refused, bool isUnable, long now, CommitDraft draft)
    {
        DispatchNode? refuser = null;
        foreach (var reference in refused)
        {
            if (!leases.TryFind(reference, out var held))
            {
                draft.NeedsOwner = true;
                continue;
            }

            // What an earlier session gives back says nothing about this one.
            if (held.IsCurrent && refuser is null && held.Node.Rest.Refused(isUnable, now, random))
                rests.Add(held.Node, held.Node.Rest.Until);
            refuser ??= held.IsCurrent ? held.Node : null;
            attempts.PutBack(held, now, draft);
        }

        if (refuser is not null)
            nodes.Ranks.Update(refuser);
    }

    /// <summary>
    /// Ends a node's rest, unless it has ended already or a later rest has begun. The next demand to the node need not wait.
    /// </summary>
    private void EndRest(DispatchNode node, long now)
    {
        if (!node.Rest.TryEnd(now))
            return;
        node.Grant.Forget();
        nodes.Ranks.Update(node);
    }

    /// <summary>Expires a task, or queues one that is due. The task may be neither: what is watched is only a hint.</summary>
    private void TimeCame(int slot, long now, CommitDraft draft)
    {
        ref var task = ref tasks[slot];
        if (task.Attempt == 0 && task.ExpiresAt != 0 && task.ExpiresAt <= now)
            ending.End(slot, new TaskEnd(TaskTrigger.Expire, EndReason.Expired), now, draft);
        else if (task.State == TaskState.Scheduled && task.DueAt <= now)
        {
            task.QueuedAt = now;
            tasks.Move(ref task, slot, TaskTrigger.BecomeDue);
            tasks.Record(draft, ref task);
        }
    }
}
