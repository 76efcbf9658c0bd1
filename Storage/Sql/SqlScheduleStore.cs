using OrleansTasks.Schedules;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Sql;

/// <summary>Reads schedules.</summary>
/// <param name="database">The database.</param>
internal sealed class SqlScheduleStore(ISqlDatabase database) : IScheduleStore
{
    private const string Columns = """
        SELECT s.key, s.id, s.version, s.paused, s.created_at, s.next_at, s.last_at, s.last_run, s.parallel, b.spec, b.secret_env,
            q.name, f.since, f.problem
        """;

    private const string From = """
         FROM ot.schedules s JOIN ot.schedule_specs b ON b.schedule = s.key JOIN ot.queues q ON q.no = s.queue
            LEFT JOIN ot.schedule_folders f ON f.schedule = s.key
        """;

    private const string OfQueue =
        Columns + ", f.seen" + From + " WHERE s.queue = $1 AND s.key > $2 ORDER BY s.key LIMIT $3";

    private const string OfId = Columns + From + " WHERE s.id = $1";

    private const string Troubled = """
        SELECT s.id, f.problem, f.since FROM ot.schedule_folders f JOIN ot.schedules s ON s.key = f.schedule
        WHERE f.problem IS NOT NULL ORDER BY s.id LIMIT $1
        """;

    private const string Listed = Columns + From + """
         WHERE s.id > coalesce($1, '') AND ($2 IS NULL OR q.name = $2) AND ($3 IS NULL OR s.paused = $3)
        ORDER BY s.id LIMIT $4
        """;

    private const string OccurrenceColumns =
        "SELECT o.key, o.schedule, o.at, o.kind, o.outcome, o.until, o.count, o.reason, o.started_at, o.task"
        + ", o.workflow, o.job, o.file";

    // Open: pending (0) or started (1), and what it started, if anything, has no final state yet.
    private const string Open = OccurrenceColumns + """
        , o.state FROM ot.occurrences o /*INDEXED BY occurrences_open*/
        WHERE o.queue = $1 AND o.key > $2 AND o.outcome < 2 AND o.state IS NULL ORDER BY o.key LIMIT $3
        """;

    // Outcome 1 is started; kind 1 is a trigger, which has no scheduled time.
    private const string Started = """
        SELECT o.at FROM ot.schedules s JOIN ot.occurrences o ON o.schedule = s.key
        WHERE s.id = $1 AND o.at >= $2 AND o.at < $3 AND o.outcome = 1 AND o.kind <> 1
        """;

    private const string WithSchedules =
        "SELECT name FROM ot.queues q WHERE EXISTS (SELECT 1 FROM ot.schedules s WHERE s.queue = q.no)";

    // A final state of a workflow or job plus 3 is the task state of the same name; running (0) becomes running (3).
    private const string OfSchedule = OccurrenceColumns + """
        , coalesce(t.state, w.state + 3, j.state + 3, o.state)
        FROM ot.schedules s JOIN ot.occurrences o ON o.schedule = s.key
            LEFT JOIN ot.tasks t /*INDEXED BY tasks_id*/ ON t.id = o.task
            LEFT JOIN ot.workflows w ON w.id = o.workflow
            LEFT JOIN ot.jobs j /*INDEXED BY jobs_id*/ ON j.id = o.job
        WHERE s.id = $1 AND ($2 IS NULL OR o.outcome = $2)
            AND ($3 IS NULL OR o.at < $3 OR (o.at = $3 AND o.key < $4))
        ORDER BY o.at DESC, o.key DESC LIMIT $5
        """;

    /// <inheritdoc/>
    public Task<ImmutableArray<StoredSchedule>> Load(int queueNo, long after, int limit) => database.Page(
        new SqlStatement(OfQueue).Bind(queueNo).Bind(after).Bind(limit), static row => ReadSchedule(row, isOwner: true));

    /// <inheritdoc/>
    public Task<ImmutableArray<OccurrenceRow>> LoadOpen(int queueNo, long after, int limit) =>
        database.Page(new SqlStatement(Open).Bind(queueNo).Bind(after).Bind(limit), ReadOccurrence);

    /// <inheritdoc/>
    public Task<ImmutableArray<long>> StartedTimes(string id, long from, long to) =>
        database.Rows(new SqlStatement(Started).Bind(id).Bind(from).Bind(to), static row => row.Int64(0));

    /// <inheritdoc/>
    public Task<ImmutableArray<(string Id, FolderProblem Problem)>> FolderProblems(int limit) => database.Rows(
        new SqlStatement(Troubled).Bind(limit), static row => (row.Text(0), new FolderProblem(row.Text(1), row.Int64(2))));

    /// <inheritdoc/>
    public Task<ImmutableArray<string>> Queues() => database.Rows(new SqlStatement(WithSchedules), static row => row.Text(0));

    /// <inheritdoc/>
    public Task<StoredSchedule?> Get(string id) =>
        database.First(new SqlStatement(OfId).Bind(id), static row => ReadSchedule(row, isOwner: false));

    /// <inheritdoc/>
    public Task<ImmutableArray<StoredSchedule>> List(string? queue, bool? paused, string? after, int limit) => database.Page(
        new SqlStatement(Listed).Bind(after).Bind(queue).Bind(paused).Bind(limit),
        static row => ReadSchedule(row, isOwner: false));

    /// <inheritdoc/>
    public Task<ImmutableArray<OccurrenceRow>> Occurrences(
        string id, OccurrenceOutcome? outcome, (long At, long No)? before, int limit) => database.Rows(
        new SqlStatement(OfSchedule).Bind(id).Bind((int?)outcome).Bind(before?.At).Bind(before?.No).Bind(limit), ReadOccurrence);

    // Only the owner reads secrets and the files that a schedule has seen.
    private static StoredSchedule ReadSchedule(ISqlRow row, bool isOwner)
    {
        var no = row.Int64(0);
        return new StoredSchedule(
            row.Text(11),
            new ScheduleRow(
                no, row.Text(1), row.Int64(2), row.Boolean(3), row.Int64(4), row.Int64(5), row.Int64(6), row.Int64(7), row.Int32(8)),
            new ScheduleBody(no, row.Bytes(9), isOwner ? row.Bytes(10) : default))
        {
            Folder = row.IsNull(12) ? null
                : new FolderRow(no, isOwner ? row.Bytes(14) : default, row.NullableText(13), row.Int64(12)),
        };
    }

    private static OccurrenceRow ReadOccurrence(ISqlRow row) => new(
        row.Int64(0), row.Int64(1), row.Int64(2), (OccurrenceKind)row.Int32(3), (OccurrenceOutcome)row.Int32(4))
    {
        Until = row.Int64(5),
        Count = row.Int64(6),
        Reason = (SkipReason)row.Int32(7),
        StartedAt = row.Int64(8),
        Task = row.NullableId(9),
        Workflow = row.NullableId(10),
        Job = row.NullableId(11),
        File = row.NullableText(12),
        State = (TaskState?)row.NullableInt32(13),
    };
}
