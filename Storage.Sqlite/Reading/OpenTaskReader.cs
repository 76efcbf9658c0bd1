using OrleansTasks.Storage.Encodings;
using OrleansTasks.Storage.Sqlite.Interop;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Sqlite.Reading;

/// <summary>Reads tasks in the compact form that dispatchers keep in memory.</summary>
internal static class OpenTaskReader
{
    private const string Columns = """
        t.key, t.id, t.state, t.ord, t.attempt, t.failures, t.node_losses, t.token, t.node, t.due_at, t.queued_at,
        t.started_at, t.ended_at, t.cancel_requested_at, t.exit_code, t.signal, t.reason,
        t.priority, t.expires_at, t.retry, t.requires, t.limits, t.had_secrets, t.node_session, t.extra
        """;

    // States 2 and 3 are assigned and running; below 2 are scheduled and queued.
    private const string Leased =
        $"SELECT {Columns} FROM tasks t INDEXED BY tasks_leased "
        + "WHERE t.state IN (2, 3) AND t.queue = ?1 ORDER BY t.key";

    private const string Waiting = $"""
        SELECT {Columns} FROM tasks t INDEXED BY tasks_waiting
        WHERE t.state < 2 AND t.queue = ?1 AND t.priority = ?2 AND t.ord > ?3 ORDER BY t.ord LIMIT ?4
        """;

    private const string ById = $"SELECT {Columns} FROM tasks t WHERE t.id = ?1 AND t.queue = ?2";

    internal static ImmutableArray<OpenTask> ReadLeased(ReadSession session, int queueNo)
    {
        var statement = session.Get(Leased);
        statement.Bind(1, queueNo);
        var tasks = ImmutableArray.CreateBuilder<OpenTask>();
        while (statement.Step())
            tasks.Add(Read(session, statement));
        return tasks.DrainToImmutable();
    }

    /// <summary>
    /// Reads page rows from each priority in turn, from the given one down, since the index has them in this order.
    /// </summary>
    internal static ImmutableArray<OpenTask> ReadWaiting(
        ReadSession session, int queueNo, int priority, long order, int limit, CancellationToken cancellation)
    {
        var tasks = ImmutableArray.CreateBuilder<OpenTask>(Math.Min(limit, 1024));
        var statement = session.Get(Waiting);
        for (var next = Math.Min(priority, 9); next >= 0 && tasks.Count < limit; next--)
        {
            cancellation.ThrowIfCancellationRequested();
            statement.Bind(1, queueNo);
            statement.Bind(2, (long)next);
            statement.Bind(3, next == priority ? order : long.MinValue);
            statement.Bind(4, (long)(limit - tasks.Count));
            while (statement.Step())
                tasks.Add(Read(session, statement));
        }

        return tasks.DrainToImmutable();
    }

    internal static ImmutableArray<OpenTask> ReadByIds(ReadSession session, int queueNo, ImmutableArray<TaskId> ids)
    {
        var tasks = ImmutableArray.CreateBuilder<OpenTask>(ids.Length);
        var statement = session.Get(ById);
        foreach (var id in ids)
        {
            statement.Bind(1, id);
            statement.Bind(2, queueNo);
            while (statement.Step())
                tasks.Add(Read(session, statement));
        }

        return tasks.DrainToImmutable();
    }

    private static OpenTask Read(ReadSession session, Statement row)
    {
        var (retry, requires, extra) = Wishes(session, row);
        return new OpenTask(
            new TaskRow
            {
                No = row.Int64(0),
                Id = row.Id(1),
                State = (TaskState)row.Int32(2),
                Order = row.Int64(3),
                Attempt = row.Int32(4),
                Failures = row.Int64(5),
                NodeLosses = row.Int32(6),
                Token = row.Token(7),
                Node = Name(session, row, 8),
                DueAt = row.Int64(9),
                QueuedAt = row.Int64(10),
                StartedAt = row.Int64(11),
                EndedAt = row.Int64(12),
                CancelRequestedAt = row.Int64(13),
                ExitCode = row.NullableInt32(14),
                Signal = Name(session, row, 15),
                Reason = (EndReason)row.Int32(16),
                NodeSession = row.Int64(23),
            },
            (byte)row.Int32(17),
            row.Int64(18),
            retry,
            requires,
            (Limits)row.Int32(21),
            row.Int32(22) != 0,
            extra.Concurrency,
            extra.After,
            extra.WorkflowNode,
            extra.IsForEach,
            extra.IsJob,
            extra.Resources,
            extra.Unique,
            extra.Lasts,
            extra.ReservedMemory);
    }

    /// <summary>
    /// Reads what a task asks for. If it cannot be parsed, the task gets a required label that no node has. It then
    /// waits, instead of failing the activation of its queue.
    /// </summary>
    private static (RetryPolicy Retry, ImmutableArray<Label> Requires, TaskExtra Extra) Wishes(ReadSession session, Statement row)
    {
        try
        {
            return (session.Retries.Get(row.Bytes(19)), session.Requires.Get(row.Bytes(20))[0], Extra(session, row));
        }
        catch (FormatException)
        {
            return (RetryPolicy.Default, LabelText.Unreadable, TaskExtra.None);
        }
    }

    private static TaskExtra Extra(ReadSession session, Statement row)
    {
        var text = row.Bytes(24);
        return text.IsEmpty ? TaskExtra.None
            : text.Length <= ExtraText.LongestShared ? session.Extras.Get(text)
            : ExtraText.Read(text);
    }

    private static string? Name(ReadSession session, Statement row, int column) =>
        row.Bytes(column) is { IsEmpty: false } bytes ? session.Names.Get(bytes) : null;
}
