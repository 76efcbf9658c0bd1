using System.Text;
using OrleansTasks.Events;
using OrleansTasks.Queues;
using OrleansTasks.Storage.Encodings;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Memory;

/// <summary>What a memory store holds, and how commits change it. Not safe for several threads at once.</summary>
internal sealed partial class MemoryData
{
    private const int MostEvents = 100_000;
    private readonly SortedDictionary<(string Queue, int Number), MemoryPartition> byKey = new(
        Comparer<(string Queue, int Number)>.Create(static (a, b) =>
            string.CompareOrdinal(a.Queue, b.Queue) is var order and not 0 ? order : a.Number.CompareTo(b.Number)));

    private readonly List<MemoryPartition> byNo = [];
    private readonly SortedList<long, EventRecord> log = [];
    private long lastNumber;
    private long trimmed;
    private readonly Dictionary<RetryPolicy, RetryPolicy> policies = [];
    private readonly Dictionary<string, ImmutableArray<Label>> labelLists = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (IdempotencyEntry Entry, long At)> known = new(StringComparer.Ordinal);

    /// <summary>Every job.</summary>
    internal MemoryJobs Jobs { get; } = new();

    /// <summary>Every schedule.</summary>
    internal MemorySchedules Schedules { get; } = new();

    /// <summary>Every workflow.</summary>
    internal MemoryWorkflows Workflows { get; } = new();

    /// <summary>Tasks as they were before a cancel or retry.</summary>
    internal MemoryUndo Undo { get; } = new();

    /// <summary>Every task, by id.</summary>
    internal SortedDictionary<TaskId, StoredTask> Tasks { get; } = [];

    /// <summary>Every partition, by queue and number.</summary>
    internal IEnumerable<MemoryPartition> Partitions => byKey.Values;

    internal PartitionOwnership TakeEpoch(PartitionKey key, long? expected, int most)
    {
        var partition = byKey.GetValueOrDefault((key.Queue, key.Number));
        if (expected is { } epoch && partition?.Epoch != epoch)
            return partition?.ToOwnership(taken: false) ?? new PartitionOwnership(false, 0, 0, 0, 0);
        var isFull = partition is not { IsRetired: false } && byNo.Count(static one => !one.IsRetired) >= most;
        if (partition is null && isFull)
            throw new TooManyQueuesException();
        if (partition is null)
        {
            partition = new MemoryPartition(key, byNo.Count + 1);
            byKey[(key.Queue, key.Number)] = partition;
            byNo.Add(partition);
        }

        partition.Epoch++;
        return partition.ToOwnership(taken: true) with { IsFull = isFull };
    }

    /// <summary>See <see cref="ITaskStore.ListUnused"/>.</summary>
    internal bool IsUnused(MemoryPartition partition) =>
        !partition.IsRetired && partition.Tasks.Count == 0 && !Jobs.All.Any(job => Jobs.IsIn(job, partition.No))
        && !Workflows.IsAnyOf(partition.No) && !Schedules.Of(partition.No).Any();

    internal EventLogPage ReadLog(long after, int limit)
    {
        var (low, high) = (0, log.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = log.GetKeyAtIndex(middle) > after ? (low, middle) : (middle + 1, high);
        }

        var count = Math.Min(limit, log.Count - low);
        return new EventLogPage(trimmed, lastNumber, [.. Enumerable.Range(low, count).Select(log.GetValueAtIndex)]);
    }

    internal MemoryPartition? Find(int no) => no >= 1 && no <= byNo.Count ? byNo[no - 1] : null;

    internal MemoryPartition? Find(PartitionKey key) => byKey.GetValueOrDefault((key.Queue, key.Number));

    internal IdempotencyEntry? FindKnown(ReadOnlyMemory<byte> key, long now) =>
        known.TryGetValue(Convert.ToHexString(key.Span), out var found) && found.At > now - Idempotency.Lifetime
            ? found.Entry
            : null;

