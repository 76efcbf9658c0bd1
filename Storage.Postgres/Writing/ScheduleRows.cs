using OrleansTasks.Storage.Postgres.Access;

namespace OrleansTasks.Storage.Postgres.Writing;

/// <summary>Collects the schedules in a group of commits, column by column.</summary>
internal sealed class ScheduleRows
{
    // Deletes run first, because the same commit may create another schedule with the id.
    private static readonly string[] Delete =
    [
        $"DELETE FROM ot.occurrences o USING unnest($1::bigint[]) r (key) {CommitBatch.Passed} WHERE o.schedule = r.key",
        $"DELETE FROM ot.schedule_specs s USING unnest($1::bigint[]) r (key) {CommitBatch.Passed} WHERE s.schedule = r.key",
        $"DELETE FROM ot.schedule_folders f USING unnest($1::bigint[]) r (key) {CommitBatch.Passed} WHERE f.schedule = r.key",
        $"DELETE FROM ot.schedules s USING unnest($1::bigint[]) r (key) {CommitBatch.Passed} WHERE s.key = r.key",
    ];

    // The unique index on ids refuses the commit if another schedule has the id.
    private static readonly string Put = $"""
        INSERT INTO ot.schedules (key, id, queue, version, paused, created_at, next_at, last_at, last_run, parallel)
        SELECT r.key, r.id, q.no, r.version, r.paused, r.created_at, r.next_at, r.last_at, r.last_run, r.parallel
        FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::boolean[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[],
            $9::integer[]) r (key, id, version, paused, created_at, next_at, last_at, last_run, parallel) {CommitBatch.Passed}
        ORDER BY r.id
        ON CONFLICT (key) DO UPDATE SET version = excluded.version, paused = excluded.paused, next_at = excluded.next_at,
            last_at = excluded.last_at, last_run = excluded.last_run, parallel = excluded.parallel
        """;

    private static readonly string PutBodies = $"""
        INSERT INTO ot.schedule_specs (schedule, spec, secret_env) SELECT r.key, r.spec, r.secret_env
        FROM unnest($1::bigint[], $2::bytea[], $3::bytea[]) r (key, spec, secret_env) {CommitBatch.Passed}
        ON CONFLICT (schedule) DO UPDATE SET spec = excluded.spec, secret_env = excluded.secret_env
        """;

    private static readonly string PutFolders = $"""
        INSERT INTO ot.schedule_folders (schedule, seen, problem, since) SELECT r.key, r.seen, r.problem, r.since
        FROM unnest($1::bigint[], $2::bytea[], $3::text[], $4::bigint[]) r (key, seen, problem, since) {CommitBatch.Passed}
        ON CONFLICT (schedule) DO UPDATE SET seen = excluded.seen, problem = excluded.problem, since = excluded.since
        """;

    private static readonly string DropFolders =
        $"DELETE FROM ot.schedule_folders f USING unnest($1::bigint[]) r (key) {CommitBatch.Passed} WHERE f.schedule = r.key";

    private readonly List<long> deleted = [];
    private readonly List<long> keys = [], versions = [], createdAt = [], nextAt = [], lastAt = [], lastRuns = [];
    private readonly List<string?> ids = [];
    private readonly List<bool> paused = [];
    private readonly List<int> parallel = [];
    private readonly List<long> bodyKeys = [];
    private readonly List<byte[]?> specs = [], secrets = [];
    private readonly List<long> folderKeys = [], since = [], dropped = [];
    private readonly List<byte[]?> seen = [];
    private readonly List<string?> problems = [];

    internal void Add(ScheduleCommit commit)
    {
        deleted.AddRange(commit.Deleted);
        foreach (var row in commit.Rows)
            Add(row);
        foreach (var body in commit.Bodies)
        {
            bodyKeys.Add(body.No);
            specs.Add(Query.Bytes(body.Spec));
            secrets.Add(body.SecretEnv.IsEmpty ? null : Query.Bytes(body.SecretEnv));
        }

        foreach (var folder in commit.Folders)
            Add(folder);
    }

    /// <summary>Appends the statements.</summary>
    internal void AddTo(List<Query> statements)
    {
        if (deleted.Count > 0)
            statements.AddRange(Delete.Select(sql => new Query(sql).Bind(deleted)));
        if (keys.Count > 0)
            statements.Add(new Query(Put).Bind(keys).Bind(ids).Bind(versions).Bind(paused).Bind(createdAt).Bind(nextAt).Bind(lastAt)
                .Bind(lastRuns).Bind(parallel));
        if (bodyKeys.Count > 0)
            statements.Add(new Query(PutBodies).Bind(bodyKeys).Bind(specs).Bind(secrets));
        if (dropped.Count > 0)
            statements.Add(new Query(DropFolders).Bind(dropped));
        if (folderKeys.Count > 0)
            statements.Add(new Query(PutFolders).Bind(folderKeys).Bind(seen).Bind(problems).Bind(since));
    }

    private void Add(FolderRow folder)
    {
        if (folder.Seen.IsEmpty)
        {
            dropped.Add(folder.No);
            return;
        }

        folderKeys.Add(folder.No);
        seen.Add(Query.Bytes(folder.Seen));
        problems.Add(folder.Problem);
        since.Add(folder.Since);
    }

    private void Add(ScheduleRow row)
    {
        keys.Add(row.No);
        ids.Add(row.Id);
        versions.Add(row.Version);
        paused.Add(row.Paused);
        createdAt.Add(row.CreatedAt);
        nextAt.Add(row.NextAt);
        lastAt.Add(row.LastAt);
        lastRuns.Add(row.LastRun);
        parallel.Add(row.Parallel);
    }
}
