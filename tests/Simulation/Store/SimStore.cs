using OrleansTasks.Events;
using OrleansTasks.Queues;
using OrleansTasks.Jobs;
using OrleansTasks.Storage;
using OrleansTasks.Storage.Memory;
using OrleansTasks.Tasks;

namespace OrleansTasks.Simulation.Store;

/// <summary>
/// The store of a simulated cluster: reads and writes take time; outcomes are lost, late or unknown when told so. A crash keeps what was
/// synced and nothing else, and fails what was under way.
/// </summary>
/// <param name="clock">The true time.</param>
/// <param name="chance">How long writes take.</param>
/// <param name="files">The index of files.</param>
internal sealed class SimStore(TimeProvider clock, SimRandom chance, MemoryFileIndex files) : ITaskStore
{
    private const double ReadFailures = 0.3;
    private readonly List<Func<MemoryTaskStore, Task>> journal = [];
    private readonly Queue<(CommitFate Fate, TimeSpan Length, Action Happened)> fates = new();

    // When jobs ended that are still kept: the true time, and the time that a silo has written.
    private readonly Queue<(DateTimeOffset At, long Stamp)> endedJobs = [];
    private MemoryTaskStore data = new(clock, files: files);
    private DateTimeOffset readsFailUntil;
    private SimWriter? writer;

    /// <summary>The index of files, which commits tell what tasks name.</summary>
    public MemoryFileIndex Files => files;

    /// <summary>Called with every taking over of a queue.</summary>
    public Action<string, QueueOwnership>? Taken { get; set; }

    /// <summary>Called with every commit that is on the disk.</summary>
    public Action<QueueCommit>? Committed { get; set; }

    /// <summary>Called when a grain takes up an open job.</summary>
    public Action<TaskId>? JobLoaded { get; set; }

    /// <summary>Called with every task that retention has removed.</summary>
    public Action<ImmutableArray<TaskId>>? Pruned { get; set; }

    /// <summary>Called with every task whose output was dropped to keep the quota.</summary>
    public Action<ImmutableArray<TaskId>>? OutputDropped { get; set; }

    /// <summary>Called when the store crashes.</summary>
    public event Action? Crashed;

    /// <summary>Called when retention may have removed jobs, with a way to ask whether one is left.</summary>
    public Action<Func<TaskId, bool>>? JobsPruned { get; set; }

    /// <summary>How long a read or a transaction takes at most.</summary>
    public TimeSpan Slowest
    {
        get => Writer.Slowest;
        set => Writer.Slowest = value;
    }

    /// <summary>
    /// How long ended jobs are kept at least, by the true time, however silos' clocks were set: longer than a silo stands
    /// still. The repeat of a job's creation can lie in such a silo, and nothing could know any more that the job was
    /// there. Installations keep jobs for days.
    /// </summary>
    public TimeSpan JobsStay { get; init; }

    /// <summary>How many transactions held writes of several callers.</summary>
    public int Merged => Writer.Merged;

    /// <summary>Until when the store answers nothing that it was not answering already.</summary>
    public DateTimeOffset SilentUntil { get; set; }

    private TimeSpan Silence => SilentUntil > clock.GetUtcNow() ? SilentUntil - clock.GetUtcNow() : TimeSpan.Zero;

    /// <summary>What is stored now.</summary>
    public MemoryTaskStore Data => data;

    private SimWriter Writer => writer ??= new SimWriter(clock, chance, Apply) { Silence = () => Silence };

    /// <summary>Whether the disk is nearly full.</summary>
    public bool IsLow { get; set; }

    /// <summary>Whether it has crashed and is not back yet.</summary>
    public bool IsDown { get; private set; }

    /// <summary>How many commits are on the disk.</summary>
    public int Commits { get; private set; }

    /// <inheritdoc/>
    public StoreHealth Health => IsDown ? StoreHealth.Failing : IsLow ? StoreHealth.LowSpace : StoreHealth.Healthy;

