using OrleansTasks.Events;
using OrleansTasks.Queues;
using OrleansTasks.Storage;
using OrleansTasks.Storage.Memory;
using OrleansTasks.Tasks;

namespace OrleansTasks.Simulation.Store;

/// <summary>
/// The store of a simulated cluster: one line of writes that take time, whose outcomes are lost, late or unknown when
/// told
/// so. A crash keeps what was synced and nothing else, and fails what was under way.
/// </summary>
/// <param name="clock">The true time.</param>
/// <param name="chance">How long writes take.</param>
internal sealed class SimStore(TimeProvider clock, SimRandom chance) : ITaskStore
{
    private readonly List<JournalEntry> journal = [];
    private readonly Queue<(CommitFate Fate, TimeSpan Length, Action Happened)> fates = new();
    private MemoryTaskStore data = new(clock);
    private DateTimeOffset lineFreeAt;
    private int life;

    /// <summary>Called with every taking over of a partition.</summary>
    public Action<PartitionKey, PartitionOwnership>? Taken { get; set; }

    /// <summary>Called with every commit that is on the disk.</summary>
    public Action<PartitionCommit>? Committed { get; set; }

    /// <summary>Called when a grain takes up an open job.</summary>
    public Action<TaskId>? JobLoaded { get; set; }

    /// <summary>How long a write takes at most.</summary>
    public TimeSpan Slowest { get; set; } = TimeSpan.FromMilliseconds(2);

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
    public IJobStore Jobs =>
        new SimJobStore(() => IsDown ? throw Unavailable() : data.Jobs, Reading, id => JobLoaded?.Invoke(id), PutPart);

    /// <summary>The jobs on the disk, which the checks read at once.</summary>
    public IJobStore JobsOnDisk => data.Jobs;

    /// <summary>Forgets what was said of commits to come.</summary>
    public void ExpectNothing() => fates.Clear();

    /// <summary>
    /// Crashes. Writes that were under way are lost; of the one that was being written a part is on the disk, which the
    /// recovery drops, or all of it, whatever the answer was.
    /// </summary>
    public void Crash(TimeSpan length)
    {
        life++;
        IsDown = true;
        After(length, () => IsDown = false);
        lineFreeAt = default;
        data = new MemoryTaskStore(clock);
        foreach (var entry in journal)
        {
            if (!entry.IsTorn)
                Replay(entry);
        }
    }

    /// <inheritdoc/>
    public async Task<PartitionOwnership> TakeEpoch(PartitionKey partition, long? expected, CancellationToken cancellation)
    {
        var answer = new TaskCompletionSource<PartitionOwnership?>(TaskCreationOptions.RunContinuationsAsynchronously);
        InLine(default, isAlive =>
        {
            if (isAlive)
                journal.Add(new JournalEntry(null, partition, expected, false));
            answer.TrySetResult(isAlive ? data.TakeEpoch(partition, expected, CancellationToken.None).Result : null);
        });
        var taken = await answer.Task ?? throw Unavailable();
        if (taken.Taken)
            Taken?.Invoke(partition, taken);
        cancellation.ThrowIfCancellationRequested();
        return taken;
    }

    /// <inheritdoc/>
    public Task<CommitResult> Commit(PartitionCommit commit)
    {
        if (IsDown)
            return Task.FromResult(new CommitResult(CommitOutcome.Failed, "The store is down."));
        var (fate, length, happened) = fates.TryDequeue(out var said) ? said : (CommitFate.Written, default, null);
        happened?.Invoke();
        if (fate == CommitFate.UnknownLater)
        {
            InLine(length, isAlive => _ = isAlive ? Apply(commit) : Unknown);
            return Task.FromResult(Unknown);
        }

        var answer = new TaskCompletionSource<CommitResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        InLine(default, isAlive =>
        {
            var result = isAlive ? Decide(commit, fate, length) : Unknown;
            if (fate == CommitFate.AnsweredLate)
                After(length, () => answer.TrySetResult(result));
            else
                answer.TrySetResult(result);
        });
        return answer.Task;
    }

    /// <inheritdoc/>
    public Task<ImmutableArray<OpenTask>> LoadLeased(int partition, CancellationToken cancellation) =>
        Read(data => data.LoadLeased(partition, cancellation));

    /// <inheritdoc/>
    public Task<ImmutableArray<OpenTask>> LoadWaiting(
        int partition, int priority, long order, int limit, CancellationToken cancellation) =>
        Read(data => data.LoadWaiting(partition, priority, order, limit, cancellation));

    /// <inheritdoc/>
    public Task<ImmutableArray<IdempotencyEntry>> FindIdempotent(ImmutableArray<ReadOnlyMemory<byte>> keys, long now) =>
        Read(data => data.FindIdempotent(keys, now));

    /// <inheritdoc/>
    public Task<ImmutableArray<OpenTask>> Find(int partition, ImmutableArray<TaskId> ids) => Read(data => data.Find(partition, ids));

