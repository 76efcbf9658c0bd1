using OrleansTasks.Audit;
using OrleansTasks.Feed;
using OrleansTasks.Jobs;
using OrleansTasks.Schedules;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;
using OrleansTasks.Workflows;

namespace OrleansTasks.Dispatch;

/// <summary>
/// Collects what a dispatcher decides in one round of its commit loop: the changes to write in one commit, and the
/// commands and notices to send after the commit. <see cref="RoundLoop"/> creates an empty draft for each
/// round, <see cref="DispatchCore"/> and its parts fill it, <see cref="QueueWriter"/> writes it, and
/// <see cref="Outbox"/> sends it.
/// </summary>
/// <remarks>
/// The core's memory changes while the draft is filled, so it is ahead of the store until the commit is on disk. When
/// the commit fails, the grain sends nothing and discards the draft and the core. When the outcome is unknown at first
/// and the commit proves to be on disk, the callers get their replies, but the commands are lost. Everything that is
/// sent may be lost: heartbeats repeat commands, and job grains and gateways read the store.
/// </remarks>
internal sealed class CommitDraft
{
    private readonly Dictionary<long, TaskWrite> byNo = [];
    private Dictionary<TaskId, AuditRecord>? audit;
    private ScheduleDraft? schedules;
    private WorkflowDraft? workflows;
    private Dictionary<(TaskId Operation, long No), UndoRow>? kept;
    private List<(TaskId Operation, long No, UndoOutcome Outcome)>? decided;

    /// <summary>
    /// The latest commands of each node; those of its earlier sessions are only in <see cref="Commands"/>.
    /// </summary>
    private readonly Dictionary<string, DraftCommands> byNode = new(StringComparer.Ordinal);

    /// <summary>
    /// The tasks to write. A task that changes several times in the round has one write. Filled by <see cref="Add"/>.
    /// </summary>
    public List<TaskWrite> Writes { get; } = [];

    /// <summary>
    /// The requests with an idempotency key whose answers the commit stores, for repeats of the requests.
    /// </summary>
    public List<IdempotencyEntry> Idempotency { get; } = [];

    /// <summary>
    /// Every change of a task's state in the round, and the creation and the end of jobs, in order. A task may have
    /// several. Stored by the commit, and sent to gateways after it. Chunk runs (executions of a data job's chunks)
    /// have no events.
    /// </summary>
    public List<FeedEntry> Events { get; } = [];

    /// <summary>Who asked for changes of the round; one entry for each request. Filled by <see cref="Note"/>.</summary>
    public IReadOnlyCollection<AuditRecord> Audit => audit is null ? [] : audit.Values;

    /// <summary>The changes of schedules and their occurrences.</summary>
    public ScheduleDraft Schedules => schedules ??= new ScheduleDraft();

    /// <summary>Whether there are any of these.</summary>
    public bool ChangesSchedules => schedules is { IsEmpty: false };

    /// <summary>The changes of workflows.</summary>
    public WorkflowDraft Workflows => workflows ??= new WorkflowDraft();

    /// <summary>Whether there are any of these.</summary>
    public bool ChangesWorkflows => workflows is { IsEmpty: false };

    /// <summary>What is kept so that cancels and retries can be undone, and what undoing led to; null when there is none.</summary>
    public UndoCommit? Undo => kept is null && decided is null && !IsQueueGone ? null
        : new UndoCommit(kept?.Values ?? (IReadOnlyCollection<UndoRow>)[], decided ?? []) { IsQueueGone = IsQueueGone };

    /// <summary>The changes of data jobs' rows, in order. A job may have several.</summary>
    public List<JobCommit> Jobs { get; } = [];

    /// <summary>
    /// The jobs of <see cref="Jobs"/> that schedules or workflows have started. Their grains are called after the commit.
    /// </summary>
    public List<TaskId> StartedJobs { get; } = [];

    /// <summary>
    /// Jobs of workflows' nodes that are to be cancelled. Their grains are called after the commit, and again after some
    /// seconds if the jobs have not ended.
    /// </summary>
    public List<TaskId> CancelledJobs { get; } = [];