    /// <summary>Says what becomes of the next commit that nothing is said of yet.</summary>
    public void Expect(CommitFate fate, TimeSpan length, Action happened) => fates.Enqueue((fate, length, happened));

    /// <inheritdoc/>
    public IJobStore Jobs => new SimJobStore(
        async () =>
        {
            await Reading();
            return data.Jobs;
        },
        this,
        id => JobLoaded?.Invoke(id));

    /// <summary>What is on the disk, which the checks read at once.</summary>
    public ITaskStore OnDisk => data;

    /// <summary>The jobs on the disk, which the checks read at once.</summary>
    public IJobStore JobsOnDisk => data.Jobs;

    /// <inheritdoc/>
    public IScheduleStore Schedules => new SimScheduleStore(async () =>
    {
        await Reading();
        return data.Schedules;
    });

    /// <inheritdoc/>
    public IWorkflowStore Workflows => new SimWorkflowStore(async () =>
    {
        await Reading();
        return data.Workflows;
    });

    /// <inheritdoc/>
    public IRolloutStore Rollouts => new SimRolloutStore(async () =>
    {
        await Reading();
        return data.Rollouts;
    });

    /// <inheritdoc/>
    public IUndoStore Undo => new SimUndoStore(async () =>
    {
        await Reading();
        return data.Undo;
    });

    /// <inheritdoc/>
    public IKeptArtifactStore Artifacts => new SimKeptArtifactStore(
        async () =>
        {
            await Reading();
            return data.Artifacts;
        },
        async write => (await Write(async store => new Box<bool>(await write(store.Artifacts)))).Value);

    /// <summary>Forgets what was said of commits to come.</summary>
    public void ExpectNothing() => fates.Clear();

    /// <summary>
    /// Crashes. Writes that were under way are lost; of the one that was being written a part is on the disk, which the
    /// recovery drops, or all of it, whatever the answer was.
    /// </summary>
    public void Crash(TimeSpan length)
    {
        IsDown = true;
        After(length, () => IsDown = false);
        // What was synced of files stays; the journal records again what tasks, schedules, rollouts and jobs name.
        files.ForgetCommitted();
        data = new MemoryTaskStore(clock, files: files);
        foreach (var write in journal)
            _ = write(data);
        Writer.Crash();
        Crashed?.Invoke();
    }

    /// <inheritdoc/>
    public int MaxQueues
    {
        get => data.MaxQueues;
        set => data.MaxQueues = value;
    }

    /// <inheritdoc/>
    public async Task<QueueOwnership> TakeEpoch(string queue, long? expected, CancellationToken cancellation)
    {
        var taken = await Write(store => store.TakeEpoch(queue, expected, CancellationToken.None));
        if (taken.Taken)
            Taken?.Invoke(queue, taken);
        cancellation.ThrowIfCancellationRequested();
        return taken;
    }

    /// <inheritdoc/>
    public bool IsExclusive { get; init; } = true;

    /// <inheritdoc/>
    public async Task<bool> Prove(int queueNo, long epoch) =>
        (await Write(async store => new Box<bool>(await store.Prove(queueNo, epoch)))).Value;

    /// <inheritdoc/>
    public Task<CommitResult> Commit(QueueCommit commit)
    {
        if (IsDown)
            return Task.FromResult(new CommitResult(CommitOutcome.Failed, "The store is down."));
        var (fate, length, happened) = fates.TryDequeue(out var said) ? said : (CommitFate.Written, default, null);
        happened?.Invoke();
        if (fate == CommitFate.UnknownLater)
        {
            Writer.Add(end => _ = end == WriteEnd.Lost ? Unknown : Apply(commit), length);
            return Task.FromResult(Unknown);
        }

        var answer = new TaskCompletionSource<CommitResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        Writer.Add(
            end =>
            {
                var result = end == WriteEnd.Lost ? Unknown : Decide(commit, fate, length);
                if (fate == CommitFate.AnsweredLate)
                    After(length, () => answer.TrySetResult(result));
                else
                    answer.TrySetResult(end == WriteEnd.Unheard ? Unknown : result);
            },
            crash: fate == CommitFate.Torn ? () => Crash(length) : null);
        return answer.Task;
    }

