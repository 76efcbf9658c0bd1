using OrleansTasks.Storage.Encodings;
using OrleansTasks.Storage.Postgres.Access;

namespace OrleansTasks.Storage.Postgres.Writing;

/// <summary>
/// The statements of a group of commits. Each commit is fenced by itself: the second statement marks the partitions whose epoch
/// and sequence are right with this transaction's id, and every later statement writes rows of marked partitions alone.
/// </summary>
internal static class CommitBatch
{
    /// <summary>Joins rows with a column <c>key</c> to their partition if its commit passed the fence.</summary>
    internal const string Passed = "JOIN ot.partitions p ON p.no = (r.key >> 40)::integer AND p.landed = pg_current_xact_id()";

    // In one order, whatever the order of the commits: two groups never wait for each other.
    private const string LockPartitions = "SELECT no FROM ot.partitions WHERE no = ANY($1) ORDER BY no FOR UPDATE";

    private const string Fence = """
        UPDATE ot.partitions p SET seq = c.seq + 1, last_no = greatest(p.last_no, c.last_no),
            transitions = p.transitions + c.events, starts_from = coalesce(c.starts_from, p.starts_from),
            retired = coalesce(c.retired, p.retired), landed = pg_current_xact_id()
        FROM unnest($1::integer[], $2::bigint[], $3::bigint[], $4::bigint[], $5::integer[], $6::bigint[], $7::boolean[])
            c (no, epoch, seq, last_no, events, starts_from, retired)
        WHERE p.no = c.no AND p.epoch = c.epoch AND p.seq = c.seq RETURNING p.no
        """;

    private static readonly string Remember = $"""
        WITH r AS (
            SELECT r.* FROM unnest($1::bigint[], $2::bytea[], $3::bytea[], $4::bytea[], $5::bigint[]) r (key, name, body, answer, at)
                {Passed}),
        kept AS (
            INSERT INTO ot.idempotency AS i (key, body, answer, at) SELECT name, body, answer, at FROM r ORDER BY name
            ON CONFLICT (key) DO UPDATE SET body = excluded.body, answer = excluded.answer, at = excluded.at
                WHERE i.at <= excluded.at - {Idempotency.Lifetime}
            RETURNING 1)
        SELECT ot.require((SELECT count(*) FROM r) = (SELECT count(*) FROM kept), 'An idempotency key of the commit is known already.')
        """;

    // The last lock of a transaction, so that another group waits for it as briefly as can be.
    private const string LockLog = "SELECT last FROM ot.event_log FOR UPDATE";

    private const string Record = """
        WITH r AS (
            SELECT c.no, c.seq, c.at, c.entries, p.transitions, row_number() OVER (ORDER BY c.place) AS place
            FROM unnest($1::integer[], $2::bigint[], $3::bigint[], $4::bytea[]) WITH ORDINALITY c (no, seq, at, entries, place)
                JOIN ot.partitions p ON p.no = c.no AND p.landed = pg_current_xact_id()),
        log AS (UPDATE ot.event_log SET last = last + (SELECT count(*) FROM r) RETURNING last)
        INSERT INTO ot.events (no, partition, seq, at, transitions, entries)
        SELECT log.last - (SELECT count(*) FROM r) + r.place, r.no, r.seq, r.at, r.transitions, r.entries FROM r, log
        """;

    /// <summary>
    /// All of them. The second answers with the numbers of the partitions whose commits pass the fence.
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
                tasks.Add(commit.Partition, write, commit.Sequence + 1);
                results.Add(commit.Partition, write);
            }

            foreach (var chunk in commit.Chunks)
                chunks.Add(commit.Partition, chunk);
            if (commit.Schedules is { } written)
            {
                schedules.Add(commit.Partition, commit.At, written);
                occurrences.Add(commit.Partition, written);
            }

            if (commit.Workflows is { } changed)
                workflows.Add(commit.Partition, commit.At, changed);
            if (commit.Undo is { } kept)
                undo.Add(commit.Partition, kept);
        }

        undo.AddTo(statements);
        tasks.AddTo(statements);
        results.AddTo(statements);
        chunks.AddTo(statements);
        foreach (var commit in commits)
        {
            foreach (var job in commit.Jobs)
                JobStatements.AddTo(statements, commit.Partition, job);
            AuditStatements.AddTo(statements, commit.Partition, commit.Audit);
        }

        schedules.AddTo(statements);
        occurrences.AddTo(statements);
        workflows.AddTo(statements);
        schedules.AddEventsTo(statements);
        workflows.AddEventsTo(statements);
        AddEvents(statements, commits);
        return statements;
    }

    private static void AddFence(List<Query> statements, List<PartitionCommit> commits)
    {
        List<int> numbers = [.. commits.Select(static commit => commit.Partition)];
        statements.Add(new Query(LockPartitions).Bind(numbers));
        statements.Add(new Query(Fence)
            .Bind(numbers)
            .Bind(commits.Select(static commit => commit.Epoch).ToList())
            .Bind(commits.Select(static commit => commit.Sequence).ToList())
            .Bind(commits.Select(static commit => commit.LastNo).ToList())
            .Bind(commits.Select(static commit => commit.Events.Count).ToList())
            .Bind(commits.Select(static commit => commit.StartsFrom).ToList())
            .Bind(commits.Select(static commit => commit.IsRetired).ToList()));
    }

    private static void AddKeys(List<Query> statements, List<PartitionCommit> commits)
    {
        var partitions = new List<long>();
        var (names, bodies, answers) = (new List<byte[]?>(), new List<byte[]?>(), new List<byte[]?>());
        var times = new List<long>();
        foreach (var commit in commits)
        {
            foreach (var entry in commit.Idempotency)
            {
                partitions.Add(RowKey.Of(commit.Partition, 0));
                names.Add(Query.Bytes(entry.Key));
                bodies.Add(Query.Bytes(entry.Body));
                answers.Add(Query.Bytes(entry.Answer));
                times.Add(commit.At);
            }
        }

        if (names.Count > 0)
            statements.Add(new Query(Remember).Bind(partitions).Bind(names).Bind(bodies).Bind(answers).Bind(times));
    }

    private static void AddEvents(List<Query> statements, List<PartitionCommit> commits)
    {
        statements.Add(new Query(LockLog));
        statements.Add(new Query(Record)
            .Bind(commits.Select(static commit => commit.Partition).ToList())
            .Bind(commits.Select(static commit => commit.Sequence + 1).ToList())
            .Bind(commits.Select(static commit => commit.At).ToList())
            .Bind(commits.Select(static commit => Encode(commit)).ToList()));
    }

    private static byte[]? Encode(PartitionCommit commit)
    {
        var buffer = new byte[EventCodec.MaxLength(commit.Events.Count) + 1];
        var length = EventCodec.Write(commit.Events, buffer);
        return buffer.AsSpan(0, length).ToArray();
    }
}
