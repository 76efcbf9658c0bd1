using System.Collections.ObjectModel;
using OrleansTasks.Audit;
using OrleansTasks.Feed;
using OrleansTasks.Files;
using OrleansTasks.Jobs;
using OrleansTasks.Nodes;
using OrleansTasks.Processing.Files;
using OrleansTasks.Rollouts;
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
/// Operations change the core while they fill the draft, so memory is ahead of the store until the commit is on disk.
/// If the commit fails, the grain sends nothing and discards the draft and the core. If the outcome is unknown at first
/// and the commit proves to be on disk, the callers get their replies, but nothing is sent. Anything sent may be lost:
/// heartbeats then repeat commands, and job grains and gateways read the store.
/// </remarks>
internal sealed class CommitDraft
{
    private readonly Dictionary<long, TaskWrite> byNo = [];
    private Dictionary<TaskId, AuditRecord>? audit;
    private ScheduleDraft? schedules;
    private WorkflowDraft? workflows;
    private RolloutDraft? rollouts;
    private Dictionary<FileUse, ImmutableArray<FileName>>? fileUses;
    private Dictionary<(TaskId Operation, long No), UndoRow>? kept;
    private List<(TaskId Operation, long No, UndoOutcome Outcome)>? decided;

    /// <summary>
    /// The commands for each node, in the session last asked for. <see cref="Commands"/> has those for all sessions.
    /// </summary>
    private readonly Dictionary<string, DraftCommands> byNode = new(StringComparer.Ordinal);

    /// <summary>The tasks to write. A task that changes several times in the round has one write.</summary>
    public List<TaskWrite> Writes { get; } = [];

    /// <summary>The idempotency keys to store, with the answers that repeated requests get.</summary>
    public List<IdempotencyEntry> Idempotency { get; } = [];

    /// <summary>
    /// The round's task state changes, and the creation and end of jobs, in order. A task may have several events. The
    /// commit stores them, and gateways receive them afterwards. Chunk runs have no events.
    /// </summary>
    public List<FeedEntry> Events { get; } = [];

    /// <summary>The events of schedules, workflows and rollouts, in order.</summary>
    public List<ResourceChange> Resources { get; } = [];

    public IReadOnlyCollection<AuditRecord> Audit => audit is null ? [] : audit.Values;

    public ScheduleDraft Schedules => schedules ??= new ScheduleDraft(Resources);

    /// <summary>The folders to look at after the round.</summary>
    public IReadOnlyList<FolderLook> Looks => schedules?.Looks ?? [];

    public bool ChangesSchedules => schedules is { IsEmpty: false };

    public WorkflowDraft Workflows => workflows ??= new WorkflowDraft(Resources);

    public bool ChangesWorkflows => workflows is { IsEmpty: false };

    public RolloutDraft Rollouts => rollouts ??= new RolloutDraft(Resources);

    public bool ChangesRollouts => rollouts is { IsEmpty: false };

    /// <summary>
    /// The undo rows and undo outcomes to store; null if there are none and the queue is not deleted.
    /// </summary>
    public UndoCommit? Undo => kept is null && decided is null && !IsQueueGone ? null
        : new UndoCommit(kept?.Values ?? (IReadOnlyCollection<UndoRow>)[], decided ?? []) { IsQueueGone = IsQueueGone };

    /// <summary>
    /// The stored files that each changed owner names from now on; no files for an owner that is gone.
    /// </summary>
    public IReadOnlyDictionary<FileUse, ImmutableArray<FileName>> FileUses =>
        fileUses is null ? ReadOnlyDictionary<FileUse, ImmutableArray<FileName>>.Empty : fileUses;

    public List<JobCommit> Jobs { get; } = [];

    /// <summary>
    /// The jobs that schedules or workflows started. <see cref="Outbox"/> calls their grains after the commit.
    /// </summary>
    public List<TaskId> StartedJobs { get; } = [];

    /// <summary>
    /// The workflow jobs to cancel. <see cref="Outbox"/> calls their grains after the commit. Lost calls are repeated.
    /// </summary>
    public List<TaskId> CancelledJobs { get; } = [];

    public List<ChunkWrite> Chunks { get; } = [];

