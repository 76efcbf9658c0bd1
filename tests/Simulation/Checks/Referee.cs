using OrleansTasks.Feed;
using OrleansTasks.Queues;
using OrleansTasks.Resources;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Simulation.Checks;

/// <summary>
/// Looks at every commit and keeps what is stored in mind by itself: whatever fails, the rules of a task's life hold.
/// </summary>
internal sealed partial class Referee(Coverage coverage, Func<string, string> zoneOf)
{
    private readonly Dictionary<LeaseToken, (TaskId Task, int Attempt)> tokens = [];
    private readonly Dictionary<int, KnownQueue> queues = [];
    private readonly Dictionary<string, int> numbers = [];
    private readonly Dictionary<int, string> names = [];
    private readonly Dictionary<string, QueueSettings> limits = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> epochs = [];
    private readonly Dictionary<(string Node, long Session), int> leases = [];
    private readonly Dictionary<(string Node, long Session), ResourceVector> resources = [];
    private readonly HashSet<string> keys = new(StringComparer.Ordinal);
    private readonly List<(KnownTask Task, TaskRow Row)> assigned = [];

    /// <summary>What commands have left as their results.</summary>
    public ResultReferee Results { get; } = new(coverage);

    /// <summary>What is kept of cancels and retries, and undone.</summary>
    public UndoReferee Undo { get; } = new(coverage);

    /// <summary>Which tasks hold unique keys.</summary>
    public UniqueReferee Uniques { get; } = new(coverage);

    /// <summary>Every task that was ever committed.</summary>
    public Dictionary<TaskId, KnownTask> Tasks { get; } = [];

    /// <summary>How many of them have not ended.</summary>
    public int Open { get; private set; }

    /// <summary>How many tasks have lost a node.</summary>
    public int NodeLosses => Tasks.Values.Count(static task => task.Row.NodeLosses > 0 || task.Row.Reason == EndReason.NodeLost);

    /// <summary>
    /// Given a node and its session: how many leases it may ever have had at once; null when nobody can say.
    /// </summary>
    public Func<string, long, int?>? SlotsOf { get; set; }

    /// <summary>The history of commits, which users' answers are checked against.</summary>
    public CallHistory Calls { get; } = new();

    /// <summary>Called when a task that retention has removed is submitted again under its id.</summary>
    public Action<TaskId>? Removed { get; set; }

    /// <summary>What workers have said of their room.</summary>
    public SentAhead SentAhead { get; } = new();

    /// <summary>The slots of a node without what it is sent ahead.</summary>
    public required Func<string, int> PlainSlotsOf { get; init; }

    /// <summary>What a node offers besides slots.</summary>
    public required Func<string, ResourceVector> OffersOf { get; init; }

    /// <summary>A commit is on the disk.</summary>
    public void Committed(QueueCommit commit)
    {
        if (!queues.TryGetValue(commit.QueueNo, out var queue))
            queues.Add(commit.QueueNo, queue = new KnownQueue());
        Violation.Unless(
            commit.Sequence == queue.Events.Count,
            $"Sequence {commit.Sequence} follows {queue.Events.Count}: events have a gap.");
        Violation.Unless(
            commit.LastNo >= queue.LastNo,
            $"The last number stepped back from {queue.LastNo} to {commit.LastNo}.");
        Violation.Unless(commit.Epoch >= queue.Epoch, $"Epoch {commit.Epoch} commits after {queue.Epoch}.");
        queue.Epoch = commit.Epoch;
        var before = queue.LastNo;
        queue.LastNo = commit.LastNo;
        queue.Events.Add([.. commit.Events]);
        foreach (var entry in commit.Idempotency)
            Violation.Unless(keys.Add(Convert.ToHexString(entry.Key.Span)), $"An idempotency key is stored twice.");
        var moves = commit.Events.ToLookup(static entry => entry.Task);
        assigned.Clear();
        Undo.Committed(commit, Tasks);
        foreach (var write in commit.Writes)
            Apply(queue, commit, write, moves[write.Row.Id], before);
        foreach (var entry in commit.Events.Where(static entry => !entry.IsJob))
            Violation.Unless(Tasks.ContainsKey(entry.Task), $"An event names {entry.Task}, which is not stored.");
        CheckOrder(queue);
        CheckKeys(queue);
        Uniques.Committed(commit);
        CheckSlots();
        CheckLimits(commit.QueueNo, queue);
    }

    /// <summary>A queue was taken over.</summary>
    public void Taken(string key, QueueOwnership ownership)
    {
        numbers[key] = ownership.QueueNo;
        names[ownership.QueueNo] = key;
        epochs[key] = ownership.Epoch;
        coverage.Fire("taken over");
    }

    /// <summary>Whether an epoch is not a queue's last one.</summary>
    public bool IsReplaced(string key, long epoch) => epochs.GetValueOrDefault(key) > epoch;

