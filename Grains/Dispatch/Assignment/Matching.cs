using OrleansTasks.Queues;
using OrleansTasks.Tasks;

namespace OrleansTasks.Dispatch.Assignment;

/// <summary>
/// Assigns a queue's ready tasks, and runs of data jobs' chunks, to nodes with room. <see cref="DispatchCore"/>
/// calls <see cref="Match"/> as the last step of every round. Tasks go by priority, highest first, then by their order
/// in the queue. Each goes to the least loaded node that meets its signature (what it asks of a node). If the queue's
/// placement or the job asks for round robin, it goes instead to the next node by name that meets the signature and has
/// a free slot; after the last name comes the first. A task for which no node has room stays queued, and
/// <see cref="SlotDemands"/> then asks nodes for slots. An assignment changes memory at once; its start command is in
/// the draft and is sent after the commit. If the commit fails, this object is dropped with the core.
/// Times are Unix milliseconds.
/// </summary>
internal sealed class Matching(
    OpenTasks tasks, NodeSet nodes, LeaseBook leases, OpenJobs jobs, ChunkRuns chunks, SlotDemands demands,
    QueueLimits limits)
{
    private readonly Stragglers stragglers = new(tasks, nodes);

    /// <summary>
    /// The turn (the node chosen last) of all tasks under the queue's round-robin placement, except chunks of jobs that
    /// have a turn of their own.
    /// </summary>
    private readonly RingTurn queueTurn = new("");

    /// <summary>
    /// The signatures of ready tasks for which a node with room was found. Filled and used within <see cref="Match"/>;
    /// a field only to save the allocation.
    /// </summary>
    private readonly List<Signature> candidates = [];

    /// <summary>
    /// When the next round must match, because tasks wait for the queue's rate of starts and no other limit;
    /// <see cref="long.MaxValue"/> when none does.
    /// </summary>
    public long Next => RateHeldUntil is { } until && limits.Slots(tasks.Counts.Leased) > 0 ? until : long.MaxValue;

    /// <summary>Until when the queue's rate of starts holds tasks that are ready; null when it holds none.</summary>
    public long? RateHeldUntil { get; private set; }

    /// <summary>
    /// Queues parked chunks, as far as their job may have more chunks open. Gives stragglers (chunks that take far
    /// longer than usual) a second run. Then assigns ready tasks until none is left that a node has room for, or
    /// <paramref name="most"/> are assigned. Returns false when it stopped at that bound although another task could be
    /// assigned: the caller runs another round at once. Second runs do not count in the bound. While the waiting tasks
    /// are read after a restart, those that come after the last one read stay queued (<see cref="ReadyIndex"/>).
    /// </summary>
    /// <param name="most">How many ready tasks to assign at most; at least 0.</param>
    /// <param name="now">The time.</param>
    /// <param name="draft">Receives the start commands and the changed tasks.</param>
    public bool Match(int most, long now, CommitDraft draft)
    {
        var isComplete = MatchReady(most, now, draft);
        // Also when no node has room: a node is asked for slots only for tasks that may start.
        var isHeld = tasks.Counts.Queued > tasks.Counts.QueuedChunks && limits.Starts(now) == 0;
        RateHeldUntil = isHeld ? limits.NextStart : null;
        return isComplete;
    }

    /// <summary>The wall clock was set forward by <paramref name="by"/> milliseconds (negative: back).</summary>
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
        foreach (var signature in tasks.Ready.Signatures.All)
        {
            if (signature.ReadyCount > 0 && IsAllowed(signature, now) && NodeFor(signature, avoid: null) is not null)
                candidates.Add(signature);
        }
    }

    // False when the bound stops it. Ends early when a start has made other tasks with its concurrency key ready: they may
    // come before the rest, and may be of signatures that were no candidates.
    private bool AssignReady(ref int most, long now, CommitDraft draft)
    {
        for (var priority = ReadyIndex.HighestPriority; priority >= 0 && candidates.Count > 0; priority--)
        {
            while (tasks.Ready.TryFirst(candidates, priority, out var slot))
            {
                ref var task = ref tasks[slot];
                // Assigning only uses up room and what the queue's limits allow, so a signature that finds no node now
                // finds none for its other tasks either.
                if (!IsAllowed(task.Signature, now) || NodeFor(task.Signature, NodeToAvoid(in task)) is not { } node)
                {
                    candidates.Remove(task.Signature);
                    continue;
                }

                if (most-- == 0)
                    return false;
                Assign(slot, node, now, draft);
                if (tasks.HasNewReady)
                    return true;
            }
        }

        return true;
    }

    /// <summary>Whether the queue's limits allow to start one more of a signature's tasks.</summary>
    private bool IsAllowed(Signature signature, long now) =>
        limits.Slots(tasks.Counts.Leased) > 0 && (signature.IsOfChunks || limits.Starts(now) > 0);

    /// <summary>
    /// Returns the name of the node on which the task's command could not be started in the last attempt, because it
    /// probably cannot be started there now; null when the last attempt did not end so.
    /// </summary>
    private static string? NodeToAvoid(in TaskSlot task) =>
        task.Detail is LastAttempt { Reason: EndReason.SpawnFailed } last ? last.Node : null;

    /// <summary>
    /// Returns the node for the next task of a signature; null when no node with room meets the signature. The node
    /// named <paramref name="avoid"/> is chosen only if no other one will do. Round robin ignores
    /// <paramref name="avoid"/>, and so may choose that node again.
    /// </summary>
    private DispatchNode? NodeFor(Signature signature, string? avoid) => TurnOf(signature) is { } turn
        ? nodes.Ranks.NextInTurn(signature, turn.LastNode)
        : nodes.Ranks.LeastLoaded(signature, avoid);

    /// <summary>
    /// Returns the turn by which tasks of a signature go round; null when they go to the least loaded node.
    /// </summary>
    private RingTurn? TurnOf(Signature signature) => signature.Ring ?? (limits.Settings.Placement == Placement.RoundRobin ? queueTurn : null);

    private void Assign(int slot, DispatchNode node, long now, CommitDraft draft)
    {
        ref var task = ref tasks[slot];
        if (TurnOf(task.Signature) is { } turn)
        {
            turn.LastNode = node.Id;
            demands.TurnMoved(task.Signature.IsOfChunks);
        }

        // Grant comes first, because the start command and the task's row contain the attempt's number and token.
        var held = leases.Grant(ref task, slot, node, now);
        tasks.Move(ref task, slot, TaskTrigger.Assign);
        draft.For(node.Id, node.Session).Start.Add(leases.CommandFor(held, draft));
        tasks.Record(draft, ref task);
        limits.Start(task.Chunk is not null, now, draft);
    }

    /// <summary>
    /// Gives each job's slowest straggler, if any, a second run on another node; the chunk ends with the run that
    /// succeeds first. Happens only when no task waits, so second runs take room from no task.
    /// </summary>
    private void RunStragglersTwice(long now, CommitDraft draft)
    {
        if (!stragglers.IsTime(now))
            return;
        foreach (var job in jobs.All)
        {
            if (limits.Slots(tasks.Counts.Leased) > 0 && stragglers.TryFind(job, now, out var first, out var node))
                Assign(chunks.AddSecond(job, first, now), node, now, draft);
        }
    }
}
