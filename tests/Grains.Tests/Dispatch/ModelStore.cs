using OrleansTasks.Queues;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Grains.Tests.Dispatch;

/// <summary>
/// The plainest store there can be, which checks every commit: whatever a dispatcher decides, the rules of a task's life must hold.
/// </summary>
internal sealed class ModelStore
{
    private readonly Dictionary<LeaseToken, (TaskId Task, int Attempt)> tokens = [];
    private readonly int[] counts = new int[TaskStates.All.Length];
    private readonly HashSet<TaskId> leased = [];
    private bool hasJobs;

    public Dictionary<TaskId, StoredTask> Tasks { get; } = [];

    public Dictionary<string, IdempotencyEntry> Idempotency { get; } = [];

    public ModelSchedules Schedules { get; } = new();

    public ModelWorkflows Workflows { get; } = new();

    public ModelRollouts Rollouts { get; } = new();

    public ModelJobs Jobs { get; } = new();

    /// <summary>The events of schedules, workflows and rollouts, in order.</summary>
    public List<ResourceChange> Resources { get; } = [];

    public long Epoch { get; set; } = 1;

    public long Sequence { get; private set; }

    public long LastNo { get; private set; }

    public long StartsFrom { get; private set; }

    public bool IsRetired { get; private set; }

    public IEnumerable<OpenTask> Leased =>
        leased.Select(id => Tasks[id]).OrderBy(static task => task.Row.No).Select(static task => task.Open);

    public IEnumerable<OpenTask> Waiting =>
        Tasks.Values.Where(task => !task.Row.State.IsLeased() && !task.Row.State.IsFinal()).Select(task => task.Open)
            .OrderByDescending(task => task.Priority).ThenBy(task => task.Row.Order);

    public void Apply(CommitDraft draft, DispatchCore core, bool isRead = true)
    {
        if (draft.IsEmpty)
        {
            Assert.Empty(draft.Events);
            return;
        }

        Assert.Equal(Epoch, core.Epoch);
        Assert.True(core.LastNo >= LastNo, "The last number stepped back.");
        LastNo = core.LastNo;
        StartsFrom = draft.StartsFrom ?? StartsFrom;
        IsRetired = draft.IsRetired ?? IsRetired;
        Sequence++;
        foreach (var entry in draft.Idempotency)
            Assert.True(Idempotency.TryAdd(Convert.ToHexString(entry.Key.Span), entry), "An idempotency key was stored twice.");
        var moves = draft.Events.ToLookup(static entry => entry.Task);
        foreach (var write in draft.Writes)
            Apply(write, [.. moves[write.Row.Id].Select(static entry => entry.State)]);
        foreach (var entry in draft.Events)
            Assert.True(entry.IsJob || Tasks.ContainsKey(entry.Task), "An event names a task that is not stored.");
        Resources.AddRange(draft.Resources);
        if (draft.ChangesSchedules)
            Schedules.Apply(draft.Schedules.ToCommit());
        Workflows.Apply(draft, Tasks);
        Rollouts.Apply(draft, Tasks);
        Jobs.Apply(draft.Jobs);
        // Chunks count among what is queued and running, and are no tasks here.
        hasJobs |= draft.Jobs.Count > 0;
        if (isRead && !hasJobs)
            CheckCounts(core.Status);
    }

    private void CheckCounts(QueueStatus status)
    {
        Assert.Equal(counts[(int)TaskState.Scheduled], status.Scheduled);
        Assert.Equal(counts[(int)TaskState.Queued], status.Queued);
        Assert.Equal(counts[(int)TaskState.Assigned] + counts[(int)TaskState.Running], status.Running);
    }

