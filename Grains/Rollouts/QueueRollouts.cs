using OrleansTasks.Files;
using OrleansTasks.Schedules;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Rollouts;

/// <summary>
/// The rollouts of a queue that have not ended: handles users' requests, follows the ends of their tasks, and starts
/// tasks when nodes have their turn. One commit stores a task and the node that gets it, so no node is given the
/// command twice, whenever the owner of the queue is lost. Times are Unix milliseconds.
/// </summary>
internal sealed class QueueRollouts(
    OpenTasks tasks, Admission admission, TaskCancels cancels, NodeSet nodes, OccurrenceIds ids, StoreSpace space,
    RoundBounds bounds)
    : IDispatchModule, IEndListener
{
    private readonly Dictionary<TaskId, LiveRollout> byId = [];
    private readonly Dictionary<TaskId, LiveRollout> byTask = [];

    // The fleet that the rollouts have seen.
    private long fleetVersion = -1;

    /// <summary>Number of rollouts that have not ended.</summary>
    public int Count => byId.Count;

    /// <inheritdoc/>
    public long Next
    {
        get
        {
            if (byId.Count > 0 && MayWork && fleetVersion != nodes.FleetVersion)
                return 0;
            var next = long.MaxValue;
            foreach (var rollout in byId.Values)
            {
                if (MayAdvance(rollout.Core))
                    next = Math.Min(next, rollout.Core.Next);
            }

            return next;
        }
    }

    // False while recovery reads waiting tasks, and until the fleet has listed all nodes: those that it has not listed
    // would seem to be away.
    private bool MayWork => space.MayGrow && tasks.Ready.IsComplete && nodes.IsComplete;

    // A cancel starts nothing, and finds all tasks once recovery has read them.
    private bool MayAdvance(RolloutCore rollout) =>
        rollout.Row.CancelRequestedAt != 0 ? tasks.Ready.IsComplete : MayWork;

    /// <summary>
    /// Loads a stored rollout when the queue is loaded. Returns the tasks that have not ended as far as the rollout
    /// knows. Throws <see cref="FormatException"/> if its body cannot be read.
    /// </summary>
    public IReadOnlyCollection<TaskId> Load(StoredRollout stored, ImmutableArray<RolloutNodeRow> rows)
    {
        var template = new RolloutTemplate(stored.Row.Id, stored.Spec, stored.SecretEnv);
        return Enter(new LiveRollout(new RolloutCore(stored.Row, template.Plan, rows), template)).Core.Open;
    }

    /// <summary>Returns whether a rollout has not ended.</summary>
    public bool IsOpen(TaskId id) => byId.ContainsKey(id);

    /// <summary>Starts a rollout, which is new.</summary>
    public RolloutOutcome Start(RolloutRequest request, long now, CommitDraft draft)
    {
        if (byId.Count >= ServiceLimits.OpenRollouts)
            return RolloutOutcome.QueueFull;
        admission.TakeIntoUse(draft);
        var no = tasks.NextNo();
        var template = new RolloutTemplate(request.Id, request.Spec, request.SecretEnv);
        var row = new RolloutRow(
            no, request.Id, template.Name, request.Nodes.Length, now, !request.SecretEnv.IsEmpty);
        RolloutNodeRow[] rows = [.. request.Nodes.Select((node, place) => new RolloutNodeRow(no, place, node))];
        draft.Rollouts.Add(row, rows, request.Spec, request.SecretEnv);
        if (template.NamedFiles is { IsEmpty: false } files)
            draft.Name(new FileUse(FileUseKind.Rollout, request.Id.ToString()), files);
        Enter(new LiveRollout(new RolloutCore(row, template.Plan, rows), template));
        return RolloutOutcome.Done;
    }

    /// <summary>
    /// Resumes, cancels or retries a rollout that has not ended. <paramref name="changes"/> is how much changes, for
    /// the audit.
    /// </summary>
    public RolloutOutcome Control(RolloutAction action, TaskId id, long now, out int changes)
    {
        changes = 0;
        if (!byId.TryGetValue(id, out var rollout))
            return RolloutOutcome.Finished;
        var core = rollout.Core;
        switch (action)
        {
            case RolloutAction.Cancel:
                changes = core.Cancel(now) ? 1 : 0;
                return RolloutOutcome.Done;
            case RolloutAction.Resume:
                changes = core.Row.State == RolloutState.Halted ? 1 : 0;
                core.Resume();
                return RolloutOutcome.Done;
            default:
                changes = core.Retry();
                return changes > 0 ? RolloutOutcome.Done : RolloutOutcome.NotRetryable;
        }
    }

    /// <summary>
    /// Reopens a rollout that has ended, to retry its failed nodes. One whose stored body cannot be read is never
    /// reopened.
    /// </summary>
    public RolloutOutcome Reopen(StoredRollout stored, ImmutableArray<RolloutNodeRow> rows, out int changes)
    {
        changes = 0;
        if (stored.Row.HadSecrets)
            return RolloutOutcome.SecretsGone;
        if (byId.Count >= ServiceLimits.OpenRollouts)
            return RolloutOutcome.QueueFull;
        if (TryRead(stored) is not { } template)
            return RolloutOutcome.NotRetryable;
        var core = new RolloutCore(stored.Row, template.Plan, rows);
        changes = core.Retry();
        if (changes == 0)
            return RolloutOutcome.NotRetryable;
        Enter(new LiveRollout(core, template));
        return RolloutOutcome.Done;
    }

    /// <inheritdoc/>
    public void Tick(long now, CommitDraft draft)
    {
        if (byId.Count == 0)
            return;
        Advance(now, draft);
        // Even if nothing may be started, the ends of tasks are part of this commit.
        foreach (var rollout in byId.Values)
        {
            if (!rollout.Core.HasChanges)
                continue;
            rollout.Core.Flush(draft.Rollouts);
            if (rollout.Core.Row.State.IsFinal())
                byId.Remove(rollout.Core.Row.Id);
        }
    }

    /// <summary>Follows the end of a rollout's task.</summary>
    public void Ended(in WorkEnd end, long now, CommitDraft draft) => Ended(end.Id, end.State);

    /// <summary>Follows the end of a rollout's task, which was stored when the queue was loaded.</summary>
    public void Ended(TaskId task, TaskState state)
    {
        if (byTask.Count > 0 && byTask.Remove(task, out var rollout))
            rollout.Core.Ended(task, state);
    }

    /// <inheritdoc/>
    public void ClockStepped(long by, long now)
    {
        foreach (var rollout in byId.Values)
            rollout.Core.ClockStepped(by);
    }

    private static RolloutTemplate? TryRead(StoredRollout stored)
    {
        try
        {
            return new RolloutTemplate(stored.Row.Id, stored.Spec, default);
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private void Advance(long now, CommitDraft draft)
    {
        var isNewFleet = MayWork && fleetVersion != nodes.FleetVersion;
        if (isNewFleet)
            fleetVersion = nodes.FleetVersion;
        var most = bounds.Items;
        foreach (var rollout in byId.Values)
        {
            if (isNewFleet)
                rollout.Core.FleetChanged();
            if (MayAdvance(rollout.Core) && rollout.Core.Next <= now && most > 0)
                rollout.Core.Advance(now, ref most, new RolloutRound(this, rollout, now, draft));
        }
    }

    private LiveRollout Enter(LiveRollout rollout)
    {
        byId.Add(rollout.Core.Row.Id, rollout);
        foreach (var task in rollout.Core.Open)
            byTask.Add(task, rollout);
        return rollout;
    }

    private bool Accepts(string node) => nodes.Find(node) is { Accepts: true };

    private bool IsWaiting(TaskId task) => tasks.TryFind(task, out var slot) && !tasks[slot].State.IsLeased();

    private TaskId Start(LiveRollout rollout, string node, long now, CommitDraft draft)
    {
        var id = ids.Next(now);
        tasks.Accept(rollout.Template.Make(id, node), batch: null, now, draft);
        byTask.Add(id, rollout);
        return id;
    }

    private bool IsUnstarted(TaskId task) => tasks.TryFind(task, out var slot)
        && !tasks[slot].State.IsLeased() && tasks[slot].Attempt == 0;

    private bool Cancel(TaskId task, long now, CommitDraft draft)
    {
        var isUnstarted = IsUnstarted(task);
        cancels.Cancel(task, now, draft);
        return isUnstarted;
    }

    private sealed record LiveRollout(RolloutCore Core, RolloutTemplate Template);

    /// <summary>The queue in one round, for one rollout.</summary>
    private sealed class RolloutRound(QueueRollouts owner, LiveRollout rollout, long now, CommitDraft draft)
        : IRolloutQueue
    {
        public bool Accepts(string node) => owner.Accepts(node);

        public bool IsWaiting(TaskId task) => owner.IsWaiting(task);

        public bool IsUnstarted(TaskId task) => owner.IsUnstarted(task);

        public TaskId Start(string node) => owner.Start(rollout, node, now, draft);

        public bool Cancel(TaskId task) => owner.Cancel(task, now, draft);
    }
}
