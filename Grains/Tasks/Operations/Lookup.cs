using OrleansTasks.Storage;

namespace OrleansTasks.Tasks;

/// <summary>
/// What the operations of one round need from the store: they ask, then <see cref="Read"/> is called once, then they are applied. The
/// partition's own loop is the only writer of its tasks, so what is read of tasks stays true until the round's commit. Another partition
/// may store an idempotency key meanwhile; the store then refuses the commit.
/// </summary>
internal sealed class Lookup
{
    private readonly List<TaskId> ids = [];
    private readonly List<ReadOnlyMemory<byte>> keys = [];
    private readonly Dictionary<TaskId, OpenTask> tasks = [];
    private readonly Dictionary<string, IdempotencyEntry> entries = new(StringComparer.Ordinal);

    /// <summary>Asks for a task of this partition.</summary>
    public void Ask(TaskId id) => ids.Add(id);

    /// <summary>Asks for what is stored under an idempotency key, whatever partition stored it.</summary>
    public void AskKey(ReadOnlyMemory<byte> key) => keys.Add(key);

    /// <summary>How much has been asked for; it rises with every question, so the caller sees which operation asks.</summary>
    public int Count => ids.Count + keys.Count;

    /// <summary>The tasks that were asked for and are stored, open or ended.</summary>
    public IEnumerable<OpenTask> Tasks => tasks.Values;

    /// <summary>A task as it is stored, open or ended; false when this partition has no such task.</summary>
    public bool TryTask(TaskId id, out OpenTask task) => tasks.TryGetValue(id, out task);

    /// <summary>The entry of a key, stored or of this round; null when the key is new.</summary>
    public IdempotencyEntry? Entry(ReadOnlyMemory<byte> key) => entries.GetValueOrDefault(Text(key));

    /// <summary>Makes an entry of this round known to the operations that follow in it.</summary>
    public void Remember(IdempotencyEntry entry) => entries[Text(entry.Key)] = entry;

    /// <summary>Makes a stored task known.</summary>
    public void Know(in OpenTask task) => tasks[task.Row.Id] = task;

    /// <summary>Reads what was asked for; does nothing when nothing was.</summary>
    /// <param name="store">The store.</param>
    /// <param name="partition">The partition's number in the store.</param>
    /// <param name="now">Unix milliseconds, by the wall clock: entries are forgotten after 24 hours.</param>
    /// <exception cref="StoreUnavailableException">The store cannot be read.</exception>
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
