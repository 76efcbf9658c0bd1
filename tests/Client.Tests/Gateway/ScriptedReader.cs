using System.Collections.Concurrent;
using System.Collections.Immutable;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Tests.Gateway;

/// <summary>What the gateway can read, as a test has put it there.</summary>
internal sealed class ScriptedReader : ITaskReaderGrain
{
    private readonly ConcurrentDictionary<TaskId, TaskRecord> tasks = new();
    private readonly ConcurrentDictionary<(TaskId, int, OutputStream), Func<long, int, OutputPage>> generated = new();
    private readonly ConcurrentDictionary<(TaskId, int, OutputStream), byte[]> outputs = new();

    /// <summary>Throws what every read is to throw.</summary>
    public Action? OnRead { get; set; }

    /// <summary>Is told the offset of each read of output before it.</summary>
    public Action<long>? OnOutput { get; set; }

    public int Reads { get; private set; }

    public TaskFilter? LastFilter { get; private set; }

    public void Put(TaskRecord task) => tasks[task.Id] = task;

    public void Write(TaskId id, int attempt, OutputStream stream, byte[] bytes) =>
        outputs.AddOrUpdate((id, attempt, stream), bytes, (_, before) => [.. before, .. bytes]);

    public Task<TaskRecord?> Get(TaskId id)
    {
        Reads++;
        OnRead?.Invoke();
        return Task.FromResult(tasks.GetValueOrDefault(id));
    }

    public Task<ReadOnlyMemory<byte>> ReadResult(TaskId id) => Task.FromResult(default(ReadOnlyMemory<byte>));

    public Task<ImmutableArray<TaskRecord>> List(
        TaskFilter filter, TaskId? before, int limit, CancellationToken cancellation = default)
    {
        OnRead?.Invoke();
        LastFilter = filter;
        return Task.FromResult<ImmutableArray<TaskRecord>>(
            [.. Matching(filter).Where(task => before is null || task.Id < before).OrderDescending(ById).Take(limit)]);
    }

    /// <summary>What every list of rows and every ordered list is; null when too many tasks match.</summary>
    public ImmutableArray<TaskRecord>? Ordered { get; set; }

    public async Task<ImmutableArray<TaskRecord>?> ListBy(TaskListQuery query, CancellationToken cancellation = default) =>
        query is { Sort: TaskSort.Created, AsRows: false }
            ? [.. query.Fitting(await List(query.Filter, query.After?.Id, query.Limit, cancellation))]
            : Ordered;

    public Task<ImmutableArray<TaskRecord>> GetRows(ImmutableArray<TaskId> ids) => Task.FromResult<ImmutableArray<TaskRecord>>(
        [.. ids.Select(id => tasks.GetValueOrDefault(id)).OfType<TaskRecord>()]);

    public Task<TaskHistogram> Histogram(
        TaskHistogramQuery query, CancellationToken cancellation = default) => Task.FromResult(TaskHistogram.Empty);

    public Task<TaskSummary> Summarize(TaskFilter filter, CancellationToken cancellation = default)
    {
        OnRead?.Invoke();
        LastFilter = filter;
        var found = Matching(filter).ToArray();
        return Task.FromResult(new TaskSummary(
            found.Length,
            [.. found.GroupBy(task => task.State).OrderBy(group => group.Key).Select(group => KeyValuePair.Create(group.Key, group.LongCount()))],
            [.. found.Where(task => task.Node is not null).GroupBy(task => task.Node!).Select(group => KeyValuePair.Create(group.Key, group.LongCount()))],
            [.. found.Where(task => task.ExitCode is not null).GroupBy(task => task.ExitCode!.Value).OrderBy(group => group.Key).Select(group => KeyValuePair.Create(group.Key, group.LongCount()))]));
    }