    /// <inheritdoc/>
    public Task<ImmutableArray<StoredSpec>> ReadSpecs(ImmutableArray<TaskId> ids) => Read(data => data.ReadSpecs(ids));

    /// <inheritdoc/>
    public Task<ImmutableArray<PartitionStatus>> ListPartitions() => Read(static data => data.ListPartitions());

    /// <inheritdoc/>
    public Task<TaskRecord?> Get(TaskId id) => Read(data => data.Get(id));

    /// <inheritdoc/>
    public Task<ImmutableArray<TaskRecord>> List(TaskFilter filter, TaskId? before, int limit) =>
        Read(data => data.List(filter, before, limit));

    /// <inheritdoc/>
    public Task<TaskSummary> Summarize(TaskFilter filter) => Read(data => data.Summarize(filter));

    /// <inheritdoc/>
    public Task<ImmutableArray<TaskMatch>> Match(TaskFilter filter, TaskId? after, int limit) =>
        Read(data => data.Match(filter, after, limit));

    /// <inheritdoc/>
    public Task<ImmutableArray<AttemptRecord>?> Attempts(TaskId id) => Read(data => data.Attempts(id));

    /// <inheritdoc/>
    public Task<StoredOutput?> FindOutput(TaskId id, int attempt) => Read(data => data.FindOutput(id, attempt));

    /// <inheritdoc/>
    public Task<ImmutableArray<EventPosition>> EventPositions() => Read(static data => data.EventPositions());

    /// <inheritdoc/>
    public Task<ImmutableArray<EventRecord>> ReadEvents(PartitionKey partition, long after, int limit) =>
        Read(data => data.ReadEvents(partition, after, limit));

    /// <inheritdoc/>
    public Task<ImmutableArray<TaskId>> Prune(long endedBefore, int limit) => data.Prune(endedBefore, limit);

    /// <inheritdoc/>
    public Task<ImmutableArray<TaskId>> DropOutput(long keepBytes, int limit) => data.DropOutput(keepBytes, limit);

    private static CommitResult Unknown => new(CommitOutcome.Unknown, "The connection to the store broke.");

    private static StoreUnavailableException Unavailable() => new("The store is down.");


    private CommitResult Decide(PartitionCommit commit, CommitFate fate, TimeSpan length)
    {
        switch (fate)
        {
            case CommitFate.Fails:
                return new CommitResult(CommitOutcome.Failed, "The store refused.");
            case CommitFate.UnknownLost:
                return Unknown;
            case CommitFate.UnknownLanded:
                Apply(commit);
                return Unknown;
            case CommitFate.Torn:
                journal.Add(new JournalEntry(commit, default, null, IsTorn: true));
                Crash(length);
                return Unknown;
            default:
                return Apply(commit);
        }
    }

    private CommitResult Apply(PartitionCommit commit)
    {
        var result = data.Commit(commit).Result;
        if (result.Outcome != CommitOutcome.Committed)
            return result;
        Commits++;
        journal.Add(new JournalEntry(commit, default, null, false));
        Committed?.Invoke(commit);
        return result;
    }

    private async Task PutPart(ProgressPart part)
    {
        var answer = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        InLine(default, isAlive =>
        {
            if (isAlive)
            {
                journal.Add(new JournalEntry(null, default, null, false, part));
                _ = data.Jobs.PutPart(part.Job, part.Version, part.No, part.Bytes);
            }

            answer.TrySetResult(isAlive);
        });
        if (!await answer.Task)
            throw Unavailable();
    }

    private void Replay(JournalEntry entry)
    {
        if (entry.Part is { } part)
        {
            _ = data.Jobs.PutPart(part.Job, part.Version, part.No, part.Bytes);
            return;
        }

        if (entry.Commit is { } commit)
            _ = data.Commit(commit);
        else
            _ = data.TakeEpoch(entry.Partition, entry.Expected, CancellationToken.None);
    }

    /// <summary>Does something when it is its turn; it is told whether the store has not crashed meanwhile.</summary>
    private void InLine(TimeSpan longer, Action<bool> action)
    {
        var mine = IsDown ? -1 : life;
        var now = clock.GetUtcNow();
        lineFreeAt = (lineFreeAt > now ? lineFreeAt : now) + chance.Between(TimeSpan.FromMicroseconds(100), Slowest) + longer;
        // Timers are as exact as the clock: writes end in the order of the line, whoever of their callers still lives.
        After(lineFreeAt - now, () => action(mine == life));
    }

    private void After(TimeSpan wait, Action action) =>
        clock.CreateTimer(static action => ((Action)action!)(), action, wait, Timeout.InfiniteTimeSpan);

    /// <summary>The time that a read takes.</summary>
    private Task Reading()
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        After(chance.Between(TimeSpan.FromMicroseconds(50), Slowest), done.SetResult);
        return done.Task;
    }

    private Task<T> Read<T>(Func<MemoryTaskStore, Task<T>> read) =>
        IsDown ? Task.FromException<T>(Unavailable()) : read(data);
}
