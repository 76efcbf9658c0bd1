using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Memory;

/// <summary>A task in a memory store, with all that belongs to it.</summary>
internal sealed class StoredTask(
    MemoryQueue queue, TaskSubmission submission, TaskId? batch, RetryPolicy retry,
    ImmutableArray<Label> requires)
{
    internal MemoryQueue Queue { get; } = queue;

    internal TaskSubmission Submission { get; } = submission;

    internal TaskId? Batch { get; } = batch;

    internal TaskRow Row { get; set; }

    /// <summary>Of a task that failed for good.</summary>
    internal long? Fingerprint { get; set; }

    /// <summary>What its next attempt reserves after one ran out of memory; 0 for none.</summary>
    internal long ReservedMemory { get; set; }

    /// <summary>The sequence of the commit that wrote it last.</summary>
    internal long Version { get; set; }

    internal ReadOnlyMemory<byte> Secrets { get; set; } = submission.SecretEnv;

    internal SortedDictionary<int, AttemptResult> Results { get; } = [];

    /// <summary>The result that was written last, and of which attempt.</summary>
    internal (int Attempt, ReadOnlyMemory<byte> Value) Left { get; set; }

    /// <summary>The task's result; empty for none.</summary>
    internal ReadOnlyMemory<byte> Value =>
        Row.State == TaskState.Succeeded && Left.Attempt == Row.Attempt ? Left.Value : default;

    /// <summary>The latest report of progress, and the token under which it came.</summary>
    internal ProgressRow? Progress { get; set; }

    internal SortedDictionary<int, EndedAttempt> Superseded { get; } = [];

    internal SortedSet<int> Dropped { get; } = [];

    // 1 for attempts whose artifacts are leaving, 2 for those whose artifacts are gone.
    private readonly Dictionary<int, int> artifactsLeft = [];

    internal int ArtifactsLeft(int attempt) => artifactsLeft.GetValueOrDefault(attempt);

    internal void MarkArtifacts(int attempt, int left) => artifactsLeft[attempt] = left;

    internal OpenTask ToOpen() => new(
        Row, Submission.Priority, Submission.ExpiresAt, retry, requires, Submission.Limits,
        !Submission.SecretEnv.IsEmpty, Submission.Concurrency,
        Submission.After ?? [], Submission.WorkflowNode, Submission.IsForEach,
        Submission.IsJob, Submission.Resources, Submission.Unique, Submission.Lasts, ReservedMemory);

    internal StoredSpec ToSpec() => new(Row.Id, Submission.Name, Submission.Spec, Secrets);

    internal TaskRecord ToRecord()
    {
        var result = Results.GetValueOrDefault(Row.Attempt);
        var output = result?.Output;
        return new TaskRecord(
            Row.Id, Submission.Name, Queue.Name, Submission.Priority, Row.State, Row.Attempt, Row.Node,
            Time(Row.QueuedAt), Time(Row.StartedAt), Time(Row.EndedAt), Row.ExitCode, Row.Signal, Row.Reason,
            Time(Row.CancelRequestedAt), output?.StdoutBytes ?? 0, output?.StderrBytes ?? 0, output?.Truncated ?? false,
            output?.Tail ?? default, Submission.Labels, Submission.Spec, Batch)
        {
            NodeLosses = Row.NodeLosses,
            Fingerprint = Fingerprint,
            MaxRssBytes = result?.MaxRssBytes ?? 0,
            Version = Version,
            WorkflowNode = Submission.WorkflowNode,
            WorkflowItem = Submission.Item?.Index,
            ResultBytes = Value.IsEmpty ? null : Value.Length,
            SubmittedBy = Submission.Submitter,
            HadSecrets = !Submission.SecretEnv.IsEmpty,
            Artifacts = result?.Artifacts is { } totals
                ? totals with { IsExpired = ArtifactsLeft(Row.Attempt) > 0 } : null,
            Progress = Progress is { } row && row.Token == Row.Token ? row.Progress : null,
        };
    }

    internal ImmutableArray<AttemptRecord> ToAttempts()
    {
        var attempts = ImmutableArray.CreateBuilder<AttemptRecord>();
        foreach (var (number, left) in Superseded)
            attempts.Add(ToAttempt(
                number, left.Node, left.State, left.Reason, left.ExitCode, left.Signal, left.StartedAt, left.EndedAt));
        if (Row.State >= TaskState.Assigned && Row.Attempt > 0 && !Superseded.ContainsKey(Row.Attempt))
            attempts.Add(ToAttempt(
                Row.Attempt, Row.Node, Row.State, Row.Reason, Row.ExitCode, Row.Signal, Row.StartedAt, Row.EndedAt));
        return attempts.ToImmutable();
    }

    internal StoredOutput? FindOutput(int attempt)
    {
        if (attempt == 0)
            attempt = Row.Attempt;
        if (attempt == 0)
            return new StoredOutput(0, default, Ended: false, null, Dropped: false);
        var left = Superseded.GetValueOrDefault(attempt);
        if (left is null && attempt != Row.Attempt)
            return null;
        var result = Results.GetValueOrDefault(attempt);
        return new StoredOutput(
            attempt,
            left?.Token ?? Row.Token,
            left is not null || !Row.State.IsLeased(),
            result is null ? null : result.Output ?? AttemptOutput.Empty,
            Dropped.Contains(attempt));
    }

    /// <summary>How many bytes of its output are outside the rows.</summary>
    internal long FiledBytes() => Filed().Sum(r => r.Output!.StdoutBytes + r.Output.StderrBytes);

    /// <summary>Marks its output outside the rows as gone.</summary>
    internal void DropOutput()
    {
        foreach (var result in Filed().ToList())
            Dropped.Add(result.Lease.Attempt);
    }

    private IEnumerable<AttemptResult> Filed() =>
        Results.Values.Where(r => r.Output is { Inline: false } && !Dropped.Contains(r.Lease.Attempt));

    private static long? Time(long value) => value == 0 ? null : value;

    private AttemptRecord ToAttempt(
        int number, string? node, TaskState state, EndReason reason, int? exitCode, string? signal,
        long started, long ended)
    {
        var result = Results.GetValueOrDefault(number);
        return new AttemptRecord(
            number, node, state, reason, exitCode, signal, Time(started), Time(ended), Time(result?.MaxRssBytes ?? 0),
            Time(result?.CpuTime ?? 0));
    }
}
