using OrleansTasks.Storage;
using OrleansTasks.Tasks;
using OrleansTasks.Workflows;

namespace OrleansTasks.Dispatch.Operations;

/// <summary>
/// What the operations (callers' requests) of one round of a dispatcher need from the store. First every operation
/// asks, then <see cref="RoundLoop"/> calls <see cref="Read"/> once, then the operations are applied and use
/// the answers. A new instance for every round.
/// </summary>
/// <remarks>
/// Two things can change between the read and the round's commit: another queue may store an idempotency key, and
/// retention may delete an ended task. The store then refuses the commit, and the operations are repeated with a new
/// lookup. Otherwise the answers stay true, because only the queue's owner writes its tasks; if another activation
/// has become the owner, the commit fails.
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
    private readonly HashSet<TaskId> jobsAsked = [];
    private readonly HashSet<TaskId> jobs = [];
    private readonly HashSet<UndoRequest> undosAsked = [];
    private readonly Dictionary<UndoRequest, ImmutableArray<UndoRow>> undos = [];
    private readonly Dictionary<(TaskId Operation, long No), UndoOutcome> decided = [];
    private readonly Dictionary<string, IdempotencyEntry> entries = new(StringComparer.Ordinal);

    /// <summary>
    /// Asks for a task of this queue, open or ended: a task to retry, a task of a repeated submission, a task
    /// that a new one waits for, or, while the dispatcher has not read all open tasks, any task that an operation names.
    /// </summary>
    public void Ask(TaskId id) => AskIn(ids, id);

    /// <summary>
    /// Asks for what is stored under an idempotency key, which marks repeats of a submission, whatever queue stored
    /// it.
    /// </summary>
    public void AskKey(ReadOnlyMemory<byte> key)
    {
        keys.Add(key);
        Asked++;
    }

    /// <summary>Asks which times of a range a schedule has started before; the range's end is not in it.</summary>
    public void AskStarted(string schedule, long from, long to)
    {
        ranges.Add((schedule, from, to));
        Asked++;
    }

    /// <summary>Asks for a workflow with its nodes, and the tasks of those that did not succeed.</summary>
    public void AskWorkflow(TaskId id) => AskIn(workflowsAsked, id);

    /// <summary>
    /// A workflow that was asked for, as the store had it; null when there is none in this queue.
    /// </summary>
    public StoredNodes? WorkflowOf(TaskId id) => workflows.GetValueOrDefault(id);

    /// <summary>Asks whether a data job is stored, open or ended.</summary>
    public void AskJob(TaskId id) => AskIn(jobsAsked, id);

    /// <summary>Whether a job that was asked for was stored.</summary>
    public bool HasJob(TaskId id) => jobs.Contains(id);

    /// <summary>Asks for tasks as they were before they were cancelled or retried, and for the same tasks as they are stored.</summary>
    public void AskUndo(UndoRequest request)
    {
        undosAsked.Add(request);
        Asked++;
    }

    /// <summary>The rows of a request that was asked for.</summary>
    public ImmutableArray<UndoRow> UndoOf(UndoRequest request) => undos.GetValueOrDefault(request, []);

    /// <summary>What was decided of a row, before or by another operation of this round.</summary>
    public UndoOutcome OutcomeOf(UndoRow row) => decided.GetValueOrDefault((row.Operation, row.Before.No), row.Outcome);

    /// <summary>Makes what is decided of a row known to later operations of this round.</summary>
    public void Decide(UndoRow row, UndoOutcome outcome) => decided[(row.Operation, row.Before.No)] = outcome;

    /// <summary>The times that a schedule has started, of the ranges that were asked for.</summary>
    public IReadOnlySet<long> StartedOf(string schedule) => started.GetValueOrDefault(schedule) ?? [];

    /// <summary>
    /// How often something was asked, also for what another operation had asked before. The dispatcher compares the
    /// count before and after each operation, because only the operations that asked fail if the read fails.
    /// </summary>
    public int Asked { get; private set; }

    /// <summary>The tasks that were asked for and are stored, open or ended.</summary>
    public IEnumerable<OpenTask> Tasks => tasks.Values;

    /// <summary>
    /// A task as the store had it at <see cref="Read"/>; false when the task is not stored in this queue or was not
    /// asked for.
    /// </summary>
    public bool TryTask(TaskId id, out OpenTask task) => tasks.TryGetValue(id, out task);

    /// <summary>
    /// The entry of an idempotency key, stored or remembered in this round; null when there is none that is less than
    /// 24 hours old.
    /// </summary>
    public IdempotencyEntry? Entry(ReadOnlyMemory<byte> key) => entries.GetValueOrDefault(Text(key));

    /// <summary>
    /// Makes the entry of a new key known to later operations of this round, since the store does not have it yet.
    /// </summary>
    public void Remember(IdempotencyEntry entry) => entries[Text(entry.Key)] = entry;

    /// <summary>Takes in a task as the store has it; for <see cref="Read"/> and for tests.</summary>
    public void Know(in OpenTask task) => tasks[task.Row.Id] = task;

    /// <summary>Takes in a workflow as the store has it; for <see cref="Read"/> and for tests.</summary>
    public void Know(StoredNodes workflow) => workflows[workflow.Workflow.Row.Id] = workflow;

    /// <summary>Takes in the rows of a request; for <see cref="Read"/> and for tests.</summary>
    public void Know(UndoRequest request, ImmutableArray<UndoRow> rows) => undos[request] = rows;

    /// <summary>Takes in that a job is stored; for <see cref="Read"/> and for tests.</summary>
    public void KnowJob(TaskId id) => jobs.Add(id);

    /// <summary>Reads everything that was asked for; does nothing when nothing was. Called once.</summary>
    /// <param name="store">The store.</param>
    /// <param name="queueNo">The queue's number in the store.</param>
    /// <param name="now">
    /// Unix milliseconds of the wall clock, by which the store leaves out keys older than 24 hours.
    /// </param>
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
        // Of another queue, it has no such tasks here, and the owner of this one must not write it.
        return unsuccessful.IsEmpty && nodes.Any(static node => node.State is TaskState.Failed or TaskState.Cancelled)
            ? null
            : new StoredNodes(workflow, nodes, unsuccessful.ToDictionary(static task => task.Row.Id),
                await LoadedItems.Of(store.Workflows, id), await store.Workflows.Jobs(id));
    }

    private static string Text(ReadOnlyMemory<byte> key) => Convert.ToHexString(key.Span);
}
