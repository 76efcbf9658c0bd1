using OrleansTasks.Storage.Encodings;
using OrleansTasks.Storage.Postgres.Access;
using OrleansTasks.Storage.Sql;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Postgres.Writing;

/// <summary>
/// Builds the statements of a group of commits, which run as one transaction. Each commit is fenced separately: the
/// second statement keeps the numbers of the queues with the right epoch and sequence in a setting of the transaction.
/// Every later statement joins these numbers, and so writes only rows of queues whose commit has passed.
/// </summary>
internal static class CommitBatch
{
    /// <summary>
    /// Joins rows <c>r</c> with a column <c>key</c> to their queue <c>q</c>, if its commit passed the fence.
    /// </summary>
    internal const string Passed = $"JOIN LATERAL (SELECT ot.queue_of(r.key) AS no) q ON {HasPassed}";

    /// <summary>
    /// Joins rows <c>r</c> with a column <c>queue</c> to their queue <c>q</c>, if its commit passed the fence.
    /// </summary>
    internal const string QueuePassed = $"JOIN LATERAL (SELECT r.queue AS no) q ON {HasPassed}";

    /// <summary>The queues <c>q</c> with a column <c>no</c> whose commits passed the fence.</summary>
    internal const string AllPassed = "unnest((SELECT current_setting('ot.passed')::integer[])) q (no)";

    // A condition of each row, which the planner cannot turn into a nested loop over the rows and the queues. The cast
    // of the array, which changes nothing, tells ANY that the subquery is an array, and not rows; it is read once a
    // statement.
    private const string HasPassed = "q.no = ANY((SELECT current_setting('ot.passed')::integer[])::integer[])";

    // Each queue has its own row of a bulk request. Records of several of its commits add up.
    private const string PutAudit = $"""
        INSERT INTO ot.audit AS a ({AuditInsert.Columns}) SELECT {AuditInsert.Values} FROM {AllPassed} WHERE q.no = $2
        ON CONFLICT (id, queue) DO UPDATE SET count = a.count + excluded.count
        """;

    // Locks in the order of numbers, whatever the order of commits, so that two groups cannot deadlock.
    private const string LockQueues = "SELECT no FROM ot.queues WHERE no = ANY($1) ORDER BY no FOR UPDATE";

    // Each array has one element for each commit; seq is that of the commit before. Reads after LockQueues, in a
    // statement of its own, and so sees the record of the commit for which that has waited. The statements after it
    // find rows by indexes only: planned while tables were small, or estimated wrongly, a scan of all tasks would be
    // part of each commit.
    private const string Fence = """
        SELECT set_config('ot.passed', coalesce((
            SELECT array_agg(c.no) FROM unnest($1::integer[], $2::bigint[], $3::bigint[]) c (no, epoch, seq)
            JOIN ot.queues q ON q.no = c.no AND q.epoch = c.epoch
            WHERE c.seq = coalesce((SELECT max(e.seq) FROM ot.events e WHERE e.queue = c.no), 0)),
            '{}')::text, true)::integer[],
            set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true),
            set_config('enable_mergejoin', 'off', true)
        """;

    private const string Retire = $"""
        UPDATE ot.queues t SET retired = r.retired
        FROM unnest($1::integer[], $2::boolean[]) r (queue, retired) {QueuePassed}
        WHERE t.no = r.queue AND t.retired <> r.retired
        """;

    // Overwrites a key only if it has expired. If any other key is known, fewer rows are kept than given, and
    // ot.require raises an error.
    private static readonly string Remember = $"""
        WITH r AS (
            SELECT r.* FROM unnest($1::integer[], $2::bytea[], $3::bytea[], $4::bytea[], $5::bigint[])
                r (queue, name, body, answer, at) {QueuePassed}),
        kept AS (
            INSERT INTO ot.idempotency AS i (key, body, answer, at) SELECT name, body, answer, at FROM r ORDER BY name
            ON CONFLICT (key) DO UPDATE SET body = excluded.body, answer = excluded.answer, at = excluded.at
                WHERE i.at <= excluded.at - {IdempotencyEntry.Lifetime}
            RETURNING 1)
        SELECT ot.require((SELECT count(*) FROM r) = (SELECT count(*) FROM kept), 'An idempotency key of the commit is known already.')
        """;

