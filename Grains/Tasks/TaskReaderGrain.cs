using Orleans.Concurrency;
using OrleansTasks.Storage;

namespace OrleansTasks.Tasks;

/// <summary>Reads the store on behalf of gateways.</summary>
[GrainType("task-reader"), StatelessWorker(16)]
public sealed class TaskReaderGrain(ITaskStore store, IOutputStore outputs) : Grain, ITaskReaderGrain
{
    /// <summary>The most bytes of output in one answer.</summary>
    private const int PageLimit = 1 << 20;

    /// <inheritdoc/>
    public Task<TaskRecord?> Get(TaskId id) => store.Get(id);

    /// <inheritdoc/>
    public Task<ImmutableArray<TaskRecord>> List(TaskFilter filter, TaskId? before, int limit) => store.List(filter, before, limit);

    /// <inheritdoc/>
    public Task<TaskSummary> Summarize(TaskFilter filter) => store.Summarize(filter);

    /// <inheritdoc/>
    public Task<ImmutableArray<TaskMatch>> Match(TaskFilter filter, TaskId? after, int limit) => store.Match(filter, after, limit);

    /// <inheritdoc/>
    public Task<ImmutableArray<AttemptRecord>?> Attempts(TaskId id) => store.Attempts(id);

    /// <inheritdoc/>
    public async Task<OutputPage?> ReadOutput(TaskId id, int attempt, OutputStream stream, long offset, int count)
    {
        // First, before the bytes: when it says that the attempt has ended, the bytes that are read afterwards are all there will be.
        if (await store.FindOutput(id, attempt) is not { } found)
            return null;
        count = Math.Clamp(count, 0, PageLimit);
        if (found.Output is { Inline: true } output)
            return Page(found, stream == OutputStream.Stdout ? output.Stdout : output.Stderr, offset, count);
        // No attempt yet, or retention has removed the bytes: an empty page of length 0.
        if (found.Attempt == 0 || found.Dropped)
            return new OutputPage(found.Attempt, offset, default, 0, found.Ended);
        var length = await outputs.Length(id, found.Attempt, found.Token, stream);
        var bytes = offset < length ? await outputs.Read(id, found.Attempt, found.Token, stream, offset, count) : default;
        // More may have been written between the two calls.
        return new OutputPage(found.Attempt, offset, bytes, Math.Max(length, offset + bytes.Length), found.Ended);
    }

    private static OutputPage Page(StoredOutput found, ReadOnlyMemory<byte> all, long offset, int count)
    {
        var from = (int)Math.Min(offset, all.Length);
        return new OutputPage(found.Attempt, offset, all.Slice(from, Math.Min(count, all.Length - from)), all.Length, found.Ended);
    }
}
