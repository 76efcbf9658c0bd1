using OrleansTasks.Jobs;
using OrleansTasks.Jobs.Spec;
using OrleansTasks.Nodes;
using OrleansTasks.Queues;
using OrleansTasks.Storage;

namespace OrleansTasks.Tasks;

/// <summary>
/// The rules of one partition, without I/O, clock or threads. It is always what the store has plus the draft that is
/// being committed. Each part has its own state: the open tasks, the nodes, the leases, the jobs; this type only says
/// in which order they act. Not safe for use from several threads. Times are Unix milliseconds.
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
    private readonly Queue<(string Node, long Session)> inquiries = new();
    private readonly List<Lease> gone = [];
    private TimeWatch<DispatchNode> rests = new(static _ => true);
    private bool hasMoreToAssign;

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

    /// <summary>The largest number given to a task or a place in the order.</summary>
    public long LastNo => tasks.LastNo;

    public int OpenCount => tasks.Count;

    /// <summary>The newest description of the fleet that was taken.</summary>
    public long FleetVersion => nodes.FleetVersion;

    public PartitionStatus Status =>
        new(Partition, tasks.Counts.Scheduled, tasks.Counts.Queued, tasks.Counts.Leased, tasks.Ready.OldestQueuedAt());

    /// <summary>
    /// The earliest time at which <see cref="Tick"/> has work; <see cref="long.MaxValue"/> when nothing happens by
    /// itself.
    /// </summary>
    public long NextTime => Math.Min(Math.Min(demands.Next, rests.Next), Math.Min(tasks.Times.Next, leases.Next));

    /// <summary>
    /// Whether the last round left something that could be done at once, because it had reached its bounds.
    /// </summary>
    public bool IsBehind(long now) => hasMoreToAssign || tasks.Times.Next <= now || leases.Next <= now;

    /// <summary>Takes a stored open task in, when the partition is recovered; its lease gets a full new term.</summary>
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
    /// While the partition is being recovered: the last task that has been read, in matching order. What comes after it
    /// waits.
    /// </summary>
    public void SetHorizon(int priority, long order) => tasks.Ready.SetHorizon(priority, order);

    /// <summary>All waiting tasks have been read.</summary>
    public void ClearHorizon() => tasks.Ready.ClearHorizon();

    /// <summary>Takes the queue's settings.</summary>
    public void Configure(QueueSettings settings) => matching.Configure(settings);

    /// <summary>
    /// Accepts the tasks of a request. What the request's idempotency key and ids mean has been looked up already.
    /// </summary>
    /// <param name="request">The request.</param>
    /// <param name="isStored">On a repeat: whether the store has a task already.</param>
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

    /// <summary>Cancels an open task: at once when nothing of it runs, else its node is asked to end it.</summary>
    public ControlOutcome Cancel(TaskId id, long now, CommitDraft draft) =>
        tasks.TryFind(id, out var slot) && tasks[slot].Chunk is null
            ? attempts.Cancel(slot, now, draft)
            : ControlOutcome.NotOpen;

    /// <summary>Queues an ended task again, with a fresh attempt budget, at the end of its priority.</summary>
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
        if (spec is { RoundRobin: true })
            demands.TurnMoved();
        return jobs.Ask(request, spec, now, draft);
    }

    /// <inheritdoc cref="OpenJobs.CountChunks"/>
    public ChunkCounts CountChunks(TaskId job) => jobs.CountChunks(job);

    /// <summary>
    /// Takes what a node reports. Only the holder of an attempt's current token can change its task: all else is passed
    /// over, and settled thereby, once it is sure that this is still the owner: an activation that was replaced without
    /// knowing it has never heard of its successor's leases, and must not settle their results.
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
        }

        foreach (var result in report.Results)
        {
            if (leases.TryFind(result.Lease, out var held))
                attempts.End(held, result, now, draft);
            else
                draft.NeedsOwner = true;
        }

        TakeBack(report.Unable ?? [], isUnable: true, now, draft);
        TakeBack(report.Refused, isUnable: false, now, draft);
    }

    /// <summary>Renews a node's leases by digest or by list.</summary>
    public RenewReply Renew(NodeLeases renewal, long now, CommitDraft draft)
    {
        gone.Clear();
        var reply = leases.Renew(renewal, now, draft, gone);
        foreach (var held in gone)
            attempts.Lose(held, now, draft);
        return reply;
    }

    /// <inheritdoc cref="LeaseBook.TryRenewByDigest"/>
    public RenewReply? TryRenewByDigest(NodeLeases renewal, long now) => leases.TryRenewByDigest(renewal, now);

    /// <summary>Takes a grant of slots, if it is newer than what is known. Touches memory only.</summary>
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
    /// Gives slots back; an older offer that arrives later changes nothing, by its version. Touches memory only.
    /// </summary>
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

    /// <summary>Takes the fleet's description.</summary>
    public void FleetChanged(FleetSnapshot fleet, long now)
    {
        if (!nodes.Take(fleet, now))
            return;
        demands.FleetChanged();
        foreach (var description in fleet.Nodes)
        {
            var node = nodes.Get(description.Id);
            if (description.KnowsEarlier && description.Session == node.Session)
                Inquire(node, now);
        }
    }

    /// <summary>
    /// What a node had when a session began. Of the attempts of its earlier sessions, those are over that it did not
    /// have: one that never started is put back uncounted, the others are lost with the node.
    /// </summary>
    public void SessionBegan(string id, SessionStart start, long now, CommitDraft draft)
    {
        var unstarted = new List<Lease>();
        gone.Clear();
        leases.SessionBegan(id, start, unstarted, gone);
        foreach (var held in unstarted)
            attempts.PutBack(held, now, draft);
        foreach (var held in gone)
            attempts.Lose(held, now, draft);
    }

    /// <summary>Lets happen what is due, within the bounds of a round.</summary>
    public void Tick(long now, CommitDraft draft)
    {
        for (var left = bounds.DueTasks; left > 0 && tasks.Times.TryTake(now, out var slot); left--)
            TimeCame(slot, now, draft);
        gone.Clear();
        while (gone.Count < bounds.Lapses && leases.TryLapse(now, gone))
        {
        }

        foreach (var held in gone)
            attempts.Lose(held, now, draft);
        while (rests.TryTake(now, out var node))
            EndRest(node, now);
    }

    /// <summary>Gives ready tasks to nodes with room, within the bounds of a round.</summary>
    public void Match(long now, CommitDraft draft) => hasMoreToAssign = !matching.Match(bounds.Assignments, now, draft);

    /// <inheritdoc cref="SlotDemands.Take"/>
    public IReadOnlyList<(string Node, SlotDemand Demand)> TakeDemands(long now) => demands.Take(now);

    /// <summary>The nodes to ask now what they had when their session began: here are leases of earlier ones.</summary>
    public IReadOnlyList<(string Node, long Session)> TakeQuestions()
    {
        if (inquiries.Count == 0)
            return [];
        var taken = inquiries.ToArray();
        inquiries.Clear();
        return taken;
    }

    /// <summary>
    /// The wall clock was set, by so many milliseconds: what counts from an earlier time counts on as if it had not
    /// been. Times of day, as <c>runAt</c> and <c>expiresAt</c> are, stay what they are; a backoff is never longer than
    /// its bound.
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

        leases.ClockStepped();
        matching.ClockStepped(by);
        demands.ClockStepped(by);
    }

    private DispatchNode Enter(SlotOffer offer)
    {
        var node = nodes.Get(offer.Node);
        node.EnterSession(offer.Session);
        return node;
    }

    private void Inquire(DispatchNode node, long now)
    {
        foreach (var held in node.Hold.All)
        {
            if (held.Session >= node.Session)
                continue;
            if (node.Inquiry.TryAsk(node.Session, now))
                inquiries.Enqueue((node.Id, node.Session));
            return;
        }
    }

    private void TakeBack(ImmutableArray<LeaseRef> refused, bool isUnable, long now, CommitDraft draft)
    {
        DispatchNode? refuser = null;
        foreach (var reference in refused)
        {
            if (!leases.TryFind(reference, out var held))
                continue;
            // What an earlier session gives back says nothing about this one.
            if (held.IsCurrent && refuser is null && held.Node.Rest.Refused(isUnable, now, random))
                rests.Add(held.Node, held.Node.Rest.Until);
            refuser ??= held.IsCurrent ? held.Node : null;
            attempts.PutBack(held, now, draft);
        }

        if (refuser is not null)
            nodes.Ranks.Update(refuser);
    }

    /// <summary>A node's rest is over: it is asked at once for what is wanted of it.</summary>
    private void EndRest(DispatchNode node, long now)
    {
        if (!node.Rest.TryEnd(now))
            return;
        node.Grant.Forget();
        nodes.Ranks.Update(node);
    }

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
