using OrleansTasks.Audit;
using OrleansTasks.Feed;
using OrleansTasks.Jobs;
using OrleansTasks.Schedules;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;
using OrleansTasks.Workflows;

namespace OrleansTasks.Dispatch;

/// <summary>
/// Collects what one round of a dispatcher decides: the changes to write in one commit, and the commands and notices to
/// send after it. <see cref="RoundLoop"/> creates a draft for each round, <see cref="DispatchCore"/> fills it,
/// <see cref="QueueWriter"/> writes it, and <see cref="Outbox"/> sends it.
/// </summary>
/// <remarks>
/// The core changes while the draft is filled, so memory is ahead of the store until the commit is on disk. If the
/// commit fails, the grain sends nothing and discards the draft and the core. If the outcome is unknown at first and
/// the commit proves to be on disk, the callers get their replies, but nothing is sent. Everything sent may be lost:
/// heartbeats repeat commands, and job grains and gateways read the store.
/// </remarks>
internal sealed class CommitDraft
{
    private readonly Dictionary<long, TaskWrite> byNo = [];
    private Dictionary<TaskId, AuditRecord>? audit;
    private ScheduleDraft? schedules;
    private WorkflowDraft? workflows;
    private Dictionary<(TaskId Operation, long No), UndoRow>? kept;
    private List<(TaskId Operation, long No, UndoOutcome Outcome)>? decided;

    /// <summary>The latest commands of each node. <see cref="Commands"/> also has those of earlier sessions.</summary>
    private readonly Dictionary<string, DraftCommands> byNode = new(StringComparer.Ordinal);

    /// <summary>The tasks to write. A task that changes several times in the round has one write.</summary>
    public List<TaskWrite> Writes { get; } = [];

    /// <summary>The answers to store for repeats of requests with an idempotency key.</summary>
    public List<IdempotencyEntry> Idempotency { get; } = [];

    /// <summary>
    /// The round's changes of tasks' states, and the creation and the end of jobs, in order; a task may have several.
    /// The commit stores them, and gateways get them after it. Chunk runs have no events.
    /// </summary>
    public List<FeedEntry> Events { get; } = [];

    public IReadOnlyCollection<AuditRecord> Audit => audit is null ? [] : audit.Values;

    public ScheduleDraft Schedules => schedules ??= new ScheduleDraft();

    public bool ChangesSchedules => schedules is { IsEmpty: false };

    public WorkflowDraft Workflows => workflows ??= new WorkflowDraft();

    public bool ChangesWorkflows => workflows is { IsEmpty: false };

    /// <summary>What to keep for undoing cancels and retries, and what undoing led to; null if nothing.</summary>
    public UndoCommit? Undo => kept is null && decided is null && !IsQueueGone ? null
        : new UndoCommit(kept?.Values ?? (IReadOnlyCollection<UndoRow>)[], decided ?? []) { IsQueueGone = IsQueueGone };

    public List<JobCommit> Jobs { get; } = [];

    /// <summary>The jobs that schedules or workflows started. Their grains are called after the commit.</summary>
    public List<TaskId> StartedJobs { get; } = [];

    /// <summary>Workflows' jobs to cancel. Their grains are called after the commit, and again while open.</summary>
    public List<TaskId> CancelledJobs { get; } = [];

    public List<ChunkWrite> Chunks { get; } = [];

    /// <summary>The ended chunks among <see cref="Chunks"/>, by job, for the jobs' grains.</summary>
    public List<(TaskId Job, List<EndedChunk> Chunks)> Ended { get; } = [];

    public List<DraftCommands> Commands { get; } = [];

    /// <summary>
    /// Whether the round must commit even without changes, because only the queue's owner may give one of its replies.
    /// If another activation has taken the queue over, the store refuses the commit, and the callers get a failure.
    /// </summary>
    public bool NeedsOwner { get; set; }

    /// <summary>The theoretical time of the next start (<see cref="QueueLimits"/>); null if unchanged.</summary>
    public long? StartsFrom { get; set; }

    /// <summary>True when the round retires the queue, false when it takes a retired one into use again.</summary>
    public bool? IsRetired { get; set; }

    /// <summary>Whether the round deletes the queue, even if something comes into it afterwards.</summary>
    public bool IsQueueGone { get; set; }

    /// <summary>
    /// Whether the round needs no commit, so its commands and replies go out at once: commands for chunk runs and
    /// repeated ones are not stored. Events, ended chunks, starts and audit records come with a write of their own.
    /// </summary>
    public bool IsEmpty => Writes.Count == 0 && Chunks.Count == 0 && Jobs.Count == 0 && Idempotency.Count == 0 && !NeedsOwner
        && IsRetired is null && !IsQueueGone && !ChangesSchedules && !ChangesWorkflows && decided is null;

    /// <summary>
    /// Audits <paramref name="count"/> changes in this draft, unless there is no origin or no change. Further calls for
    /// the same origin only add to its count.
    /// </summary>
    public void Note(Origin? origin, long now, long count = 1, string? before = null, string? after = null)
    {
        if (origin is null || count == 0)
            return;
        audit ??= [];
        audit[origin.Id] = audit.TryGetValue(origin.Id, out var known)
            ? known with { Count = known.Count + count }
            : new AuditRecord(origin, now, count) { Before = before, After = after };
    }

    /// <summary>Keeps a task as it was before a cancel or retry in this draft.</summary>
    public void Keep(UndoRow row) => (kept ??= [])[(row.Operation, row.Before.No)] = row;

    /// <summary>Stores what undoing the change of a task has led to.</summary>
    public void Decide(UndoRow row, UndoOutcome outcome) =>
        (decided ??= []).Add((row.Operation, row.Before.No, outcome));

    public TaskWrite? Find(long no) => byNo.GetValueOrDefault(no);

    /// <summary>Adds a task's first write in this draft. Extend it for later changes (<see cref="Find"/>).</summary>
    /// <exception cref="ArgumentException">The draft has a write of the task: a defect of the caller.</exception>
    public TaskWrite Add(TaskWrite write)
    {
        byNo.Add(write.Row.No, write);
        Writes.Add(write);
        return write;
    }

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

    /// <summary>A node that is in another session than <paramref name="session"/> ignores the commands.</summary>
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