    /// <summary>The queue of a task.</summary>
    public string QueueOf(TaskId id) => names[Tasks[id].QueueNo];

    /// <summary>Retention has removed tasks: they had ended, and nobody can ask for them any more.</summary>
    public void Pruned(ImmutableArray<TaskId> removed)
    {
        foreach (var id in removed)
        {
            var task = Tasks[id];
            Violation.Unless(task.IsFinal, $"Retention removed {id}, which is {task.Row.State}.");
            task.IsPruned = true;
            Calls.Removed(id);
        }
    }

    /// <summary>A gateway was told of transitions: they must be just those of that commit.</summary>
    public void Told(FeedBatch batch)
    {
        if (batch.IsFarewell)
            return;
        var events = queues[numbers[batch.Queue]].Events;
        Violation.Unless(
            batch.Sequence >= 1 && batch.Sequence <= events.Count,
            $"A gateway heard of commit {batch.Sequence}, which is not stored.");
        Violation.Unless(
            batch.Entries.AsSpan().SequenceEqual(events[(int)batch.Sequence - 1]),
            $"A gateway heard something else of commit {batch.Sequence} than is stored.");
    }

    /// <summary>Somebody was told that a task is accepted.</summary>
    public void Acknowledged(TaskId id) => Violation.Unless(Tasks.ContainsKey(id), $"{id} was accepted, and is not stored.");

    private void Apply(KnownQueue queue, QueueCommit commit, TaskWrite write, IEnumerable<FeedEntry> moves, long lastNo)
    {
        var row = write.Row;
        var isNew = !Tasks.TryGetValue(row.Id, out var task);
        KnownTask? removed = null;
        if (task is { IsPruned: true } && write.New is not null)
        {
            // Ids are known for as long as their tasks are kept: a repetition that was held up for longer is a new submission.
            coverage.Fire("submission repeated after retention");
            Removed?.Invoke(row.Id);
            Tasks.Remove(row.Id);
            (isNew, task, removed) = (true, null, task);
        }

        Violation.Unless(isNew == write.New is not null, $"{row.Id} is new to one of store and dispatcher.");
        if (task is null)
        {
            Tasks.Add(row.Id, task = new KnownTask(write.New!, commit.QueueNo));
            Uniques.Accepted(task);
            // What was asked of the first one may still come.
            (task.CancelAsked, task.RetriesAsked) = (removed?.CancelAsked ?? false, removed?.RetriesAsked ?? 0);
            // The numbers of items are given with the list: ItemReferee checks them.
            Violation.Unless(
                (row.No > lastNo || write.New!.Item is not null) && row.Order == row.No,
                $"{row.Id} got the number {row.No} after {lastNo}.");
        }

        var was = task.Row;
        Open += (row.State.IsFinal() ? 0 : 1) - (isNew || was.State.IsFinal() ? 0 : 1);
        var path = CheckMoves(task, isNew, moves, row.State);
        CheckRow(row, task.Submission.IsForEach || task.Submission.IsJob);
        var undone = Undo.UndoneBy(commit, row.Id);
        CheckPlace(task, isNew, was, row, path, undone, lastNo);
        CheckCancel(task, isNew, was, row, path);
        CheckAttempts(task, row, write, was, isNew);
        if (!task.Submission.IsForEach && !task.Submission.IsJob)
            task.Budgets.Committed(write, path, isNew, was.State.IsFinal(), undone);
        if (row.IsQuarantined)
            coverage.Fire("task quarantined");
        if (!isNew)
            Leave(queue, task, was);
        Uniques.Written(task, isNew, was, row, commit.At);
        task.Row = row;
        Calls.Committed(
            row, !task.Submission.SecretEnv.IsEmpty, task.Submission.ExpiresAt != 0, task.Submission.Unique is not null);
        task.SecretsDropped |= write.DropSecrets;
        if (row.State.IsFinal() && (isNew || !was.State.IsFinal() || path.Count > 0))
            Results.Ended(write, task.Submission);
        task.HasResult = row.State.IsFinal() && write.Result is not null;
        Violation.Unless(
            !row.State.IsFinal() || task.SecretsDropped == !task.Submission.SecretEnv.IsEmpty,
            $"{row.Id} ended and its secrets are there.");
        Enter(queue, task, row);
        if (row.State.IsLeased() && (isNew || row.Token != was.Token))
            assigned.Add((task, row));
    }

    private List<TaskState> CheckMoves(KnownTask task, bool isNew, IEnumerable<FeedEntry> moves, TaskState to)
    {
        var from = isNew ? default(TaskState?) : task.Row.State;
        var path = new List<TaskState>(2);
        foreach (var move in moves)
        {
            if (from is null)
                Violation.Unless(
                    move.State is TaskState.Scheduled or TaskState.Queued,
                    $"A new task begins as {move.State}.");
            else
                Violation.Unless(
                    coverage.TryMove(from.Value, move.State),
                    $"{task.Submission.Id} became {move.State} from {from}.");
            Violation.Unless(
                !(from?.IsFinal() ?? false) || ++task.RetriesMade <= task.RetriesAsked
                    || task.Submission.WorkflowNode is not null,
                $"{task.Submission.Id} left {from} without a retry.");
            from = move.State;
            path.Add(move.State);
        }

        Violation.Unless(from == to, $"The events of {task.Submission.Id} end with {from}, its row says {to}.");
        task.History.AddRange(path);
        return path;
    }

