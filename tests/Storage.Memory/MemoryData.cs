using System.Text;
using OrleansTasks.Events;
using OrleansTasks.Files;
using OrleansTasks.Storage.Encodings;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Memory;

/// <summary>What a memory store holds, and how commits change it. Not safe for several threads at once.</summary>
internal sealed partial class MemoryData
{
    private const int MostEvents = 100_000;
    private readonly SortedDictionary<string, MemoryQueue> byName = new(StringComparer.Ordinal);
    private readonly List<MemoryQueue> byNo = [];
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

    /// <summary>Every rollout.</summary>
    internal MemoryRollouts Rollouts { get; } = new();

    /// <summary>Tasks as they were before a cancel or retry.</summary>
    internal MemoryUndo Undo { get; } = new();

    /// <summary>The index of files, which commits tell what tasks name.</summary>
    internal MemoryFileIndex Files { get; init; } = new();

    /// <summary>Every task, by id.</summary>
    internal SortedDictionary<TaskId, StoredTask> Tasks { get; } = [];

    /// <summary>Every queue, by name.</summary>
    internal IEnumerable<MemoryQueue> Queues => byName.Values;

    internal QueueOwnership TakeEpoch(string name, long? expected, int most)
    {
        var queue = Find(name);
        if (expected is { } epoch && queue?.Epoch != epoch)
            return queue?.ToOwnership(taken: false) ?? new QueueOwnership(false, 0, 0, 0, 0);
        var isFull = queue is not { IsRetired: false } && byNo.Count(static one => !one.IsRetired) >= most;
        if (queue is null && isFull)
            throw new TooManyQueuesException();
        if (queue is null)
        {
            queue = new MemoryQueue(name, byNo.Count + 1);
            byName[name] = queue;
            byNo.Add(queue);
        }

        queue.Epoch++;
        return queue.ToOwnership(taken: true) with { IsFull = isFull };
    }

    /// <summary>See <see cref="ITaskStore.ListUnused"/>.</summary>
    internal bool IsUnused(MemoryQueue queue) =>
        !queue.IsRetired && queue.Tasks.Count == 0 && !Jobs.All.Any(job => Jobs.IsIn(job, queue.No))
        && !Workflows.IsAnyOf(queue.No) && !Rollouts.IsAnyOf(queue.No) && !Schedules.Of(queue.No).Any();

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

    internal MemoryQueue? Find(int no) => no >= 1 && no <= byNo.Count ? byNo[no - 1] : null;

    internal MemoryQueue? Find(string name) => byName.GetValueOrDefault(name);

    internal IdempotencyEntry? FindKnown(ReadOnlyMemory<byte> key, long now) =>
        known.TryGetValue(Convert.ToHexString(key.Span), out var found) && found.At > now - IdempotencyEntry.Lifetime
            ? found.Entry
            : null;

    /// <summary>Applies all of a commit or nothing.</summary>
    internal CommitResult Apply(QueueCommit commit)
    {
        var queue = Find(commit.QueueNo);
        if (queue is null || queue.Epoch != commit.Epoch || queue.Sequence != commit.Sequence)
            return new CommitResult(CommitOutcome.Fenced, "Another activation has taken over this queue.");
        if (Refuse(queue, commit) is { } detail)
            return new CommitResult(CommitOutcome.Refused, detail);
        foreach (var entry in commit.Idempotency)
            known[Convert.ToHexString(entry.Key.Span)] = (entry, commit.At);
        if (commit.Undo is { } undo)
            Undo.Apply(queue, undo);
        foreach (var write in commit.Writes)
        {
            Apply(queue, write);
            if (write.New is { Files: { IsDefaultOrEmpty: false } files })
                Files.Use(UserOf(write.Row.Id), files);
        }

        Jobs.Apply(queue, commit);
        if (commit.Schedules is { } schedules)
            Schedules.Apply(queue, schedules);
        if (commit.Workflows is { } workflows)
            Workflows.Apply(queue, workflows);
        if (commit.Rollouts is { } rollouts)
            Rollouts.Apply(queue, rollouts);
        foreach (var (owner, files) in commit.FileUses)
        {
            _ = Files.RemoveUses(owner);
            Files.Use(owner, files);
        }

        queue.Sequence++;
        queue.LastNo = Math.Max(queue.LastNo, commit.LastNo);
        queue.StartsFrom = commit.StartsFrom ?? queue.StartsFrom;
        queue.IsRetired = commit.IsRetired ?? queue.IsRetired;
        var record = new EventRecord(queue.Name, queue.Sequence, commit.At, [.. commit.Events], ++lastNumber);
        queue.Events.Enqueue(record);
        log.Add(record.Number, record);
        return CommitResult.Committed;
    }