    /// <inheritdoc/>
    public Task<ImmutableArray<OpenTask>> LoadLeased(int queueNo, CancellationToken cancellation) =>
        Read(data => data.LoadLeased(queueNo, cancellation));

    /// <inheritdoc/>
    public Task<ImmutableArray<OpenTask>> LoadWaiting(
        int queueNo, int priority, long order, int limit, CancellationToken cancellation) =>
        Read(data => data.LoadWaiting(queueNo, priority, order, limit, cancellation));

    /// <inheritdoc/>
    public Task<int> CountWaiting(int queueNo) => Read(data => data.CountWaiting(queueNo));

    /// <inheritdoc/>
    public Task<ImmutableArray<IdempotencyEntry>> FindIdempotent(ImmutableArray<ReadOnlyMemory<byte>> keys, long now) =>
        Read(data => data.FindIdempotent(keys, now));

    /// <inheritdoc/>
    public Task<ImmutableArray<OpenTask>> Find(int queueNo, ImmutableArray<TaskId> ids) => Read(data => data.Find(queueNo, ids));

    /// <inheritdoc/>
    public Task<ReadOnlyMemory<byte>> ReadResult(TaskId id) => Read(data => data.ReadResult(id));

    /// <inheritdoc/>
    public Task<ImmutableArray<StoredSpec>> ReadSpecs(ImmutableArray<TaskId> ids) => Read(data => data.ReadSpecs(ids));

    /// <inheritdoc/>
    public Task<ImmutableArray<QueueStatus>> ListQueues() => Read(static data => data.ListQueues());

    /// <inheritdoc/>
    public Task<ImmutableArray<string>> ListUnused() => Read(static data => data.ListUnused());

    /// <inheritdoc/>
    public Task<TaskRecord?> Get(TaskId id) => Read(data => data.Get(id));

    /// <inheritdoc/>
    public Task<ImmutableArray<TaskRecord>> List(
        TaskFilter filter, TaskId? before, int limit, CancellationToken cancellation = default) =>
        Read(data => data.List(filter, before, limit, cancellation));

    /// <inheritdoc/>
    public Task<ImmutableArray<TaskRecord>?> ListBy(
        TaskListQuery query, CancellationToken cancellation = default) => Read(data => data.ListBy(query, cancellation));

    /// <inheritdoc/>
    public Task<TaskHistogram> Histogram(
        TaskHistogramQuery query, CancellationToken cancellation = default) => Read(data => data.Histogram(query, cancellation));

    /// <inheritdoc/>
    public Task<TaskSummary> Summarize(
        TaskFilter filter, CancellationToken cancellation = default) => Read(data => data.Summarize(filter, cancellation));

    /// <inheritdoc/>
    public Task<ImmutableArray<TaskMatch>> Match(
        TaskFilter filter, TaskId? after, int limit, CancellationToken cancellation = default) =>
        Read(data => data.Match(filter, after, limit, cancellation));

    /// <inheritdoc/>
    public Task<ImmutableArray<AttemptRecord>?> Attempts(TaskId id) => Read(data => data.Attempts(id));

    /// <inheritdoc/>
    public Task<StoredOutput?> FindOutput(TaskId id, int attempt) => Read(data => data.FindOutput(id, attempt));

    /// <inheritdoc/>
    public Task<ImmutableArray<StoredFailures>> Failures(
        FailureQuery query, CancellationToken cancellation = default) => Read(data => data.Failures(query, cancellation));

    /// <inheritdoc/>
    public Task<ImmutableArray<EventPosition>> EventPositions() => Read(static data => data.EventPositions());

    /// <inheritdoc/>
    public Task<EventLogPage> ReadEventLog(long after, int limit) => Read(data => data.ReadEventLog(after, limit));

    /// <inheritdoc/>
    public Task<ImmutableArray<EventRecord>> ReadEvents(string queue, long after, int limit) =>
        Read(data => data.ReadEvents(queue, after, limit));