    /// <summary>Applies all of a commit or nothing.</summary>
    internal CommitResult Apply(PartitionCommit commit)
    {
        var partition = Find(commit.Partition);
        if (partition is null || partition.Epoch != commit.Epoch || partition.Sequence != commit.Sequence)
            return new CommitResult(CommitOutcome.Fenced, "Another activation has taken this partition over.");
        if (Refuse(partition, commit) is { } detail)
            return new CommitResult(CommitOutcome.Refused, detail);
        foreach (var entry in commit.Idempotency)
            known[Convert.ToHexString(entry.Key.Span)] = (entry, commit.At);
        if (commit.Undo is { } undo)
            Undo.Apply(partition, undo);
        foreach (var write in commit.Writes)
            Apply(partition, write);
        Jobs.Apply(partition, commit);
        if (commit.Schedules is { } schedules)
            Schedules.Apply(partition, schedules);
        if (commit.Workflows is { } workflows)
            Workflows.Apply(partition, workflows);
        partition.Sequence++;
        partition.LastNo = Math.Max(partition.LastNo, commit.LastNo);
        partition.StartsFrom = commit.StartsFrom ?? partition.StartsFrom;
        partition.IsRetired = commit.IsRetired ?? partition.IsRetired;
        var record = new EventRecord(partition.Key, partition.Sequence, commit.At, [.. commit.Events], ++lastNumber);
        partition.Events.Enqueue(record);
        log.Add(record.Number, record);
        return CommitResult.Committed;
    }

    internal void Remove(StoredTask task)
    {
        task.Partition.Remove(task);
        Tasks.Remove(task.Row.Id);
    }

    internal void Trim(long now)
    {
        foreach (var (key, _) in known.Where(k => k.Value.At <= now - Idempotency.Lifetime).ToList())
            known.Remove(key);
        Undo.Trim(now - UndoRow.KeptFor);
        foreach (var partition in Partitions)
        {
            while (partition.Events.Count > MostEvents)
            {
                trimmed = Math.Max(trimmed, partition.Events.Peek().Number);
                log.Remove(partition.Events.Dequeue().Number);
            }
        }
    }

    private string? Refuse(MemoryPartition partition, PartitionCommit commit)
    {
        var keys = new HashSet<string>(StringComparer.Ordinal);
        foreach (var entry in commit.Idempotency)
        {
            if (FindKnown(entry.Key, commit.At) is not null || !keys.Add(Convert.ToHexString(entry.Key.Span)))
                return "An idempotency key of the commit is known already.";
        }

        var ids = new HashSet<TaskId>();
        foreach (var write in commit.Writes)
        {
            if (write.New is null && !partition.Tasks.ContainsKey(write.Row.No))
                return $"The task {write.Row.Id} to be changed is not stored.";
            if (write.New is not null && (Tasks.ContainsKey(write.Row.Id) || partition.Tasks.ContainsKey(write.Row.No)
                || !ids.Add(write.Row.Id)))
                return $"The task {write.Row.Id} of the commit is stored already.";
        }

        foreach (var job in commit.Jobs.Where(static job => job.Write.New is not null))
        {
            if (Jobs.Find(job.Id) is not null || !ids.Add(job.Id))
                return $"The job {job.Id} of the commit is stored already.";
        }

        if (commit.Workflows is { } workflows && Workflows.Refuse(partition, workflows) is { } detail)
            return detail;
        return commit.Schedules is { } schedules ? Schedules.Refuse(partition, schedules) : null;
    }

    private void Apply(MemoryPartition partition, TaskWrite write)
    {
        StoredTask task;
        if (write.New is { } submission)
            Tasks[write.Row.Id] = task = Make(partition, submission, write.Batch);
        else
            task = partition.Tasks[write.Row.No];
        partition.Place(task, write.Row);
        if (write.Result is { } result && !ResultContent.IsNothing(result))
            task.Results[result.Lease.Attempt] = result;
        if (write.Result is { Value.IsEmpty: false } valued)
            task.Left = (valued.Lease.Attempt, valued.Value);
        if (write.Superseded is { } left)
            task.Superseded.TryAdd(left.Attempt, left);
        if (write.DropSecrets)
            task.Secrets = default;
        // The commit's own sequence: the partition's rises when all of it is applied.
        task.Version = partition.Sequence + 1;
        task.Fingerprint = write.Fingerprint ?? (write.ForgetsFailure ? null : task.Fingerprint);
    }

    /// <summary>Equal policies and label lists become one instance, as dispatchers expect.</summary>
    private StoredTask Make(MemoryPartition partition, TaskSubmission submission, TaskId? batch)
    {
        policies.TryAdd(submission.Retry, submission.Retry);
        var text = Encoding.UTF8.GetString(LabelText.Write(submission.Requires));
        labelLists.TryAdd(text, submission.Requires);
        return new StoredTask(partition, submission, batch, policies[submission.Retry], labelLists[text]);
    }
}
