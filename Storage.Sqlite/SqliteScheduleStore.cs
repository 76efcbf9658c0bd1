using OrleansTasks.Schedules;
using OrleansTasks.Storage.Sqlite.Interop;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Sqlite;

/// <summary>Reads schedules from the SQLite file.</summary>
/// <param name="database">The open database.</param>
internal sealed class SqliteScheduleStore(SqliteDatabase database) : IScheduleStore
{
    private const string Columns = """
        SELECT s.key, s.id, s.version, s.paused, s.created_at, s.next_at, s.last_at, s.last_run, s.parallel, b.spec, b.secret_env,
            q.name
        FROM schedules s JOIN schedule_specs b ON b.schedule = s.key JOIN queues q ON q.no = s.queue
        """;

    private const string OfQueue = Columns + " WHERE s.queue = ?1 AND s.key > ?2 ORDER BY s.key LIMIT ?3";

    private const string OfId = Columns + " WHERE s.id = ?1";

    private const string All = Columns + """
         WHERE s.id > ifnull(?1, '') AND (?2 IS NULL OR q.name = ?2) AND (?3 IS NULL OR s.paused = ?3) ORDER BY s.id LIMIT ?4
        """;

    private const string OccurrenceColumns =
        "SELECT o.key, o.schedule, o.at, o.kind, o.outcome, o.until, o.count, o.reason, o.started_at, o.task"
        + ", o.workflow, o.job";

    // Open: pending (0) or started (1), and what it started, if anything, has no final state yet.
    private const string Open = OccurrenceColumns + """
        , o.state FROM occurrences o INDEXED BY occurrences_open
        WHERE o.queue = ?1 AND o.key > ?2 AND o.outcome < 2 AND o.state IS NULL ORDER BY o.key LIMIT ?3
        """;

    // Outcome 1 is started; kind 1 is a trigger, which has no scheduled time.
    private const string Started = """
        SELECT o.at FROM schedules s JOIN occurrences o ON o.schedule = s.key
        WHERE s.id = ?1 AND o.at >= ?2 AND o.at < ?3 AND o.outcome = 1 AND o.kind <> 1
        """;

    private const string WithSchedules =
        "SELECT name FROM queues q WHERE EXISTS (SELECT 1 FROM schedules s WHERE s.queue = q.no)";

    // A final state of a workflow or job plus 3 is the task state of the same name; running (0) becomes running (3).
    private const string OfSchedule = OccurrenceColumns + """
        , coalesce(t.state, w.state + 3, j.state + 3, o.state) FROM schedules s JOIN occurrences o ON o.schedule = s.key
        LEFT JOIN tasks t INDEXED BY tasks_id ON t.id = o.task
        LEFT JOIN workflows w ON w.id = o.workflow
        LEFT JOIN jobs j INDEXED BY jobs_id ON j.id = o.job
        WHERE s.id = ?1 AND (?2 IS NULL OR o.outcome = ?2)
            AND (?3 IS NULL OR o.at < ?3 OR (o.at = ?3 AND o.key < ?4))
        ORDER BY o.at DESC, o.key DESC LIMIT ?5
        """;

    /// <inheritdoc/>
    public Task<ImmutableArray<StoredSchedule>> Load(int queueNo, long after, int limit) => database.Readers.Long(session =>
    {
        var row = session.Get(OfQueue);
        BindPage(row, queueNo, after, limit);
        return ReadSchedules(row, withSecrets: true);
    });

    /// <inheritdoc/>
    public Task<ImmutableArray<OccurrenceRow>> LoadOpen(int queueNo, long after, int limit) => database.Readers.Long(session =>
    {
        var row = session.Get(Open);
        BindPage(row, queueNo, after, limit);
        return ReadOccurrences(row);
    });

    /// <inheritdoc/>
    public Task<ImmutableArray<long>> StartedTimes(string id, long from, long to) =>
        database.Readers.ShortTask(session =>
        {
            var row = session.Get(Started);
            row.Bind(1, id);
            row.Bind(2, from);
            row.Bind(3, to);
            var times = ImmutableArray.CreateBuilder<long>();
            while (row.Step())
                times.Add(row.Int64(0));
            return times.DrainToImmutable();
        });

    /// <inheritdoc/>
    public Task<ImmutableArray<string>> Queues() => database.Readers.ShortTask(session =>
    {
        var row = session.Get(WithSchedules);
        var found = ImmutableArray.CreateBuilder<string>();
        while (row.Step())
            found.Add(row.Text(0)!);
        return found.DrainToImmutable();
    });

    /// <inheritdoc/>
    public Task<StoredSchedule?> Get(string id) => database.Readers.ShortTask(session =>
    {
        var row = session.Get(OfId);
        row.Bind(1, id);
        return ReadSchedules(row, withSecrets: false) is [var found] ? found : null;
    });

    /// <inheritdoc/>
    public Task<ImmutableArray<StoredSchedule>> List(string? queue, bool? paused, string? after, int limit) =>
        database.Readers.Long(session =>
        {
            var row = session.Get(All);
            row.Bind(1, after);
            row.Bind(2, queue);
            row.BindNullable(3, paused is { } only ? only ? 1 : 0 : null);
            row.Bind(4, (long)limit);
            return ReadSchedules(row, withSecrets: false);
        });

    /// <inheritdoc/>
    public Task<ImmutableArray<OccurrenceRow>> Occurrences(
        string id, OccurrenceOutcome? outcome, (long At, long No)? before, int limit) => database.Readers.ShortTask(session =>
        {
            var row = session.Get(OfSchedule);
            row.Bind(1, id);
            row.BindNullable(2, (int?)outcome);
            if (before is { } last)
            {
                row.Bind(3, last.At);
                row.Bind(4, last.No);
            }
            else
            {
                row.BindNull(3);
                row.BindNull(4);
            }

            row.Bind(5, (long)limit);
            return ReadOccurrences(row);
        });

    private static void BindPage(Statement row, int queueNo, long after, int limit)
    {
        row.Bind(1, queueNo);
        row.Bind(2, after);
        row.Bind(3, (long)limit);
    }

    private static ImmutableArray<StoredSchedule> ReadSchedules(Statement row, bool withSecrets)
    {
        var found = ImmutableArray.CreateBuilder<StoredSchedule>();
        while (row.Step())
        {
            var no = row.Int64(0);
            found.Add(new StoredSchedule(
                row.Text(11)!,
                new ScheduleRow(
                    no, row.Text(1)!, row.Int64(2), row.Int32(3) != 0, row.Int64(4), row.Int64(5), row.Int64(6), row.Int64(7),
                    row.Int32(8)),
                new ScheduleBody(no, row.Copy(9), withSecrets ? row.Copy(10) : default)));
        }

        return found.DrainToImmutable();
    }

    private static ImmutableArray<OccurrenceRow> ReadOccurrences(Statement row)
    {
        var found = ImmutableArray.CreateBuilder<OccurrenceRow>();
        while (row.Step())
        {
            found.Add(new OccurrenceRow(
                row.Int64(0), row.Int64(1), row.Int64(2), (OccurrenceKind)row.Int32(3),
                (OccurrenceOutcome)row.Int32(4))
            {
                Until = row.Int64(5),
                Count = row.Int64(6),
                Reason = (SkipReason)row.Int32(7),
                StartedAt = row.Int64(8),
                Task = row.NullableId(9),
                Workflow = row.NullableId(10),
                Job = row.NullableId(11),
                State = (TaskState?)row.NullableInt32(12),
            });
        }

        return found.DrainToImmutable();
    }
}