    public Task<ImmutableArray<TaskMatch>> Match(
        TaskFilter filter, TaskId? after, int limit, CancellationToken cancellation = default)
    {
        OnRead?.Invoke();
        LastFilter = filter;
        return Task.FromResult<ImmutableArray<TaskMatch>>(
        [
            .. Matching(filter).Where(task => after is null || task.Id > after).Order(ById).Take(limit)
                .Select(task => new TaskMatch(task.Id, task.Queue, task.State)
                {
                    IsWorkflowNode = task.WorkflowNode is not null,
                }),
        ]);
    }

    public Task<ImmutableArray<UndoPart>> UndoParts(TaskId operation) => Task.FromResult<ImmutableArray<UndoPart>>([]);

    public Task<ImmutableArray<FailureGroup>> Failures(
        FailureQuery query, CancellationToken cancellation = default) => Task.FromResult<ImmutableArray<FailureGroup>>([]);

    public Task<ImmutableArray<AttemptRecord>?> Attempts(TaskId id) => Task.FromResult<ImmutableArray<AttemptRecord>?>(
        tasks.ContainsKey(id)
            ? [new AttemptRecord(1, "w1", TaskState.Succeeded, EndReason.Exit, 0, null, id.CreatedAt + 1, id.CreatedAt + 2, 4096, 12_500)]
            : null);

    public Task<ImmutableArray<RunningProgress>> Progress(int limit) =>
        Task.FromResult<ImmutableArray<RunningProgress>>(
        [
            .. tasks.Values.Where(static task => task is { Progress: not null, EndedAt: null })
                .Select(static task => new RunningProgress(task.Id, task.StartedAt, task.Progress!)).Take(limit),
        ]);

    public Task<SubmissionStatus> Submissions() => Task.FromResult(SubmissionStatus.None);

    public Task<OutputPage?> ReadOutput(TaskId id, int attempt, OutputStream stream, long offset, int count)
    {
        OnOutput?.Invoke(offset);
        if (generated.TryGetValue((id, Math.Max(attempt, 1), stream), out var made))
            return Task.FromResult<OutputPage?>(made(offset, count));
        if (!tasks.TryGetValue(id, out var task) || attempt > task.Attempt)
            return Task.FromResult<OutputPage?>(null);
        var latest = attempt == 0 ? task.Attempt : attempt;
        var bytes = outputs.GetValueOrDefault((id, latest, stream), []);
        var from = (int)Math.Min(offset, bytes.Length);
        var piece = bytes.AsMemory(from, Math.Min(count, bytes.Length - from));
        return Task.FromResult<OutputPage?>(new OutputPage(latest, offset, piece, bytes.Length, task.State.IsFinal() || latest < task.Attempt));
    }

    /// <summary>Gives an attempt output that is larger than one would store: lines, and something at the end.</summary>
    /// <param name="id">The task.</param>
    /// <param name="attempt">The attempt's number.</param>
    /// <param name="stream">The stream.</param>
    /// <param name="length">How many bytes the lines have in all, a multiple of one's length.</param>
    /// <param name="line">The line.</param>
    /// <param name="end">What comes after them.</param>
    public void Generate(TaskId id, int attempt, OutputStream stream, long length, byte[] line, byte[] end) =>
        generated[(id, attempt, stream)] = (offset, count) =>
        {
            var bytes = new byte[Math.Min(count, Math.Max(0, length + end.Length - offset))];
            for (var i = 0; i < bytes.Length; i++)
                bytes[i] = offset + i < length ? line[(offset + i) % line.Length] : end[offset + i - length];
            return new OutputPage(attempt, offset, bytes, length + end.Length, Ended: true);
        };

    private static readonly Comparer<TaskRecord> ById = Comparer<TaskRecord>.Create((left, right) => left.Id.CompareTo(right.Id));

    private IEnumerable<TaskRecord> Matching(TaskFilter filter) => tasks.Values.Where(task =>
        (filter.State is null || task.State == filter.State)
        && (filter.Queue is null || task.Queue == filter.Queue)
        && (filter.Name is null || task.Name == filter.Name)
        && (filter.Node is null || task.Node == filter.Node)
        && (filter.Batch is null || task.Batch == filter.Batch)
        && filter.Labels.All(label => task.Labels.Contains(label)));
}