    /// <inheritdoc/>
    public async Task<ImmutableArray<TaskId>> Prune(long endedBefore, long failedBefore, int limit)
    {
        var pruned = await Write(
            async store => new Box<ImmutableArray<TaskId>>(await store.Prune(endedBefore, failedBefore, limit)), box => Pruned?.Invoke(box.Value));
        return pruned.Value;
    }

    /// <inheritdoc/>
    public async Task<ImmutableArray<TaskId>> DropOutput(long keepBytes, int limit) =>
        (await Write(
            async store => new Box<ImmutableArray<TaskId>>(await store.DropOutput(keepBytes, limit)),
            box => OutputDropped?.Invoke(box.Value))).Value;

    private static CommitResult Unknown => new(CommitOutcome.Unknown, "The connection to the store broke.");

    private static StoreUnavailableException Unavailable() => new("The store is down.");

    private CommitResult Decide(QueueCommit commit, CommitFate fate, TimeSpan length)
    {
        switch (fate)
        {
            case CommitFate.Fails:
                // A disk that refuses writes now and then refuses reads as well.
                readsFailUntil = clock.GetUtcNow() + length;
                return new CommitResult(CommitOutcome.Failed, "The store refused.");
            case CommitFate.UnknownLost:
                return Unknown;
            case CommitFate.UnknownLanded:
                Apply(commit);
                return Unknown;
            default:
                return Apply(commit);
        }
    }

    private CommitResult Apply(QueueCommit commit)
    {
        var result = data.Commit(commit).Result;
        if (result.Outcome != CommitOutcome.Committed)
            return result;
        Commits++;
        foreach (var job in commit.Jobs)
        {
            if (job.Write.State.IsFinal())
                endedJobs.Enqueue((clock.GetUtcNow(), job.Write.EndedAt));
        }

        journal.Add(store => store.Commit(commit));
        Committed?.Invoke(commit);
        return result;
    }

    /// <summary>Writes a part of a job's progress.</summary>
    public Task PutPart(ProgressPart part) => Write(async store =>
    {
        await store.Jobs.PutPart(part.Job, part.Version, part.No, part.Bytes);
        return part;
    });

    /// <summary>Removes jobs that ended long ago.</summary>
    public async Task<int> PruneJobs(long endedBefore, int limit)
    {
        while (endedJobs.TryPeek(out var oldest) && oldest.At <= clock.GetUtcNow() - JobsStay)
            endedJobs.Dequeue();
        endedBefore = endedJobs.Select(static job => job.Stamp).Append(endedBefore).Min();
        var pruned = await Write(
            async store => new Box<int>(await store.Jobs.Prune(endedBefore, limit)),
            _ => JobsPruned?.Invoke(job => data.Jobs.Get(job, whole: false).Result is not null));
        return pruned.Value;
    }

    /// <summary>A write is synced: it is visible, and there after every crash.</summary>
    private void Apply(Func<MemoryTaskStore, Task> write)
    {
        journal.Add(write);
        _ = write(data);
    }

    private async Task<T> Write<T>(Func<MemoryTaskStore, Task<T>> write, Action<T>? synced = null)
        where T : class => IsDown ? throw Unavailable() : await Writer.Add(write, synced) ?? throw Unavailable();

    private void After(TimeSpan wait, Action action) =>
        clock.CreateTimer(static action => ((Action)action!)(), action, wait, Timeout.InfiniteTimeSpan);

    /// <summary>The time that a read takes, at whose end it may fail.</summary>
    public async Task Reading()
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        After(Silence + chance.Between(TimeSpan.FromMicroseconds(50), Slowest), done.SetResult);
        await done.Task;
        if (IsDown || (clock.GetUtcNow() < readsFailUntil && chance.NextDouble() < ReadFailures))
            throw Unavailable();
    }

    private async Task<T> Read<T>(Func<MemoryTaskStore, Task<T>> read)
    {
        await Reading();
        return await read(data);
    }

    private sealed record Box<T>(T Value);
}
