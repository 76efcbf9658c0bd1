using OrleansTasks.Feed;
using OrleansTasks.Jobs;
using OrleansTasks.Storage;

namespace OrleansTasks.Tasks;

/// <summary>
/// What one round of operations decided: what to write in one commit and, once it is on disk, the commands and notices to send. Every
/// round begins with an empty draft. When the commit fails, nothing is sent, and the core whose memory is ahead of the store is dropped
/// together with the draft.
/// </summary>
internal sealed class CommitDraft
{
    private readonly Dictionary<long, TaskWrite> byNo = [];
    private readonly Dictionary<string, DraftCommands> byNode = new(StringComparer.Ordinal);

    /// <summary>The tasks to write, each once, however often it changes in the round. Filled by <see cref="Add"/>.</summary>
    public List<TaskWrite> Writes { get; } = [];

    /// <summary>What to remember of requests that came with an idempotency key.</summary>
    public List<IdempotencyEntry> Idempotency { get; } = [];

    /// <summary>Every transition of a task or job in the round, in order; a task may have several.</summary>
    public List<FeedEntry> Events { get; } = [];

    /// <summary>The jobs to write.</summary>
    public List<JobCommit> Jobs { get; } = [];

    /// <summary>The chunks to write: new ones and ended ones.</summary>
    public List<ChunkWrite> Chunks { get; } = [];

    /// <summary>The chunks that end, by job, to tell the jobs' grains. They are in <see cref="Chunks"/>, too.</summary>
    public List<(TaskId Job, List<EndedChunk> Chunks)> Ended { get; } = [];

    /// <summary>Commands by node and session, in the order in which a node first got one in a session.</summary>
    public List<DraftCommands> Commands { get; } = [];

    /// <summary>
    /// Set when only the partition's owner may give a reply of the round, though there may be nothing to write: an empty commit is made
    /// then, which the store refuses when another activation has taken a newer epoch.
    /// </summary>
    public bool NeedsOwner { get; set; }

    /// <summary>
    /// Whether the round goes on without a commit. Commands alone need none: those of chunk runs, which are stored nowhere, and repeats.
    /// </summary>
    public bool IsEmpty => Writes.Count == 0 && Chunks.Count == 0 && Jobs.Count == 0 && Idempotency.Count == 0 && !NeedsOwner;

    /// <summary>The write of the task with that number in the partition; null when the draft has none.</summary>
    public TaskWrite? Find(long no) => byNo.GetValueOrDefault(no);

    /// <summary>Adds the write of a task that the draft does not have yet; the caller may still change it.</summary>
    /// <exception cref="ArgumentException">The draft has a write of the task: a defect of the caller.</exception>
    public TaskWrite Add(TaskWrite write)
    {
        byNo.Add(write.Row.No, write);
        Writes.Add(write);
        return write;
    }

    /// <summary>The list of a job's ended chunks, to add to; made when there is none.</summary>
    public List<EndedChunk> EndedOf(TaskId job)
    {
        foreach (var (id, chunks) in Ended)
        {
            if (id == job)
                return chunks;
        }

        Ended.Add((job, []));
        return Ended[^1].Chunks;
    }

    /// <summary>
    /// The commands for a node in a session, to add to; made when there are none. A node in another session ignores them.
    /// </summary>
    public DraftCommands For(string node, long session)
    {
        if (byNode.TryGetValue(node, out var commands) && commands.Session == session)
            return commands;
        commands = new DraftCommands(node, session);
        byNode[node] = commands;
        Commands.Add(commands);
        return commands;
    }
}