    /// <summary>The ended chunks among <see cref="Chunks"/>, grouped by job, to send to the job grains.</summary>
    public List<(TaskId Job, List<EndedChunk> Chunks)> Ended { get; } = [];

    public List<DraftCommands> Commands { get; } = [];

    /// <summary>
    /// Whether the round must commit even without changes, because only the queue's owner may give one of its replies.
    /// If another activation has taken the queue over, the store refuses the commit, and the calls fail.
    /// </summary>
    public bool NeedsOwner { get; set; }

    /// <summary>
    /// The theoretical time of the next start, in Unix nanoseconds (<see cref="QueueLimits"/>); null if unchanged.
    /// </summary>
    public long? StartsFrom { get; set; }

    /// <summary>
    /// True if the round retires the queue, false if it brings a retired queue back into use, null if neither.
    /// </summary>
    public bool? IsRetired { get; set; }

    /// <summary>Whether the round deletes the queue, even if a later operation brings it back into use.</summary>
    public bool IsQueueGone { get; set; }

    /// <summary>
    /// Whether the round needs no commit, so that its replies and commands go out at once. Commands for chunk runs and
    /// repeated commands are not stored. Events, ended chunks, starts and audit records need no check here, because
    /// each accompanies a change that is checked.
    /// </summary>
    public bool IsEmpty => Writes.Count == 0 && Chunks.Count == 0 && Jobs.Count == 0 && Idempotency.Count == 0 && !NeedsOwner
        && IsRetired is null && !IsQueueGone && !ChangesSchedules && !ChangesWorkflows && !ChangesRollouts
        && decided is null;

    /// <summary>
    /// Adds an audit record of <paramref name="count"/> changes. Does nothing if the origin is null or the count is 0.
    /// Further calls for the same origin only add to its count.
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

    /// <summary>
    /// Sets which stored files an owner names from now on. Called in a round that also writes the owner.
    /// </summary>
    public void Name(FileUse owner, ImmutableArray<FileName> files) => (fileUses ??= [])[owner] = files;

    /// <summary>Stores how a task was before a cancel or retry, so that the change can be undone.</summary>
    public void Keep(UndoRow row) => (kept ??= [])[(row.Operation, row.Before.No)] = row;

    /// <summary>Stores the outcome of undoing a cancel or retry of one task.</summary>
    public void Decide(UndoRow row, UndoOutcome outcome) =>
        (decided ??= []).Add((row.Operation, row.Before.No, outcome));

    public TaskWrite? Find(long no) => byNo.GetValueOrDefault(no);

    /// <summary>
    /// Adds a task's first write. For later changes in the round, extend the write that <see cref="Find"/> returns.
    /// </summary>
    /// <exception cref="ArgumentException">The draft already has a write for the task: a bug in the caller.</exception>
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

    /// <summary>
    /// Returns the commands for a node, which ignores them if it is in another session than <paramref name="session"/>.
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

/// <summary>
/// The commands that one round sends to a node in one session. <see cref="Outbox"/> sends them as one
/// <see cref="CommandBatch"/>, which may be lost. Heartbeats then cause the dispatcher to repeat commands
/// (<see cref="LeaseBook.Renew"/>): a start up to three times, a cancel until the attempt is over, and a kill as long
/// as the worker lists an attempt without a lease.
/// </summary>
internal sealed class DraftCommands(string node, long session)
{
    public string Node { get; } = node;

    /// <summary>The session that the commands are for. A node in another session ignores them.</summary>
    public long Session { get; } = session;

    public List<StartCommand> Start { get; } = [];

    /// <summary>
    /// Attempts to end with SIGTERM, then with SIGKILL after a grace period. They keep their leases until the worker
    /// reports a result or the attempts are lost.
    /// </summary>
    public List<LeaseRef> Cancel { get; } = [];

    /// <summary>
    /// Attempts to kill at once. Their leases have been released, so further reports on them are ignored.
    /// </summary>
    public List<LeaseRef> Kill { get; } = [];

    /// <summary>Returns an immutable message with the commands added so far.</summary>
    public CommandBatch ToBatch() => new(Session, [.. Start], [.. Cancel], [.. Kill]);
}
