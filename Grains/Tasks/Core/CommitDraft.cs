using OrleansTasks.Feed;
using OrleansTasks.Jobs;
using OrleansTasks.Storage;

namespace OrleansTasks.Tasks;

/// <summary>
/// What one round of operations decided: the rows to write and, once they are on disk, the commands to send. A task
/// that changes several times in a round is written once.
/// </summary>
internal sealed class CommitDraft
{
    private readonly Dictionary<long, TaskWrite> byNo = [];
    private readonly Dictionary<string, DraftCommands> byNode = new(StringComparer.Ordinal);

    public List<TaskWrite> Writes { get; } = [];

    public List<IdempotencyEntry> Idempotency { get; } = [];

    public List<FeedEntry> Events { get; } = [];

    public List<JobCommit> Jobs { get; } = [];

    public List<ChunkWrite> Chunks { get; } = [];

    /// <summary>The chunks that end, by job, for the jobs' grains.</summary>
    public List<(TaskId Job, List<EndedChunk> Chunks)> Ended { get; } = [];

    /// <summary>Commands by node, in the order in which the nodes first got one.</summary>
    public List<DraftCommands> Commands { get; } = [];

    /// <summary>
    /// Set when an answer may only be given by the partition's owner, though there is nothing to write: the commit's
    /// fence tells.
    /// </summary>
    public bool NeedsOwner { get; set; }

    /// <summary>Whether nothing has to be committed.</summary>
    public bool IsEmpty => Writes.Count == 0 && Chunks.Count == 0 && Jobs.Count == 0 && Idempotency.Count == 0 && !NeedsOwner;

    /// <summary>The write of a task, if the draft has one.</summary>
    public TaskWrite? Find(long no) => byNo.GetValueOrDefault(no);

    /// <summary>Adds the write of a task that the draft does not have yet.</summary>
    public TaskWrite Add(TaskWrite write)
    {
        byNo.Add(write.Row.No, write);
        Writes.Add(write);
        return write;
    }

    /// <summary>The ended chunks of a job.</summary>
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

    /// <summary>The commands for a node in a session.</summary>
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