    private static readonly string Tell = $"""
        INSERT INTO ot.resource_events (at, kind, id, state) SELECT r.at, r.kind, r.id, r.state
        FROM unnest($1::integer[], $2::bigint[], $3::integer[], $4::text[], $5::integer[])
            WITH ORDINALITY r (queue, at, kind, id, state, place) {QueuePassed}
        ORDER BY r.place
        """;

    // Taken last, so that other groups wait for it as briefly as possible.
    private const string LockLog = "SELECT ot.lock('events')";

    // Gives each commit that passed the next number, in the order of the group. A record continues the counts of its
    // queue's newest one.
    private const string Record = $"""
        WITH r AS (
            SELECT r.queue, r.seq, r.at, r.entries, coalesce(b.transitions, 0) + r.transitions AS transitions,
                greatest(b.last_no, r.last_no) AS last_no, coalesce(r.starts_from, b.starts_from, 0) AS starts_from,
                row_number() OVER (ORDER BY r.place) AS place
            FROM unnest(
                $1::integer[], $2::bigint[], $3::bigint[], $4::integer[], $5::bigint[], $6::bigint[], $7::bytea[])
                WITH ORDINALITY r (queue, seq, at, transitions, last_no, starts_from, entries, place)
                {QueuePassed}
                LEFT JOIN LATERAL (
                    SELECT transitions, last_no, starts_from
                    FROM ot.events WHERE queue = r.queue ORDER BY seq DESC LIMIT 1) b ON true)
        INSERT INTO ot.events (no, queue, seq, at, transitions, last_no, starts_from, entries)
        SELECT (SELECT coalesce(max(no), 0) FROM ot.events) + place, queue, seq, at, transitions, last_no, starts_from,
            entries
        FROM r
        """;

    /// <summary>
    /// Returns all statements, in order. The second returns an array of the queues whose commits pass the fence.
    /// </summary>
    internal static List<Query> Statements(IReadOnlyList<PendingCommit> group)
    {
        var statements = new List<Query>();
        var commits = group.Select(static pending => pending.Commit).ToList();
        AddFence(statements, commits);
        AddKeys(statements, commits);
        var tasks = new TaskRows();
        var results = new AttemptRows();
        var chunks = new ChunkRows();
        var schedules = new ScheduleRows();
        var occurrences = new OccurrenceRows();
        var workflows = new WorkflowRows();
        var undo = new UndoRows();
        foreach (var commit in commits)
        {
            foreach (var write in commit.Writes)
            {
                tasks.Add(write, commit.Sequence + 1);
                results.Add(write);
            }

            foreach (var chunk in commit.Chunks)
                chunks.Add(chunk);
            if (commit.Schedules is { } written)
            {
                schedules.Add(written);
                occurrences.Add(written);
            }

            if (commit.Workflows is { } changed)
                workflows.Add(changed);
            if (commit.Undo is { } kept)
                undo.Add(commit.QueueNo, kept);
        }

        // Before the tasks: copies the fingerprints that retries delete.
        undo.AddTo(statements);
        tasks.AddTo(statements);
        results.AddTo(statements);
        chunks.AddTo(statements);
        foreach (var commit in commits)
        {
            foreach (var job in commit.Jobs)
                JobStatements.AddTo(statements, commit.QueueNo, job);
            if (commit.Rollouts is { } rollouts)
                RolloutStatements.AddTo(statements, commit.QueueNo, rollouts);
            if (commit.FileUses.Count > 0)
                FileUseStatements.AddTo(statements, commit.QueueNo, commit.FileUses);
            foreach (var record in commit.Audit)
                statements.Add(PostgresSql.QueryOf(AuditInsert.Bind(PutAudit, commit.QueueNo, record)));
        }

        schedules.AddTo(statements);
        occurrences.AddTo(statements);
        workflows.AddTo(statements);
        AddResources(statements, commits);
        AddEvents(statements, commits);
        return statements;
    }

