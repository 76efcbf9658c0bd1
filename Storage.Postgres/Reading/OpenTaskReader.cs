using OrleansTasks.Storage.Encodings;
using OrleansTasks.Storage.Postgres.Access;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Postgres.Reading;

/// <summary>
/// Reads tasks in the compact form that dispatchers keep in memory. Equal values of many tasks share one instance.
/// </summary>
internal sealed class OpenTaskReader
{
    private const string Columns = """
        t.key, t.id, t.state, t.ord, t.attempt, t.failures, t.node_losses, t.token, t.node, t.due_at, t.queued_at,
        t.started_at, t.ended_at, t.cancel_requested_at, t.exit_code, t.signal, t.reason,
        t.priority, t.expires_at, t.retry, t.requires, t.limits, t.had_secrets, t.node_session, t.extra
        """;

    // States 2 and 3 are assigned and running; below 2 are scheduled and queued.
    private const string Leased =
        $"SELECT {Columns} FROM ot.tasks t WHERE t.state IN (2, 3) AND t.queue = $1 ORDER BY t.key";

    private const string Waiting = $"""
        SELECT {Columns} FROM ot.tasks t
        WHERE t.state < 2 AND t.queue = $1 AND t.priority = $2 AND t.ord > $3 ORDER BY t.ord LIMIT $4
        """;

    private const string ById = $"SELECT {Columns} FROM ot.tasks t WHERE t.id = ANY($1) AND t.queue = $2";

    private readonly SharedInternTable<string> names = new(System.Text.Encoding.UTF8.GetString);
    private readonly SharedInternTable<RetryPolicy> retries = new(RetryText.Read);
    private readonly SharedInternTable<ImmutableArray<Label>[]> requires = new(static text => [LabelText.Read(text)]);
    private readonly SharedInternTable<TaskExtra> extras = new(ExtraText.Read);

    internal async Task<ImmutableArray<OpenTask>> ReadLeased(Session session, int queueNo) =>
        [.. await session.All(new Query(Leased).Bind(queueNo), Read).ConfigureAwait(false)];

    /// <summary>
    /// Reads page rows from each priority in turn, from the given one down, since the index has them in this order.
    /// </summary>
    internal async Task<ImmutableArray<OpenTask>> ReadWaiting(Session session, int queueNo, int priority, long order, int limit)
    {
        var tasks = ImmutableArray.CreateBuilder<OpenTask>(Math.Min(limit, 1024));
        for (var next = Math.Min(priority, 9); next >= 0 && tasks.Count < limit; next--)
        {
            var query = new Query(Waiting).Bind(queueNo).Bind(next).Bind(next == priority ? order : long.MinValue)
                .Bind((long)(limit - tasks.Count));
            tasks.AddRange(await session.All(query, Read).ConfigureAwait(false));
        }

        return tasks.DrainToImmutable();
    }

    internal async Task<ImmutableArray<OpenTask>> ReadByIds(Session session, int queueNo, ImmutableArray<TaskId> ids) =>
        [.. await session.All(new Query(ById).Bind(ids.Select(Query.Uuid).ToList()).Bind(queueNo), Read).ConfigureAwait(false)];

    private OpenTask Read(Row row)
    {
        var (retry, required, extra) = Wishes(row);
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
                Node = Name(row, 8),
                DueAt = row.Int64(9),
                QueuedAt = row.Int64(10),
                StartedAt = row.Int64(11),
                EndedAt = row.Int64(12),
                CancelRequestedAt = row.Int64(13),
                ExitCode = row.NullableInt32(14),
                Signal = Name(row, 15),
                Reason = (EndReason)row.Int32(16),
                NodeSession = row.Int64(23),
            },
            (byte)row.Int32(17),
            row.Int64(18),
            retry,
            required,
            (Limits)row.Int32(21),
            row.Boolean(22),
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
    private (RetryPolicy Retry, ImmutableArray<Label> Requires, TaskExtra Extra) Wishes(Row row)
    {
        try
        {
            return (row.IsNull(19) ? RetryPolicy.Default : retries.Get(row.Utf8(19)), requires.Get(row.Utf8(20))[0], Extra(row));
        }
        catch (FormatException)
        {
            return (RetryPolicy.Default, LabelText.Unreadable, TaskExtra.None);
        }
    }

    private TaskExtra Extra(Row row)
    {
        if (row.IsNull(24))
            return TaskExtra.None;
        var text = row.Utf8(24);
        return text.Length <= ExtraText.LongestShared ? extras.Get(text) : ExtraText.Read(text);
    }

    private string? Name(Row row, int column) => row.IsNull(column) ? null : names.Get(row.Utf8(column));
}
