using OrleansTasks.Rollouts;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;
using OrleansTasks.Workflows;

namespace OrleansTasks.Dispatch.Operations;

/// <summary>
/// What the operations of one round need from the store: every operation asks, <see cref="StoreReads"/> calls
/// <see cref="Read"/> once, and the operations use the answers when they are applied.
/// </summary>
/// <remarks>
/// Between the read and the commit, another queue may store an idempotency key, and retention may delete an ended task.
/// The store then refuses the commit, and the operations are repeated with a new lookup. Otherwise the answers stay
/// true: only the queue's owner writes its tasks, and a commit fails if another activation has become the owner.
/// </remarks>
internal sealed class Lookup
{
    private readonly HashSet<TaskId> ids = [];
    private readonly List<ReadOnlyMemory<byte>> keys = [];
    private readonly List<(string Schedule, long From, long To)> ranges = [];
    private readonly Dictionary<string, HashSet<long>> started = new(StringComparer.Ordinal);
    private readonly Dictionary<TaskId, OpenTask> tasks = [];
    private readonly HashSet<TaskId> workflowsAsked = [];
    private readonly Dictionary<TaskId, StoredNodes> workflows = [];
    private readonly HashSet<TaskId> rolloutsAsked = [];
    private readonly Dictionary<TaskId, (StoredRollout Rollout, ImmutableArray<RolloutNodeRow> Nodes)> rollouts = [];
    private readonly HashSet<TaskId> jobsAsked = [];
    private readonly HashSet<TaskId> jobs = [];
    private readonly HashSet<UndoRequest> undosAsked = [];
    private readonly Dictionary<UndoRequest, ImmutableArray<UndoRow>> undos = [];
    private readonly Dictionary<(TaskId Operation, long No), UndoOutcome> decided = [];
    private readonly Dictionary<string, IdempotencyEntry> entries = new(StringComparer.Ordinal);

    /// <summary>
    /// Asks for a task of this queue, open or ended: one to retry, one of a repeated submission, or a parent of a new
    /// one; during recovery, any task that an operation names.
    /// </summary>
    public void Ask(TaskId id) => AskIn(ids, id);

    /// <summary>Asks for an idempotency key, which identifies a repeated request, whichever queue stored it.</summary>
    public void AskKey(ReadOnlyMemory<byte> key)
    {
        keys.Add(key);
        Asked++;
    }

    /// <summary>Asks which times of a range (end excluded) a schedule has already started.</summary>
    public void AskStarted(string schedule, long from, long to)
    {
        ranges.Add((schedule, from, to));
        Asked++;
    }

    /// <summary>Asks for a workflow with its nodes, and the tasks of those that did not succeed.</summary>
    public void AskWorkflow(TaskId id) => AskIn(workflowsAsked, id);

    /// <summary>
    /// Returns a workflow, or null if it is not stored or if its unsuccessful tasks belong to another queue.
    /// </summary>
    public StoredNodes? WorkflowOf(TaskId id) => workflows.GetValueOrDefault(id);

    /// <summary>Asks for a rollout with its nodes, as of its last stored change.</summary>
    public void AskRollout(TaskId id) => AskIn(rolloutsAsked, id);

    public (StoredRollout Rollout, ImmutableArray<RolloutNodeRow> Nodes)? RolloutOf(TaskId id) =>
        rollouts.TryGetValue(id, out var found) ? found : null;

    public void AskJob(TaskId id) => AskIn(jobsAsked, id);

    public bool HasJob(TaskId id) => jobs.Contains(id);

    /// <summary>Asks for tasks as they were before a cancel or retry, and as they are stored now.</summary>
    public void AskUndo(UndoRequest request)
    {
        undosAsked.Add(request);
        Asked++;
    }

    public ImmutableArray<UndoRow> UndoOf(UndoRequest request) => undos.GetValueOrDefault(request, []);

    public UndoOutcome OutcomeOf(UndoRow row) => decided.GetValueOrDefault((row.Operation, row.Before.No), row.Outcome);

    /// <summary>Makes an outcome known to later operations of this round.</summary>
    public void Decide(UndoRow row, UndoOutcome outcome) => decided[(row.Operation, row.Before.No)] = outcome;

