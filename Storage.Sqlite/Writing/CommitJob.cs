using System.Buffers;
using OrleansTasks.Storage.Encodings;
using OrleansTasks.Storage.Sql;
using OrleansTasks.Storage.Sqlite.Interop;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Sqlite.Writing;

/// <summary>Writes a queue's commit, fenced by its epoch and sequence.</summary>
internal sealed class CommitJob(QueueCommit commit) : WriteJob
{
    private const string Fence = """
        UPDATE queues SET seq = ?3 + 1, last_no = max(last_no, ?4), transitions = transitions + ?5,
            starts_from = ifnull(?6, starts_from), retired = ifnull(?7, retired)
        WHERE no = ?1 AND epoch = ?2 AND seq = ?3 RETURNING transitions
        """;

    // Overwrites a key only if it has expired (?5); otherwise no row changes, and the commit is refused. The new number
    // keeps numbers in the order of time, by which expired keys are forgotten.
    private const string Remember = """
        INSERT INTO idempotency (key, body, answer, at) VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT (key) DO UPDATE
            SET no = (SELECT max(no) + 1 FROM idempotency), body = ?2, answer = ?3, at = ?4 WHERE at <= ?5
        """;

    // Numbers continue after the largest ever used, even if retention has deleted its row.
    private const string Record = """
        INSERT INTO events (no, queue, seq, at, transitions, entries) VALUES (
            1 + max(ifnull((SELECT max(no) FROM events), 0), ifnull((SELECT no FROM event_trim), 0)),
            ?1, ?2, ?3, ?4, ?5)
        """;

    // The queues of a bulk request share a row, which has this number in the column queue.
    private const int AllQueues = 1;

    private const string PutAudit = $"""
        INSERT INTO ot.audit ({AuditInsert.Columns}) VALUES ({AuditInsert.Values})
        ON CONFLICT (id, queue) DO UPDATE SET count = count + excluded.count, at = min(at, excluded.at)
        """;

    private readonly TaskCompletionSource<CommitResult> completion =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    private CommitResult refusal;

    internal Task<CommitResult> Completion => completion.Task;

    internal override bool Execute(Connection connection)
    {
        if (TakeFence(connection) is not { } transitions)
        {
            refusal = new CommitResult(CommitOutcome.Fenced, "Another activation has taken over this queue.");
            return false;
        }

        foreach (var entry in commit.Idempotency)
        {
            if (RememberKey(connection, entry))
                continue;
            refusal = new CommitResult(CommitOutcome.Refused, "An idempotency key of the commit already exists.");
            return false;
        }

        if (commit.Undo is { } undo)
            UndoWriter.Write(connection, commit.QueueNo, undo);
        var tasks = new TaskWriter(connection, commit.QueueNo, commit.Sequence + 1);
        var writes = commit.Writes;
        for (var i = 0; i < writes.Count; i++)
        {
            if (tasks.Write(writes[i]))
                continue;
            refusal = new CommitResult(
                CommitOutcome.Refused, $"The task {writes[i].Row.Id}, which the commit changes, is not stored.");
            return false;
        }

        if (commit.Chunks.Count > 0)
            JobWriter.WriteChunks(connection, commit.Chunks);
        foreach (var job in commit.Jobs)
            JobWriter.Write(connection, commit.QueueNo, job);
        if (commit.Schedules is { } schedules)
            ScheduleWriter.Write(connection, commit.QueueNo, schedules);
        if (commit.Workflows is { } workflows && !WorkflowWriter.Write(connection, commit.QueueNo, workflows))
        {
            refusal = new CommitResult(CommitOutcome.Refused, "A workflow that the commit changes is not stored.");
            return false;
        }

        if (commit.Rollouts is { } rollouts && !RolloutWriter.Write(connection, commit.QueueNo, rollouts))
        {
            refusal = new CommitResult(CommitOutcome.Refused, "A rollout that the commit changes is not stored.");
            return false;
        }

        if (commit.FileUses.Count > 0)
            FileUseWriter.Write(connection, commit.FileUses);
        foreach (var change in commit.Resources)
            SqliteSql.RunAll(connection, ResourceEventInsert.Of(commit.At, change.Kind, change.Id, change.State));
        foreach (var record in commit.Audit)
            SqliteSql.RunAll(connection, AuditInsert.Bind(PutAudit, AllQueues, record));
        RecordEvents(connection, transitions);
        return true;
    }

    internal override void Committed() => completion.TrySetResult(CommitResult.Committed);

    internal override void Refused(SqliteFault? constraint) => completion.TrySetResult(
        constraint is null
            ? refusal
            : new CommitResult(CommitOutcome.Refused, $"Cannot store a row of the commit: {constraint.Message}"));

    internal override void Failed(string detail) =>
        completion.TrySetResult(new CommitResult(CommitOutcome.Failed, detail));

    internal override void Unknown(string detail) =>
        completion.TrySetResult(new CommitResult(CommitOutcome.Unknown, detail));

    private long? TakeFence(Connection connection)
    {
        var fence = connection.Get(Fence);
        fence.Bind(1, commit.QueueNo);
        fence.Bind(2, commit.Epoch);
        fence.Bind(3, commit.Sequence);
        fence.Bind(4, commit.LastNo);
        fence.Bind(5, commit.Events.Count);
        if (commit.StartsFrom is { } start)
            fence.Bind(6, start);
        else
            fence.BindNull(6);
        if (commit.IsRetired is { } retired)
            fence.Bind(7, retired);
        else
            fence.BindNull(7);
        if (!fence.Step())
            return null;
        var transitions = fence.Int64(0);
        // RETURNING has yielded its only row; running to the end resets the statement.
        fence.Run();
        return transitions;
    }

    private bool RememberKey(Connection connection, IdempotencyEntry entry)
    {
        var remember = connection.Get(Remember);
        remember.Bind(1, entry.Key.Span);
        remember.Bind(2, entry.Body.Span);
        remember.Bind(3, entry.Answer.Span);
        remember.Bind(4, commit.At);
        remember.Bind(5, commit.At - IdempotencyEntry.Lifetime);
        return remember.Run() == 1;
    }

    private void RecordEvents(Connection connection, long transitions)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(EventCodec.MaxLength(commit.Events.Count) + 1);
        var length = EventCodec.Write(commit.Events, buffer);
        var record = connection.Get(Record);
        record.Bind(1, commit.QueueNo);
        record.Bind(2, commit.Sequence + 1);
        record.Bind(3, commit.At);
        record.Bind(4, transitions);
        record.Bind(5, buffer.AsSpan(0, length));
        // Bind has copied the bytes.
        ArrayPool<byte>.Shared.Return(buffer);
        record.Run();
    }
}