    /// <summary>
    /// The chunks to write: new chunks and ended chunks. A chunk is some items of a job that one worker processes.
    /// </summary>
    public List<ChunkWrite> Chunks { get; } = [];

    /// <summary>
    /// The chunks that end in the round, by job. The job's grain is told of them after the commit. <see cref="Chunks"/>
    /// has them as well. Filled through <see cref="EndedOf"/>.
    /// </summary>
    public List<(TaskId Job, List<EndedChunk> Chunks)> Ended { get; } = [];

    /// <summary>The commands to send, for each node session that has any. Filled through <see cref="For"/>.</summary>
    public List<DraftCommands> Commands { get; } = [];

    /// <summary>
    /// Whether the round must commit even if it has nothing to write, because only the queue's owner may give one
    /// of its replies. The store refuses the commit when another activation has taken the queue over; the
    /// round's callers then get a failure instead of the reply.
    /// </summary>
    public bool NeedsOwner { get; set; }

    /// <summary>Where the starts stand under a limited rate (<see cref="QueueLimits"/>); null when none changed.</summary>
    public long? StartsFrom { get; set; }

    /// <summary>
    /// True when the round retires the queue, false when it takes a retired one into use again; else null.
    /// </summary>
    public bool? IsRetired { get; set; }

    /// <summary>Whether the queue is deleted in this round, even if something comes into it afterwards.</summary>
    public bool IsQueueGone { get; set; }

    /// <summary>
    /// Whether the round needs no commit; its commands and replies are then sent at once. A draft with only commands is
    /// empty: commands for chunk runs, which are stored nowhere, and repeated commands. Events, ended chunks and starts
    /// need no look, because each comes with a write of its task, job or chunk; nor do records of who asked, which come
    /// with the change.
    /// </summary>
    public bool IsEmpty => Writes.Count == 0 && Chunks.Count == 0 && Jobs.Count == 0 && Idempotency.Count == 0 && !NeedsOwner
        && IsRetired is null && !IsQueueGone && !ChangesSchedules && !ChangesWorkflows && decided is null;

    /// <summary>
    /// Has the commit store who asked for changes that are in this draft. Nothing is stored when there is nobody to
    /// name, or when nothing was changed.
    /// </summary>
    /// <param name="origin">Who asked, and for what; null when nobody is to be named.</param>
    /// <param name="now">The time of the round.</param>
    /// <param name="count">How many things were changed.</param>
    /// <param name="before">As <see cref="AuditRecord.Before"/>.</param>
    /// <param name="after">As <see cref="AuditRecord.After"/>.</param>
    public void Note(Origin? origin, long now, long count = 1, string? before = null, string? after = null)
    {
        if (origin is null || count == 0)
            return;
        audit ??= [];
        audit[origin.Id] = audit.TryGetValue(origin.Id, out var known)
            ? known with { Count = known.Count + count }
            : new AuditRecord(origin, now, count) { Before = before, After = after };
    }

    /// <summary>Has the commit keep a task as it was before a cancel or retry that is in this draft.</summary>
    public void Keep(UndoRow row) => (kept ??= [])[(row.Operation, row.Before.No)] = row;

    /// <summary>Has the commit store what undoing the change of a task has led to.</summary>
    public void Decide(UndoRow row, UndoOutcome outcome) =>
        (decided ??= []).Add((row.Operation, row.Before.No, outcome));

    /// <summary>
    /// Returns the write of the task with this number in the queue; null when the draft has none.
    /// </summary>
    public TaskWrite? Find(long no) => byNo.GetValueOrDefault(no);

    /// <summary>
    /// Adds the write of a task that has none in this draft, and returns it. The caller changes the same write when the
    /// task changes again in the round (<see cref="Find"/>).
    /// </summary>
    /// <exception cref="ArgumentException">The draft has a write of the task: a defect of the caller.</exception>
    public TaskWrite Add(TaskWrite write)
    {
        byNo.Add(write.Row.No, write);
        Writes.Add(write);
        return write;
    }

    /// <summary>Returns the list to which the caller adds the job's ended chunks; creates it for the first.</summary>
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
    /// Returns the commands to which the caller adds those for a node; creates them for the first. A node that is in
    /// another session than <paramref name="session"/> when they arrive ignores them.
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
