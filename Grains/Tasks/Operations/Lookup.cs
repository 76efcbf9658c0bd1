using OrleansTasks.Storage;

namespace OrleansTasks.Tasks;

/// <summary>
/// What the operations of a round need from the store before they are applied. The partition's own loop is the only
/// writer of its tasks, so what is read between two commits stays true until the next.
/// </summary>
internal sealed class Lookup
{
    private readonly List<TaskId> ids = [];
    private readonly List<ReadOnlyMemory<byte>> keys = [];
    private readonly Dictionary<TaskId, OpenTask> tasks = [];
    private readonly Dictionary<string, IdempotencyEntry> entries = new(StringComparer.Ordinal);

    public void Ask(TaskId id) => ids.Add(id);

    public void AskKey(ReadOnlyMemory<byte> key) => keys.Add(key);

    /// <summary>How much has been asked for.</summary>
    public int Count => ids.Count + keys.Count;

    public IEnumerable<OpenTask> Tasks => tasks.Values;

    public bool TryTask(TaskId id, out OpenTask task) => tasks.TryGetValue(id, out task);

    public IdempotencyEntry? Entry(ReadOnlyMemory<byte> key) => entries.GetValueOrDefault(Text(key));

    /// <summary>Makes an entry of this round known to the operations that follow in it.</summary>
    public void Remember(IdempotencyEntry entry) => entries[Text(entry.Key)] = entry;

    /// <summary>Makes a stored task known.</summary>
    public void Know(in OpenTask task) => tasks[task.Row.Id] = task;

    public async Task Read(ITaskStore store, int partition, long now)
    {
        if (ids.Count > 0)
        {
            foreach (var task in await store.Find(partition, [.. ids]))
                Know(task);
        }

        if (keys.Count > 0)
        {
            foreach (var entry in await store.FindIdempotent([.. keys], now))
                Remember(entry);
        }
    }

    private static string Text(ReadOnlyMemory<byte> key) => Convert.ToHexString(key.Span);
}
