using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Simulation.Store;

/// <summary>
/// The output files of a simulated store. Pieces take time to write, and are unsynced until somebody syncs them: when the store crashes,
/// files end where they were last synced.
/// </summary>
internal sealed class SimOutputStore : IOutputStore
{
    private readonly Dictionary<Key, OutputBytes> files = [];
    private readonly SimStore store;

    public SimOutputStore(SimStore store)
    {
        this.store = store;
        store.Crashed += LoseUnsynced;
    }

    /// <summary>How many bytes crashes have lost.</summary>
    public long Lost { get; private set; }

    /// <inheritdoc/>
    public async Task Append(TaskId task, int attempt, LeaseToken token, OutputStream stream, long offset, ReadOnlyMemory<byte> bytes)
    {
        await store.Reading();
        var key = new Key(task, attempt, token, stream);
        var file = files.GetValueOrDefault(key) ?? new OutputBytes();
        if (offset < 0 || offset > file.Bytes.Count)
            throw new ArgumentOutOfRangeException(nameof(offset), offset, "It would leave a gap.");
        var skip = (int)Math.Min(file.Bytes.Count - offset, bytes.Length);
        file.Bytes.AddRange(bytes.Span[skip..]);
        files[key] = file;
    }

    /// <inheritdoc/>
    public async Task Sync(TaskId task, int attempt, LeaseToken token, long stdout = 0, long stderr = 0)
    {
        await store.Reading();
        Sync(new Key(task, attempt, token, OutputStream.Stdout), stdout);
        Sync(new Key(task, attempt, token, OutputStream.Stderr), stderr);
    }

    /// <inheritdoc/>
    public async Task<long> Length(TaskId task, int attempt, LeaseToken token, OutputStream stream)
    {
        await store.Reading();
        return files.GetValueOrDefault(new Key(task, attempt, token, stream))?.Bytes.Count ?? 0;
    }

    /// <inheritdoc/>
    public async Task<ReadOnlyMemory<byte>> Read(TaskId task, int attempt, LeaseToken token, OutputStream stream, long offset, int count)
    {
        await store.Reading();
        return files.GetValueOrDefault(new Key(task, attempt, token, stream)) is { } file && offset < file.Bytes.Count
            ? file.Bytes.GetRange((int)offset, (int)Math.Min(count, file.Bytes.Count - offset)).ToArray()
            : default;
    }

    /// <inheritdoc/>
    public async Task<ImmutableArray<OutputFiles>> List(int part)
    {
        await store.Reading();
        return
        [
            .. files.Keys.Where(key => (int)(key.Task.Low & 0xff) == part)
                .Select(static key => new OutputFiles(key.Task, key.Attempt, key.Token)).Distinct(),
        ];
    }

    /// <inheritdoc/>
    public async Task Delete(TaskId task, int attempt, LeaseToken token)
    {
        await store.Reading();
        files.Remove(new Key(task, attempt, token, OutputStream.Stdout));
        files.Remove(new Key(task, attempt, token, OutputStream.Stderr));
        files.Remove(new Key(task, attempt, token, OutputStream.Marks));
    }

    /// <inheritdoc/>
    public async Task Delete(TaskId task)
    {
        await store.Reading();
        foreach (var key in files.Keys.Where(key => key.Task == task).ToArray())
            files.Remove(key);
    }

    private void Sync(Key key, long atLeast)
    {
        if (!files.TryGetValue(key, out var file))
            return;
        if (file.Bytes.Count < atLeast)
            throw new StoreUnavailableException("What was appended is gone.");
        file.Synced = file.Bytes.Count;
    }

    private void LoseUnsynced()
    {
        foreach (var file in files.Values)
        {
            Lost += file.Bytes.Count - file.Synced;
            file.Bytes.RemoveRange(file.Synced, file.Bytes.Count - file.Synced);
        }
    }

    private readonly record struct Key(TaskId Task, int Attempt, LeaseToken Token, OutputStream Stream);

    private sealed class OutputBytes
    {
        public List<byte> Bytes { get; } = [];

        public int Synced { get; set; }
    }
}
