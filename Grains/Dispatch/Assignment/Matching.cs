using OrleansTasks.Queues;
using OrleansTasks.Tasks;

namespace OrleansTasks.Dispatch.Assignment;

/// <summary>
/// Assigns a queue's ready tasks and chunk runs to nodes with room, as the last step of every round: by priority,
/// highest first, then by order in the queue. A task goes to the least loaded node that meets its signature or, under
/// round robin, to the next such node by name. Tasks for which no node has room stay queued, and
/// <see cref="SlotDemands"/> asks nodes for slots. An assignment changes memory at once; its start command is sent
/// after the commit. Times are Unix milliseconds.
/// </summary>
internal sealed class Matching(
    OpenTasks tasks, NodeSet nodes, LeaseBook leases, OpenJobs jobs, ChunkRuns chunks, SlotDemands demands,
    QueueLimits limits, StartEstimates estimates)
{
    private readonly Stragglers stragglers = new(tasks, nodes);

    // The queue's own round-robin turn. Each round-robin job has a turn of its own.
    private readonly RingTurn queueTurn = new("");

    // Signatures of ready tasks for which a node has room, and those with tasks of the priority that is being assigned,
    // by the order of their first task. Used only within Match; fields to avoid allocations.
    private readonly HashSet<Signature> candidates = [];
    private readonly PriorityQueue<Signature, long> firsts = new();

    /// <summary>
    /// When to match again, because only the queue's start rate or a blackout holds tasks back;
    /// <see cref="long.MaxValue"/> if it holds back none.
    /// </summary>
    public long Next => limits.BlackoutUntil is { } end ? tasks.Counts.Queued > 0 ? end : long.MaxValue
        : RateHeldUntil is { } until && limits.Slots(tasks.Counts.Leased) > 0 ? until : long.MaxValue;

    /// <summary>
    /// The time until which the queue's start rate holds back ready tasks; null if it holds back none.
    /// </summary>
    public long? RateHeldUntil { get; private set; }

    /// <summary>
    /// Queues parked chunks, gives stragglers a second run, then assigns up to <paramref name="most"/> ready tasks.
    /// Returns false if it stopped at that bound while another task could be assigned, so that the caller runs another
    /// round at once. Second runs do not count towards the bound. During recovery, tasks after the last one read stay
    /// queued (<see cref="ReadyIndex"/>).
    /// </summary>
    public bool Match(int most, long now, CommitDraft draft)
    {
        var isComplete = MatchReady(most, now, draft);
        // Needed even if no node has room: slots are demanded only for tasks that may start.
        var isHeld = tasks.Counts.Queued > tasks.Counts.QueuedChunks && limits.Starts(now) == 0;
        RateHeldUntil = isHeld ? limits.NextStart : null;
        return isComplete;
    }

    /// <summary>Moves times by the number of milliseconds that the clock was set forward (negative: back).</summary>
    public void ClockStepped(long by)
    {
        stragglers.ClockStepped(by);
        RateHeldUntil += by;
    }

    private bool MatchReady(int most, long now, CommitDraft draft)
    {
        if (jobs.Count > 0)
        {
            jobs.Unpark(now);
            RunStragglersTwice(now, draft);
        }

        if (tasks.Counts.Queued == 0 || nodes.Ranks.IsEmpty)
            return true;
        do
        {
            tasks.HasNewReady = false;
            FindCandidates(now);
            if (!AssignReady(ref most, now, draft))
                return false;
        }
        while (tasks.HasNewReady);
        return true;
    }

    private void FindCandidates(long now)
    {
        candidates.Clear();
        var signatures = tasks.Ready.Signatures;
        foreach (var signature in signatures.Shared)
            AddCandidate(signature, now);
        // Either may be large: many nodes have room, or many tasks are pinned to nodes that are away.
        if (signatures.PinnedNodes.Count < nodes.Ranks.Count || nodes.Ranks.HasShaped)
        {
            foreach (var signature in signatures.Pinned)
                AddCandidate(signature, now);
            return;
        }

        foreach (var node in nodes.Ranks.Names)
        {
            foreach (var signature in signatures.PinnedTo(node))
                AddCandidate(signature, now);
        }
    }

    private void AddCandidate(Signature signature, long now)
    {
        if (signature.ReadyCount > 0 && IsAllowed(signature, now) && NodeFor(signature, avoid: null, now) is not null)
            candidates.Add(signature);
    }

    // Returns false if the bound stops it. Returns early if an assignment has made other tasks with its concurrency key
    // ready: they may come first, and their signatures may not be candidates.
    private bool AssignReady(ref int most, long now, CommitDraft draft)
    {
        for (var priority = ReadyIndex.HighestPriority; priority >= 0 && candidates.Count > 0; priority--)
        {
            firsts.Clear();
            foreach (var signature in candidates)
                ListFirst(signature, priority);
            while (firsts.TryDequeue(out var first, out var listed))
            {
                if (!tasks.Ready.TryFirst(first, priority, out var slot, out var order) || order != listed)
                {
                    ListFirst(first, priority);
                    continue;
                }

                ref var task = ref tasks[slot];
                // Assigning only uses up room and limits, so if this task fits nowhere, neither do others of its
                // signature.
                if (!IsAllowed(task.Signature, now)
                    || NodeFor(task.Signature, NodeToAvoid(in task), now) is not { } node)
                {
                    candidates.Remove(task.Signature);
                    continue;
                }

                if (most-- == 0)
                    return false;
                Assign(slot, node, now, draft);
                if (tasks.HasNewReady)
                    return true;
                ListFirst(first, priority);
            }
        }

        return true;
    }

    private void ListFirst(Signature signature, int priority)
    {
        if (tasks.Ready.TryFirst(signature, priority, out _, out var order))
            firsts.Enqueue(signature, order);
    }

    private bool IsAllowed(Signature signature, long now) =>
        limits.Slots(tasks.Counts.Leased) > 0 && (signature.IsOfChunks || limits.Starts(now) > 0);

    // The node that could not start the task's command in the last attempt, and probably still cannot.
    private static string? NodeToAvoid(in TaskSlot task) =>
        task.Detail is LastAttempt { Reason: EndReason.SpawnFailed } last ? last.Node : null;

    // Uses the node to avoid only as a last resort. Round robin ignores it.
    private DispatchNode? NodeFor(Signature signature, string? avoid, long now)
    {
        if (signature.Pin is { } only)
            return nodes.Ranks.Find(only, signature, now);
        return TurnOf(signature) is { } turn
            ? nodes.Ranks.NextInTurn(signature, turn.LastNode, now)
            : limits.Settings.Placement == Placement.Pack ? nodes.Ranks.MostLoaded(signature, now, avoid)
            : nodes.Ranks.LeastLoaded(signature, now, avoid);
    }

    // Returns null if tasks of the signature go to the least loaded node, or to a certain one.
    private RingTurn? TurnOf(Signature signature) => signature.Pin is not null ? null
        : signature.Ring ?? (limits.Settings.Placement == Placement.RoundRobin ? queueTurn : null);

    private void Assign(int slot, DispatchNode node, long now, CommitDraft draft)
    {
        ref var task = ref tasks[slot];
        if (TurnOf(task.Signature) is { } turn)
        {
            turn.LastNode = node.Id;
            demands.TurnMoved(task.Signature.IsOfChunks);
        }

        // Grant comes first: the start command and the task's row contain the attempt's number and token.
        var held = leases.Grant(ref task, slot, node, now);
        tasks.Move(ref task, slot, TaskTrigger.Assign);
        draft.For(node.Id, node.Session).Start.Add(leases.CommandFor(held, draft));
        tasks.Record(draft, ref task);
        limits.Start(task.Chunk is not null, now, draft);
        estimates.Started(in task, now);
    }

    // Gives one chunk of each job a second run on another node; the run that succeeds first ends the chunk. Does so
    // only if no task waits, so that no task loses room.
    private void RunStragglersTwice(long now, CommitDraft draft)
    {
        if (!stragglers.TryBeginLook(now))
            return;
        foreach (var job in jobs.All)
        {
            if (limits.Slots(tasks.Counts.Leased) > 0 && stragglers.TryFind(job, now, out var first, out var node))
                Assign(chunks.AddSecond(job, first, now), node, now, draft);
        }
    }
}
