using OrleansTasks.Storage.Files;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Memory;

/// <summary>Output in memory, for tests and simulations.</summary>
public sealed class MemoryOutputStore : IOutputStore
{
    private readonly Lock gate = new();
    private readonly Dictionary<
        TaskId, Dictionary<(int Attempt, LeaseToken Token, OutputStream Stream), MemoryStream>> tasks = [];

    /// <summary>When set, appending throws <see cref="StoreUnavailableException"/>, as a full disk does.</summary>
    public bool Full { get; set; }

    /// <inheritdoc/>
    public Task Append(
        TaskId task, int attempt, LeaseToken token, OutputStream stream, long offset, ReadOnlyMemory<byte> bytes)
    {
        lock (gate)
        {
            var known = Find(task, attempt, token, stream);
            if (offset < 0 || offset > (known?.Length ?? 0))
                return Task.FromException(
                    new ArgumentOutOfRangeException(nameof(offset), offset, "It would leave a gap."));
            var skip = (int)Math.Min((known?.Length ?? 0) - offset, bytes.Length);
            if (skip == bytes.Length)
                return Task.CompletedTask;
            if (Full)
                return Task.FromException(
                    new StoreUnavailableException("The disk is full: cannot write output."));
            known ??= Make(task, attempt, token, stream);
            known.Position = known.Length;
            known.Write(bytes.Span[skip..]);
            return Task.CompletedTask;
        }
    }

    /// <inheritdoc/>
    public Task Sync(TaskId task, int attempt, LeaseToken token, long stdout = 0, long stderr = 0)
    {
        lock (gate)
            return Has(OutputStream.Stdout, stdout) && Has(OutputStream.Stderr, stderr)
                ? Task.CompletedTask
                : Task.FromException(new StoreUnavailableException("What was appended is gone."));

        bool Has(OutputStream stream, long atLeast) => Find(task, attempt, token, stream) is not { } known || known.Length >= atLeast;
    }

    /// <inheritdoc/>
    public Task<long> Length(TaskId task, int attempt, LeaseToken token, OutputStream stream)
    {
        lock (gate)
            return Task.FromResult(Find(task, attempt, token, stream)?.Length ?? 0);
    }

    /// <inheritdoc/>
    public Task<ReadOnlyMemory<byte>> Read(
        TaskId task, int attempt, LeaseToken token, OutputStream stream, long offset, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        lock (gate)
        {
            var found = Find(task, attempt, token, stream);
            var available = (int)Math.Clamp((found?.Length ?? 0) - offset, 0, count);
            return Task.FromResult<ReadOnlyMemory<byte>>(
                available == 0 ? default : found!.GetBuffer().AsSpan((int)offset, available).ToArray());
        }
    }

    /// <inheritdoc/>
    public Task<ImmutableArray<OutputFiles>> List(int part)
    {
        lock (gate)
            return Task.FromResult<ImmutableArray<OutputFiles>>([.. tasks.Where(task => OutputKey.PartOf(task.Key) == part)
                .SelectMany(task => task.Value.Keys.Select(key => new OutputFiles(task.Key, key.Attempt, key.Token))).Distinct()]);
    }

    /// <inheritdoc/>
    public Task Delete(TaskId task, int attempt, LeaseToken token)
    {
        lock (gate)
        {
            if (tasks.TryGetValue(task, out var streams))
            {
                streams.Remove((attempt, token, OutputStream.Stdout));
                streams.Remove((attempt, token, OutputStream.Stderr));
                streams.Remove((attempt, token, OutputStream.Marks));
            }

            return Task.CompletedTask;
        }
    }

    /// <inheritdoc/>
    public Task Delete(TaskId task)
    {
        lock (gate)
            tasks.Remove(task);
        return Task.CompletedTask;
    }

    private MemoryStream? Find(TaskId task, int attempt, LeaseToken token, OutputStream stream) =>
        tasks.GetValueOrDefault(task)?.GetValueOrDefault((attempt, token, stream));

    private MemoryStream Make(TaskId task, int attempt, LeaseToken token, OutputStream stream)
    {
        if (!tasks.TryGetValue(task, out var streams))
            tasks[task] = streams = [];
        return streams[(attempt, token, stream)] = new MemoryStream();
    }
}