    private void Apply(TaskWrite write, TaskState[] moves)
    {
        var row = write.Row;
        var isNew = write.New is not null;
        Assert.Equal(isNew, !Tasks.TryGetValue(row.Id, out var task));
        if (task is null)
            Tasks.Add(row.Id, task = new StoredTask(write.New!));
        else
            Assert.Equal(task.Row.No, row.No);
        CheckMoves(isNew ? null : task.Row.State, moves, row.State);
        CheckRow(row, task.Submission.IsForEach || task.Submission.IsJob);
        CheckAttempts(task, row, write, isNew ? default : task.Row);
        task.History.AddRange(moves);
        if (!isNew)
            counts[(int)task.Row.State]--;
        counts[(int)row.State]++;
        if (row.State.IsLeased())
            leased.Add(row.Id);
        else
            leased.Remove(row.Id);
        task.Row = row;
        task.ReservedMemory = write.ReservedMemory > 0 ? write.ReservedMemory : task.ReservedMemory;
        task.SecretsDropped |= write.DropSecrets;
        Assert.True(task.SecretsDropped == (row.State.IsFinal() && !task.Submission.SecretEnv.IsEmpty) || !row.State.IsFinal());
    }

    private static void CheckMoves(TaskState? from, TaskState[] moves, TaskState to)
    {
        foreach (var move in moves)
        {
            if (from is null)
                Assert.True(move is TaskState.Scheduled or TaskState.Queued, $"A new task begins as {move}.");
            else
                Assert.True(TaskTransitions.All.Any(known => known.From == from && known.To == move), $"{from} became {move}.");
            from = move;
        }

        Assert.Equal(from, to);
    }

    private static void CheckRow(TaskRow row, bool isJoin)
    {
        Assert.True(row.State.IsFinal() == (row.EndedAt != 0), $"{row.State} with an end at {row.EndedAt}.");
        Assert.True(row.State == TaskState.Scheduled == (row.DueAt != 0), $"{row.State} due at {row.DueAt}.");
        if (row.State.IsLeased())
            Assert.True(row.Token != default && row.Node is not null && row.NodeSession > 0 && row.Attempt > 0, $"{row} has no lease.");
        if (row.State == TaskState.Assigned)
            Assert.Equal(0, row.StartedAt);
        if (row.State == TaskState.Running)
            Assert.NotEqual(0, row.StartedAt);
        if (row.State.IsFinal())
            Assert.NotEqual(EndReason.None, row.Reason);
        if (row.State == TaskState.Succeeded && !isJoin)
            Assert.Equal((EndReason.Exit, 0), (row.Reason, row.ExitCode));
    }

    private void CheckAttempts(StoredTask task, TaskRow row, TaskWrite write, TaskRow before)
    {
        var policy = task.Submission.Retry;
        var failures = new FailureCounts(row.Failures);
        Assert.InRange(failures[FailureCause.None], 0, policy.MaxAttempts);
        for (var cause = FailureCause.Exit; cause < FailureCause.NodeLost; cause++)
            Assert.InRange(failures[cause], 0, policy.Rules?.BudgetOf(cause) ?? 0);
        Assert.InRange(row.NodeLosses, 0, policy.Rules?.BudgetOf(FailureCause.NodeLost) is > 0 and var losses ? losses : 6);
        Assert.Equal(row.State == TaskState.Failed && before.State != TaskState.Failed, write.Fingerprint is not null);
        Assert.Equal(before.State == TaskState.Failed && row.State != TaskState.Failed, write.ForgetsFailure);
        Assert.True(row.Attempt >= task.Started, $"Attempt {row.Attempt} after {task.Started} had started.");
        if (row.State.IsLeased() && row.Token != before.Token)
        {
            Assert.True(tokens.TryAdd(row.Token, (row.Id, row.Attempt)), "A token was given twice.");
            Assert.True(row.Attempt > task.Started, $"Attempt {row.Attempt} is given again after it had started.");
        }

        if (row.State.IsLeased())
            Assert.Equal((row.Id, row.Attempt), tokens[row.Token]);
        if (row.State == TaskState.Running)
            task.Started = Math.Max(task.Started, row.Attempt);
        if (write.Superseded is { } ended)
        {
            Assert.True(ended.State.IsFinal() && ended.Reason != EndReason.None, $"{ended} has not ended.");
            task.Attempts.TryAdd(ended.Attempt, ended);
        }

        if (write.Result is { } result)
            Assert.True(
                result.Lease.Token == row.Token || result.Lease.Token == write.Superseded?.Token, "A result of another attempt was taken.");
        for (var attempt = 1; attempt < row.Attempt; attempt++)
            Assert.True(task.Attempts.ContainsKey(attempt), $"Attempt {attempt} of {row.Attempt} is not described anywhere.");
    }
}
