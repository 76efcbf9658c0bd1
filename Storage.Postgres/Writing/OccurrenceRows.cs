using OrleansTasks.Storage.Postgres.Access;

namespace OrleansTasks.Storage.Postgres.Writing;

/// <summary>
/// Collects the schedule occurrences in a group of commits, column by column: element i of every list belongs to row i,
/// and each statement passes the lists as arrays that unnest turns back into rows. So a group needs one statement of
/// each kind, whatever its size.
/// </summary>
internal sealed class OccurrenceRows
{
    // CommitBatch.Passed drops the rows of queues whose commit did not pass its fence.
    private static readonly string Drop =
        $"DELETE FROM ot.occurrences o USING unnest($1::bigint[]) r (key) {CommitBatch.Passed} WHERE o.key = r.key";

    // A second occurrence by time (kind 0) for the same schedule and time violates a unique index. That refuses the
    // commit, together with the task that the occurrence would start.
    private static readonly string Put = $"""
        INSERT INTO ot.occurrences
            (key, queue, schedule, at, kind, outcome, until, count, reason, started_at, task, state, workflow, job, file)
        SELECT r.key, q.no, r.schedule, r.at, r.kind, r.outcome, r.until, r.count, r.reason, r.started_at, r.task, r.state,
            r.workflow, r.job, r.file
        FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::integer[], $5::integer[], $6::bigint[], $7::bigint[], $8::integer[],
            $9::bigint[], $10::uuid[], $11::integer[], $12::uuid[], $13::uuid[], $14::text[])
            r (key, schedule, at, kind, outcome, until, count, reason, started_at, task, state, workflow, job, file)
            {CommitBatch.Passed}
        ON CONFLICT (key) DO UPDATE SET outcome = excluded.outcome, until = excluded.until, count = excluded.count,
            reason = excluded.reason, started_at = excluded.started_at, task = excluded.task, state = excluded.state,
            workflow = excluded.workflow, job = excluded.job
        """;

    // Trims by number, not by time, so that a backfill's old times are not deleted as soon as they are written. Here
    // r.key is a schedule, and beyond.key its newest occurrence that is not among the newest $2. Open ones stay:
    // pending (0) or started (1), with no final state yet.
    private static readonly string Trim = $"""
        DELETE FROM ot.occurrences o USING unnest($1::bigint[]) r (key) {CommitBatch.Passed}
            CROSS JOIN LATERAL (
                SELECT n.key FROM ot.occurrences n WHERE n.schedule = r.key ORDER BY n.key DESC LIMIT 1 OFFSET $2) beyond
        WHERE o.schedule = r.key AND o.key <= beyond.key AND NOT (o.outcome < 2 AND o.state IS NULL)
        """;

    private readonly List<long> dropped = [], trimmed = [];
    private readonly List<long> keys = [], schedules = [], times = [], untils = [], counts = [], startedAt = [];
    private readonly List<int> kinds = [], outcomes = [], reasons = [];
    private readonly List<Guid?> tasks = [], workflows = [], jobs = [];
    private readonly List<int?> states = [];
    private readonly List<string?> files = [];

    internal void Add(ScheduleCommit commit)
    {
        dropped.AddRange(commit.Dropped);
        trimmed.AddRange(commit.Trimmed);
        foreach (var row in commit.Occurrences)
        {
            keys.Add(row.No);
            schedules.Add(row.Schedule);
            times.Add(row.At);
            kinds.Add((int)row.Kind);
            outcomes.Add((int)row.Outcome);
            untils.Add(row.Until);
            counts.Add(row.Count);
            reasons.Add((int)row.Reason);
            startedAt.Add(row.StartedAt);
            tasks.Add(row.Task is { } task ? Query.Uuid(task) : null);
            states.Add((int?)row.State);
            workflows.Add(row.Workflow is { } workflow ? Query.Uuid(workflow) : null);
            jobs.Add(row.Job is { } job ? Query.Uuid(job) : null);
            files.Add(row.File);
        }
    }

    internal void AddTo(List<Query> statements)
    {
        if (dropped.Count > 0)
            statements.Add(new Query(Drop).Bind(dropped));
        if (keys.Count > 0)
            statements.Add(new Query(Put).Bind(keys).Bind(schedules).Bind(times).Bind(kinds).Bind(outcomes).Bind(untils).Bind(counts)
                .Bind(reasons).Bind(startedAt).Bind(tasks).Bind(states).Bind(workflows).Bind(jobs).Bind(files));
        if (trimmed.Count > 0)
            statements.Add(new Query(Trim).Bind(trimmed).Bind((long)IScheduleStore.KeptOccurrences));
    }
}
