using OrleansTasks.Events;
using OrleansTasks.Files;
using OrleansTasks.Jobs;
using OrleansTasks.Queues;
using OrleansTasks.Tasks;
using OrleansTasks.Workflows;

namespace OrleansTasks.Storage.Memory;

/// <summary>
/// A task store in memory for tests and simulations: the same calls give the same answers, and <see cref="Faults"/>
/// makes it fail on purpose. It outlives its users as a disk outlives a process: what is committed stays. Safe for
/// several threads.
/// </summary>
/// <param name="time">The clock that latency and retention go by.</param>
/// <param name="events">Gets the events of schedules; null when nobody reads them.</param>
/// <param name="audit">Gets who asked for changes; null when nobody reads it.</param>
/// <param name="files">The index of files, which commits tell what tasks name; null for one of its own.</param>
public sealed class MemoryTaskStore(
    TimeProvider time, MemoryResourceEventStore? events = null, MemoryAuditStore? audit = null, MemoryFileIndex? files = null) : ITaskStore
{
    private readonly Lock gate = new();
    private readonly MemoryData data = new() { Files = files ?? new MemoryFileIndex() };
    private readonly WriteLine line = new(time);
    private bool failing;

    /// <inheritdoc/>
    public int MaxQueues { get; set; } = int.MaxValue;

    /// <summary>What goes wrong.</summary>
    public MemoryStoreFaults Faults { get; } = new();

    /// <summary>The index of files, which commits tell what tasks name.</summary>
    public MemoryFileIndex Files => data.Files;

    /// <inheritdoc/>
    public IJobStore Jobs => new MemoryJobStore(this);

    /// <inheritdoc/>
    public IScheduleStore Schedules => new MemoryScheduleStore(this);

    /// <inheritdoc/>
    public IWorkflowStore Workflows => new MemoryWorkflowStore(this);

    /// <inheritdoc/>
    public IRolloutStore Rollouts => new MemoryRolloutStore(this);

    /// <inheritdoc/>
    public IUndoStore Undo => new MemoryUndoStore(this);

    /// <inheritdoc/>
    public IKeptArtifactStore Artifacts => new MemoryKeptArtifactStore(this);

    /// <inheritdoc/>
    public StoreHealth Health =>
        failing ? StoreHealth.Failing : Faults.LowSpace ? StoreHealth.LowSpace : StoreHealth.Healthy;

    /// <summary>Keeps every write waiting, as a stalled disk does, until <see cref="Release"/>.</summary>
    public void Hold() => line.Hold();

    /// <summary>Lets writes through again; those that wait go first, in their order.</summary>
    public void Release() => line.Release();

    /// <inheritdoc/>
    public Task<QueueOwnership> TakeEpoch(string queue, long? expected, CancellationToken cancellation) =>
        Write(() =>
        {
            cancellation.ThrowIfCancellationRequested();
            return data.TakeEpoch(queue, expected, MaxQueues);
        });

    /// <inheritdoc/>
    public bool IsExclusive => true;

    /// <inheritdoc/>
    public Task<bool> Prove(int queueNo, long epoch) => Write(() => data.Find(queueNo)?.Epoch == epoch);

    /// <inheritdoc/>
    public Task<CommitResult> Commit(QueueCommit commit) => Write(() =>
    {
        var fault = Faults.Take(commit);
        var result = fault switch
        {
            CommitFault.None or CommitFault.UnknownLanded => Apply(commit),
            CommitFault.Refuse => new CommitResult(CommitOutcome.Refused, "The store was told to refuse it."),
            _ => new CommitResult(CommitOutcome.Failed, "The store was told to fail."),
        };
        failing = fault is not (CommitFault.None or CommitFault.Refuse);
        return fault is CommitFault.UnknownLanded or CommitFault.UnknownLost
            ? new CommitResult(CommitOutcome.Unknown, "The store was told not to know.")
            : result;
    });

    /// <inheritdoc/>
    public Task<ImmutableArray<OpenTask>> LoadLeased(int queueNo, CancellationToken cancellation) =>
        Read(() => ToArray(data.Find(queueNo)?.Leased.Values, task => task.ToOpen()));

    /// <inheritdoc/>
    public Task<ImmutableArray<OpenTask>> LoadWaiting(
        int queueNo, int priority, long order, int limit, CancellationToken cancellation) => Read(() => ToArray(
            data.Find(queueNo)?.Waiting
                .Where(t => t.Key.CompareTo((9 - priority, priority > 9 ? long.MaxValue : order)) > 0)
                .Take(limit)
                .Select(t => t.Value),
            task => task.ToOpen()));

    /// <inheritdoc/>
    public Task<int> CountWaiting(int queueNo) => Read(() => data.Find(queueNo)?.Waiting.Count ?? 0);

    /// <inheritdoc/>
    public Task<ImmutableArray<IdempotencyEntry>> FindIdempotent(ImmutableArray<ReadOnlyMemory<byte>> keys, long now) =>
        Read(() => keys.Select(key => data.FindKnown(key, now)).OfType<IdempotencyEntry>().ToImmutableArray());

    /// <inheritdoc/>
    public Task<ImmutableArray<OpenTask>> Find(int queueNo, ImmutableArray<TaskId> ids) =>
        Read(() => ToArray(Stored(ids).Where(task => task.Queue.No == queueNo), task => task.ToOpen()));

    /// <inheritdoc/>
    public Task<ImmutableArray<StoredSpec>> ReadSpecs(ImmutableArray<TaskId> ids) =>
        Read(() => ToArray(Stored(ids), task => task.ToSpec()));

    /// <inheritdoc/>
    public Task<ImmutableArray<QueueStatus>> ListQueues() =>
        Read(() => ToArray(data.Queues, queue => queue.ToStatus()));

    /// <inheritdoc/>
    public Task<ImmutableArray<string>> ListUnused() => Read(() => ToArray(
        data.Queues.Where(data.IsUnused).OrderBy(static queue => queue.No), static queue => queue.Name));

    /// <inheritdoc/>
    public Task<TaskRecord?> Get(TaskId id) => Read(() => data.Tasks.GetValueOrDefault(id)?.ToRecord());

    /// <inheritdoc/>
    public Task<ImmutableArray<TaskRecord>> List(
        TaskFilter filter, TaskId? before, int limit, CancellationToken cancellation = default) => Read(() => ToArray(
        data.Tasks.Values.Reverse().Where(task => before is null || task.Row.Id < before.Value)
            .Where(task => task.Matches(filter)).Take(limit),
        task => task.ToRecord()));

    /// <inheritdoc/>
    public Task<ImmutableArray<TaskRecord>?> ListBy(TaskListQuery query, CancellationToken cancellation = default) =>
        Read(() => MemoryFilter.ListBy(data.Tasks.Values, query));

    /// <inheritdoc/>
    public Task<TaskHistogram> Histogram(TaskHistogramQuery query, CancellationToken cancellation = default) =>
        Read(() => MemoryFilter.Histogram([.. data.Tasks.Values.Where(task => task.Matches(query.Filter))], query));

    /// <inheritdoc/>
    public Task<TaskSummary> Summarize(TaskFilter filter, CancellationToken cancellation = default) =>
        Read(() => MemoryFilter.Summarize(data.Tasks.Values.Where(task => task.Matches(filter))));

    /// <inheritdoc/>
    public Task<ImmutableArray<TaskMatch>> Match(
        TaskFilter filter, TaskId? after, int limit, CancellationToken cancellation = default) => Read(() => ToArray(
        data.Tasks.Values.Where(task => after is null || task.Row.Id > after.Value)
            .Where(task => task.Matches(filter)).Take(limit),
        static task => new TaskMatch(task.Row.Id, task.Queue.Name, task.Row.State)
        {
            IsCancelRequested = task.Row.CancelRequestedAt != 0,
            IsQuarantined = task.Row.IsQuarantined,
            HadSecrets = !task.Submission.SecretEnv.IsEmpty,
            IsWorkflowNode = task.Submission.WorkflowNode is not null,
        }));

    /// <inheritdoc/>
    public Task<ImmutableArray<StoredFailures>> Failures(
        FailureQuery query, CancellationToken cancellation = default) =>
        Read(() => MemoryFailures.Group(data.Tasks.Values, query));

    /// <inheritdoc/>
    public Task<ImmutableArray<AttemptRecord>?> Attempts(TaskId id) =>
        Read(() => data.Tasks.GetValueOrDefault(id)?.ToAttempts());

    /// <inheritdoc/>
    public Task<ReadOnlyMemory<byte>> ReadResult(TaskId id) =>
        Read(() => data.Tasks.GetValueOrDefault(id) is { } task ? task.Value : default);

    /// <inheritdoc/>
    public Task<StoredOutput?> FindOutput(TaskId id, int attempt) =>
        Read(() => data.Tasks.GetValueOrDefault(id)?.FindOutput(attempt));

    /// <inheritdoc/>
    public Task<ImmutableArray<EventPosition>> EventPositions() =>
        Read(() => ToArray(data.Queues, queue => queue.ToPosition()));

    /// <inheritdoc/>
    public Task<EventLogPage> ReadEventLog(long after, int limit) => Read(() => data.ReadLog(after, limit));

    /// <inheritdoc/>
    public Task<ImmutableArray<EventRecord>> ReadEvents(string queue, long after, int limit) =>
        Read(() => ToArray(
        data.Find(queue)?.Events.Where(record => record.Sequence > after).Take(limit), record => record with { Number = 0 }));

    /// <inheritdoc/>
    public Task<ImmutableArray<TaskId>> Prune(long endedBefore, long failedBefore, int limit) => Write(() =>
    {
        data.Workflows.RemoveEnded(failedBefore);
        foreach (var rollout in data.Rollouts.RemoveEnded(failedBefore))
            _ = data.Files.RemoveUses(new FileUse(FileUseKind.Rollout, rollout.ToString()));
        var old = Removable().Where(task => !data.Workflows.Has(task.Queue.No, task.Row.No))
            .Where(task => task.Row.EndedAt < (task.Row.State == TaskState.Succeeded ? endedBefore : failedBefore))
            .Take(limit).ToList();
        old.ForEach(data.Remove);
        data.Trim(time.GetUtcNow().ToUnixTimeMilliseconds());
        return ToArray(old, task => task.Row.Id);
    });

    /// <inheritdoc/>
    public Task<ImmutableArray<TaskId>> DropOutput(long keepBytes, int limit) => Write(() =>
    {
        var excess = Removable().Sum(task => task.FiledBytes()) - keepBytes;
        var dropped = ImmutableArray.CreateBuilder<TaskId>();
        foreach (var task in Removable().Where(task => task.FiledBytes() > 0))
        {
            if (excess <= 0 || dropped.Count == limit)
                break;
            excess -= task.FiledBytes();
            task.DropOutput();
            dropped.Add(task.Row.Id);
        }

        return dropped.ToImmutable();
    });

    private CommitResult Apply(QueueCommit commit)
    {
        var result = data.Apply(commit);
        if (result.Outcome == CommitOutcome.Committed)
        {
            foreach (var change in commit.Resources)
                events?.Add(commit.At, change.Kind, change.Id, change.State);
            foreach (var record in commit.Audit)
                audit?.Add(commit.QueueNo, record);
        }

        return result;
    }

    private static ImmutableArray<TResult> ToArray<T, TResult>(IEnumerable<T>? items, Func<T, TResult> select) =>
        items is null ? [] : [.. items.Select(select)];

    private IEnumerable<StoredTask> Stored(ImmutableArray<TaskId> ids) =>
        ids.Select(id => data.Tasks.GetValueOrDefault(id)).OfType<StoredTask>();

    private List<StoredTask> Removable() =>
    [
        .. data.Tasks.Values.Where(t => t.Row.State.IsFinal() && !IsOwned(t.Row.Id)).OrderBy(t => t.Row.EndedAt).ThenBy(t => t.Row.Id),
    ];

    private bool IsOwned(TaskId task) => data.Jobs.Find(SourceTaskId.JobOf(task)) is { State: JobState.Running };

    private Task<T> Write<T>(Func<T> write) => line.Run(Faults.Latency, () =>
    {
        lock (gate)
            return write();
    });

    internal Task<T> ReadJobs<T>(Func<MemoryJobs, T> read) => Read(() => read(data.Jobs));

    internal Task<T> ReadSchedules<T>(Func<MemorySchedules, Func<TaskId, TaskState?>, T> read) =>
        Read(() => read(
            data.Schedules,
            id => data.Tasks.GetValueOrDefault(id)?.Row.State ?? data.Workflows.Find(id)?.Row.State.ToTaskState()
                ?? data.Jobs.Find(id)?.State.ToEvent()));

    internal Task<T> Read<T>(Func<MemoryData, T> read) => Read(() => read(data));

    internal Task<T> ReadWorkflows<T>(Func<MemoryWorkflows, T> read) => Read(() => read(data.Workflows));

    /// <summary>The nodes of a stored workflow.</summary>
    internal Task<ImmutableArray<WorkflowNodeRow>> Nodes(TaskId id) => Read(() => data.NodesOf(id));

    /// <summary>What the commands of nodes can find.</summary>
    internal Task<ImmutableArray<StoredInputs>> Inputs(ImmutableArray<TaskId> tasks, int mostBytes) =>
        Read(() => ToArray(
            Stored(tasks).Where(static task => task.Submission.WorkflowNode is not null),
            task => data.InputsOf(task, mostBytes)));

    internal Task<T> WriteJobs<T>(Func<MemoryJobs, T> write) => Write(() => write(data.Jobs));

    internal Task<T> Write<T>(Func<MemoryData, T> write) => Write(() => write(data));

    private Task<T> Read<T>(Func<T> read)
    {
        if (Faults.FailReads)
            return Task.FromException<T>(new StoreUnavailableException("The store was told not to be read."));
        lock (gate)
            return Task.FromResult(read());
    }
}