    public IReadOnlySet<long> StartedOf(string schedule) => started.GetValueOrDefault(schedule) ?? [];

    /// <summary>
    /// The number of questions so far. If the read fails, only the operations that raised this number fail.
    /// </summary>
    public int Asked { get; private set; }

    public IEnumerable<OpenTask> Tasks => tasks.Values;

    public bool TryTask(TaskId id, out OpenTask task) => tasks.TryGetValue(id, out task);

    /// <summary>
    /// Returns the entry of a key if it was stored less than 24 hours ago or remembered in this round.
    /// </summary>
    public IdempotencyEntry? Entry(ReadOnlyMemory<byte> key) => entries.GetValueOrDefault(Text(key));

    /// <summary>Makes a new key known to later operations of this round; the store does not have it yet.</summary>
    public void Remember(IdempotencyEntry entry) => entries[Text(entry.Key)] = entry;

    // The Know methods take answers from Read and from tests.
    public void Know(in OpenTask task) => tasks[task.Row.Id] = task;

    public void Know(StoredNodes workflow) => workflows[workflow.Workflow.Row.Id] = workflow;

    public void Know(StoredRollout rollout, ImmutableArray<RolloutNodeRow> nodes) =>
        rollouts[rollout.Row.Id] = (rollout, nodes);

    public void Know(UndoRequest request, ImmutableArray<UndoRow> rows) => undos[request] = rows;

    public void KnowJob(TaskId id) => jobs.Add(id);

    /// <summary>Reads everything that was asked for. Called once.</summary>
    /// <exception cref="StoreUnavailableException">The store cannot be read.</exception>
    public async Task Read(ITaskStore store, int queueNo, long now)
    {
        foreach (var request in undosAsked)
        {
            var rows = await store.Undo.Read(queueNo, request.Operation, request.After, UndoRequest.MostTasks);
            Know(request, rows);
            ids.UnionWith(rows.Select(static row => row.Before.Id));
        }

        if (ids.Count > 0)
        {
            foreach (var task in await store.Find(queueNo, [.. ids]))
                Know(task);
        }

        if (keys.Count > 0)
        {
            foreach (var entry in await store.FindIdempotent([.. keys], now))
                Remember(entry);
        }

        foreach (var id in workflowsAsked)
        {
            if (await ReadWorkflow(store, queueNo, id) is { } found)
                Know(found);
        }

        foreach (var id in rolloutsAsked)
        {
            // The owner already has the nodes of one that has not ended.
            if (await store.Rollouts.Get(id) is { } found)
            {
                Know(found, found.Row.State.IsFinal()
                    ? await store.Rollouts.Nodes(id, state: null, after: -1, found.Row.Count)
                    : []);
            }
        }

        foreach (var id in jobsAsked)
        {
            if (await store.Jobs.Get(id, whole: false) is not null)
                KnowJob(id);
        }

        foreach (var (schedule, from, to) in ranges)
        {
            if (!started.TryGetValue(schedule, out var times))
                started[schedule] = times = [];
            times.UnionWith(await store.Schedules.StartedTimes(schedule, from, to));
        }
    }

    private void AskIn(HashSet<TaskId> wanted, TaskId id)
    {
        wanted.Add(id);
        Asked++;
    }

    private static async Task<StoredNodes?> ReadWorkflow(ITaskStore store, int queueNo, TaskId id)
    {
        if (await store.Workflows.Get(id) is not { } workflow)
            return null;
        var nodes = await store.Workflows.Nodes(id);
        var unsuccessful = await store.Find(
            queueNo,
            [.. nodes.Where(static node => node.State is TaskState.Failed or TaskState.Cancelled)
                .Select(static node => node.Task)]);
        // If none of these tasks is in this queue, the workflow is another queue's, and this owner must not write it.
        return unsuccessful.IsEmpty && nodes.Any(static node => node.State is TaskState.Failed or TaskState.Cancelled)
            ? null
            : new StoredNodes(workflow, nodes, unsuccessful.ToDictionary(static task => task.Row.Id),
                await LoadedItems.Of(store.Workflows, id), await store.Workflows.Jobs(id));
    }

    private static string Text(ReadOnlyMemory<byte> key) => Convert.ToHexString(key.Span);
}