    internal void Remove(StoredTask task)
    {
        task.Queue.Remove(task);
        Tasks.Remove(task.Row.Id);
        if (!task.Submission.Files.IsDefaultOrEmpty)
            _ = Files.RemoveUses(UserOf(task.Row.Id));
    }

    private static FileUse UserOf(TaskId task) => new(FileUseKind.Task, task.ToString());

    internal void Trim(long now)
    {
        foreach (var (key, _) in known.Where(k => k.Value.At <= now - IdempotencyEntry.Lifetime).ToList())
            known.Remove(key);
        Undo.Trim(now - UndoRow.KeptFor);
        foreach (var queue in Queues)
        {
            while (queue.Events.Count > MostEvents)
            {
                trimmed = Math.Max(trimmed, queue.Events.Peek().Number);
                log.Remove(queue.Events.Dequeue().Number);
            }
        }
    }

    private string? Refuse(MemoryQueue queue, QueueCommit commit)
    {
        var keys = new HashSet<string>(StringComparer.Ordinal);
        foreach (var entry in commit.Idempotency)
        {
            if (FindKnown(entry.Key, commit.At) is not null || !keys.Add(Convert.ToHexString(entry.Key.Span)))
                return "An idempotency key of the commit already exists.";
        }

        var ids = new HashSet<TaskId>();
        foreach (var write in commit.Writes)
        {
            if (write.New is null && !queue.Tasks.ContainsKey(write.Row.No))
                return $"The task {write.Row.Id}, which the commit changes, is not stored.";
            if (write.New is not null && (Tasks.ContainsKey(write.Row.Id) || queue.Tasks.ContainsKey(write.Row.No)
                || !ids.Add(write.Row.Id)))
                return $"The task {write.Row.Id} of the commit is stored already.";
        }

        foreach (var job in commit.Jobs.Where(static job => job.Write.New is not null))
        {
            if (Jobs.Find(job.Id) is not null || !ids.Add(job.Id))
                return $"The job {job.Id} of the commit is stored already.";
        }

        if (commit.Workflows is { } workflows && Workflows.Refuse(queue, workflows) is { } detail)
            return detail;
        if (commit.Rollouts is { } rollouts && Rollouts.Refuse(rollouts) is { } why)
            return why;
        return commit.Schedules is { } schedules ? Schedules.Refuse(queue, schedules) : null;
    }

    private void Apply(MemoryQueue queue, TaskWrite write)
    {
        StoredTask task;
        if (write.New is { } submission)
            Tasks[write.Row.Id] = task = Make(queue, submission, write.Batch);
        else
            task = queue.Tasks[write.Row.No];
        queue.Place(task, write.Row);
        if (write.Result is { } result && !ResultContent.IsNothing(result))
            task.Results[result.Lease.Attempt] = result;
        if (write.Result is { Value.IsEmpty: false } valued)
            task.Left = (valued.Lease.Attempt, valued.Value);
        if (write.Superseded is { } left)
            task.Superseded.TryAdd(left.Attempt, left);
        if (write.DropSecrets)
            task.Secrets = default;
        // The commit's own sequence: the queue's rises when all of it is applied.
        task.Version = queue.Sequence + 1;
        task.ReservedMemory = write.ReservedMemory > 0 ? write.ReservedMemory : task.ReservedMemory;
        task.Fingerprint = write.Fingerprint ?? (write.ForgetsFailure ? null : task.Fingerprint);
    }

    /// <summary>Equal policies and label lists become one instance, as dispatchers expect.</summary>
    private StoredTask Make(MemoryQueue queue, TaskSubmission submission, TaskId? batch)
    {
        policies.TryAdd(submission.Retry, submission.Retry);
        var text = Encoding.UTF8.GetString(LabelText.Write(submission.Requires));
        labelLists.TryAdd(text, submission.Requires);
        return new StoredTask(queue, submission, batch, policies[submission.Retry], labelLists[text]);
    }
}
