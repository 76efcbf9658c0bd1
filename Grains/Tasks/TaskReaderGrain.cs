using Orleans.Concurrency;
using OrleansTasks.Storage;
using OrleansTasks.Tasks.Failures;

namespace OrleansTasks.Tasks;

/// <summary>
/// Reads tasks, attempts and output from the store, for gateways and for jobs whose items are a command's output.
/// Answers show what is committed; dispatchers are not asked. Stateless: each silo runs up to 16 activations, so
/// callers do not wait for each other's reads. A call fails if the store cannot be read.
/// </summary>
[GrainType("task-reader"), StatelessWorker(16), Reentrant]
public sealed class TaskReaderGrain(
    ITaskStore store, IOutputStore outputs, IProgressStore progress, ISubmissionStore? submissions = null)
    : Grain, ITaskReaderGrain
{
    // Limit on a page, in bytes of output.
    private const int PageLimit = 1 << 20;

    /// <inheritdoc/>
    public Task<TaskRecord?> Get(TaskId id) => store.Get(id);

    /// <inheritdoc/>
    public Task<ImmutableArray<RunningProgress>> Progress(int limit) => progress.Latest(limit);

    /// <inheritdoc/>
    public Task<ImmutableArray<TaskRecord>> List(
        TaskFilter filter, TaskId? before, int limit, CancellationToken cancellation = default) =>
        store.List(filter, before, limit, cancellation);

    /// <inheritdoc/>
    public async Task<ImmutableArray<TaskRecord>> GetRows(ImmutableArray<TaskId> ids)
    {
        var rows = ImmutableArray.CreateBuilder<TaskRecord>(ids.Length);
        foreach (var id in ids)
        {
            if (await store.Get(id) is { } task)
                rows.Add(task.AsRow());
        }

        return rows.DrainToImmutable();
    }

    /// <inheritdoc/>
    public Task<ImmutableArray<TaskRecord>?> ListBy(TaskListQuery query, CancellationToken cancellation = default) =>
        store.ListBy(query, cancellation);

    /// <inheritdoc/>
    public Task<TaskHistogram> Histogram(TaskHistogramQuery query, CancellationToken cancellation = default) =>
        store.Histogram(query, cancellation);

    /// <inheritdoc/>
    public Task<TaskSummary> Summarize(TaskFilter filter, CancellationToken cancellation = default) =>
        store.Summarize(filter, cancellation);

    /// <inheritdoc/>
    public Task<ImmutableArray<TaskMatch>> Match(
        TaskFilter filter, TaskId? after, int limit, CancellationToken cancellation = default) =>
        store.Match(filter, after, limit, cancellation);

    /// <inheritdoc/>
    public Task<ImmutableArray<UndoPart>> UndoParts(TaskId operation) => store.Undo.Parts(operation);

    /// <inheritdoc/>
    /// <remarks>The sample is computed from the newest task's output; the whole group shares it.</remarks>
    public async Task<ImmutableArray<FailureGroup>> Failures(
        FailureQuery query, CancellationToken cancellation = default) =>
    [
        .. (await store.Failures(query, cancellation)).Select(static group => new FailureGroup(
            group.Fingerprint, group.Count, group.Reason, group.ExitCode, group.Signal, FailureText.Of(group.Tail.Span, group.Sizes),
            group.FirstAt, group.LastAt, group.Queues, group.Tasks)),
    ];

    /// <inheritdoc/>
    public Task<ImmutableArray<AttemptRecord>?> Attempts(TaskId id) => store.Attempts(id);

    /// <inheritdoc/>
    public Task<ReadOnlyMemory<byte>> ReadResult(TaskId id) => store.ReadResult(id);

    /// <inheritdoc/>
    /// <remarks>
    /// Small output is in the attempt's stored result (<see cref="StoredOutput"/>). Other output is in the output
    /// store, where it can be read while the attempt runs. Attempt 0 is the latest. Returns null if there is no such
    /// task or attempt. The offset must not be negative; beyond the end, the page has no bytes.
    /// </remarks>
    public async Task<OutputPage?> ReadOutput(TaskId id, int attempt, OutputStream stream, long offset, int count)
    {
        // This lookup precedes the reads: if the attempt has ended by now, the bytes read below are complete, and the
        // caller may stop. Only an attempt that was lost with its node may have more output later.
        if (await store.FindOutput(id, attempt) is not { } found)
            return null;
        count = Math.Clamp(count, 0, PageLimit);
        if (found.Output is { Inline: true } output)
            return Page(found, Stream(output, stream), offset, count);
        // The task has had no attempt yet, or retention has removed the bytes.
        if (found.Attempt == 0 || found.Dropped)
            return new OutputPage(found.Attempt, offset, default, 0, found.Ended);
        var length = await outputs.Length(id, found.Attempt, found.Token, stream);
        var bytes = offset < length ? await outputs.Read(id, found.Attempt, found.Token, stream, offset, count) : default;
        // More may have been written between the two calls; the length must cover this page.
        return new OutputPage(found.Attempt, offset, bytes, Math.Max(length, offset + bytes.Length), found.Ended);
    }

    /// <inheritdoc/>
    public Task<SubmissionStatus> Submissions() => submissions?.Status() ?? Task.FromResult(SubmissionStatus.None);

    private static ReadOnlyMemory<byte> Stream(AttemptOutput output, OutputStream stream) => stream switch
    {
        OutputStream.Stdout => output.Stdout,
        OutputStream.Stderr => output.Stderr,
        _ => output.Marks,
    };

    private static OutputPage Page(StoredOutput found, ReadOnlyMemory<byte> all, long offset, int count)
    {
        var from = (int)Math.Min(offset, all.Length);
        return new OutputPage(found.Attempt, offset, all.Slice(from, Math.Min(count, all.Length - from)), all.Length, found.Ended);
    }
}