    private static void AddFence(List<Query> statements, List<QueueCommit> commits)
    {
        List<int> numbers = [.. commits.Select(static commit => commit.QueueNo)];
        statements.Add(new Query(LockQueues).Bind(numbers));
        statements.Add(new Query(Fence)
            .Bind(numbers)
            .Bind(commits.Select(static commit => commit.Epoch).ToList())
            .Bind(commits.Select(static commit => commit.Sequence).ToList()));
        var retired = commits.Where(static commit => commit.IsRetired is not null).ToList();
        if (retired.Count > 0)
            statements.Add(new Query(Retire)
                .Bind(retired.Select(static commit => commit.QueueNo).ToList())
                .Bind(retired.Select(static commit => commit.IsRetired).ToList()));
    }

    private static void AddKeys(List<Query> statements, List<QueueCommit> commits)
    {
        var queues = new List<int>();
        var (names, bodies, answers) = (new List<byte[]?>(), new List<byte[]?>(), new List<byte[]?>());
        var times = new List<long>();
        foreach (var commit in commits)
        {
            foreach (var entry in commit.Idempotency)
            {
                queues.Add(commit.QueueNo);
                names.Add(Query.Bytes(entry.Key));
                bodies.Add(Query.Bytes(entry.Body));
                answers.Add(Query.Bytes(entry.Answer));
                times.Add(commit.At);
            }
        }

        if (names.Count > 0)
            statements.Add(new Query(Remember).Bind(queues).Bind(names).Bind(bodies).Bind(answers).Bind(times));
    }

    // Late, because these statements take a lock that all silos share.
    private static void AddResources(List<Query> statements, List<QueueCommit> commits)
    {
        var changes = commits
            .SelectMany(static commit => commit.Resources.Select(change => (commit.QueueNo, commit.At, Change: change)))
            .ToList();
        if (changes.Count == 0)
            return;
        statements.Add(PostgresSql.QueryOf(ResourceEventInsert.OneAtATime));
        statements.Add(new Query(Tell)
            .Bind(changes.ConvertAll(static one => one.QueueNo))
            .Bind(changes.ConvertAll(static one => one.At))
            .Bind(changes.ConvertAll(static one => (int)one.Change.Kind))
            .Bind(changes.ConvertAll(static one => (string?)one.Change.Id))
            .Bind(changes.ConvertAll(static one => (int)one.Change.State)));
        statements.Add(PostgresSql.QueryOf(ResourceEventInsert.Trim));
    }

    private static void AddEvents(List<Query> statements, List<QueueCommit> commits)
    {
        statements.Add(new Query(LockLog));
        statements.Add(new Query(Record)
            .Bind(commits.Select(static commit => commit.QueueNo).ToList())
            .Bind(commits.Select(static commit => commit.Sequence + 1).ToList())
            .Bind(commits.Select(static commit => commit.At).ToList())
            .Bind(commits.Select(static commit => commit.Events.Count).ToList())
            .Bind(commits.Select(static commit => commit.LastNo).ToList())
            .Bind(commits.Select(static commit => commit.StartsFrom).ToList())
            .Bind(commits.Select(static commit => Encode(commit)).ToList()));
    }

    private static byte[]? Encode(QueueCommit commit)
    {
        var buffer = new byte[EventCodec.MaxLength(commit.Events.Count) + 1];
        var length = EventCodec.Write(commit.Events, buffer);
        return buffer.AsSpan(0, length).ToArray();
    }
}