    private static void CheckRow(in TaskRow row, bool isForEach)
    {
        Violation.Unless(row.State.IsFinal() == (row.EndedAt != 0), $"{row.State} with an end at {row.EndedAt}.");
        Violation.Unless(row.State == TaskState.Scheduled == (row.DueAt != 0), $"{row.State} due at {row.DueAt}.");
        if (row.State.IsLeased())
            Violation.Unless(
                row.Token != default && row.Node is not null && row.NodeSession > 0 && row.Attempt > 0,
                $"{row} has no lease.");
        Violation.Unless(row.State != TaskState.Assigned || row.StartedAt == 0, $"{row} has started.");
        Violation.Unless(row.State != TaskState.Running || row.StartedAt != 0, $"{row} has not started.");
        Violation.Unless(!row.State.IsFinal() || row.Reason != EndReason.None, $"{row} ended for no reason.");
        Violation.Unless(
            row.State != TaskState.Succeeded || row is { Reason: EndReason.Exit, ExitCode: 0 } || isForEach,
            $"{row} succeeded so.");
    }

    /// <summary>
    /// What goes back to the line keeps its place; only a retry goes to its end, and what is undone to its old place.
    /// </summary>
    private static void CheckPlace(
        KnownTask task, bool isNew, in TaskRow was, in TaskRow row, List<TaskState> path, UndoRow? undone, long lastNo)
    {
        if (isNew)
            return;
        Violation.Unless(row.No == was.No, $"{row.Id} changed its number from {was.No} to {row.No}.");
        var isRetried = was.State.IsFinal() && path.Count > 0;
        Violation.Unless(
            undone is not null ? row.Order == undone.Before.Order
                : isRetried ? row.Order > lastNo : row.Order == was.Order,
            $"{row.Id} moved in its line from {was.Order} to {row.Order}: {string.Join(", ", task.History)}.");
    }

    /// <summary>What was asked to end does not begin again by itself.</summary>
    private static void CheckCancel(KnownTask task, bool isNew, in TaskRow was, in TaskRow row, List<TaskState> path)
    {
        // A workflow cancels its nodes. RolloutReferee checks the tasks that rollouts cancel, and UniqueReferee the
        // replaced ones.
        var mayBeCancelled = task.CancelAsked || task.Submission.WorkflowNode is not null || task.IsOfRollout
            || row.Reason == EndReason.Replaced;
        Violation.Unless(
            mayBeCancelled || row.Reason == EndReason.Skipped || !path.Contains(TaskState.Cancelled),
            $"{row.Id} was cancelled by nobody.");
        if (!isNew && was.State.IsLeased() && was.CancelRequestedAt != 0 && path.Count > 0)
            Violation.Unless(
                path[0] is TaskState.Running || path[0].IsFinal(),
                $"{row.Id} was cancelled and became {path[0]}.");
    }

    private void CheckAttempts(KnownTask task, in TaskRow row, TaskWrite write, in TaskRow was, bool isNew)
    {
        Violation.Unless(
            row.Attempt >= task.Started,
            $"{row.Id}: attempt {row.Attempt} after {task.Started} had started.");
        if (row.State.IsLeased() && (isNew || row.Token != was.Token))
        {
            Violation.Unless(tokens.TryAdd(row.Token, (row.Id, row.Attempt)), $"A token was given twice.");
            Violation.Unless(
                row.Attempt > task.Started,
                $"{row.Id}: attempt {row.Attempt} is given again after it had started.");
        }

        if (row.State.IsLeased())
            Violation.Unless(
                tokens[row.Token] == (row.Id, row.Attempt),
                $"{row} has the token of {tokens[row.Token]}.");
        if (row.State == TaskState.Running)
            task.Started = Math.Max(task.Started, row.Attempt);
        if (write.Superseded is { } ended)
        {
            Violation.Unless(ended.State.IsFinal() && ended.Reason != EndReason.None, $"{ended} has not ended.");
            task.Described.Add(ended.Attempt);
        }

        Violation.Unless(
            write.Result is null || write.Result.Lease.Token == row.Token || write.Result.Lease.Token == write.Superseded?.Token,
            $"{row.Id}: a result of another attempt was taken.");
        for (var attempt = task.Described.Count == row.Attempt - 1 ? row.Attempt : 1; attempt < row.Attempt; attempt++)
            Violation.Unless(
                task.Described.Contains(attempt),
                $"{row.Id}: attempt {attempt} of {row.Attempt} is described nowhere.");
    }
}
