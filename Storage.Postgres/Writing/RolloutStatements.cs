using OrleansTasks.Rollouts;
using OrleansTasks.Storage.Postgres.Access;

namespace OrleansTasks.Storage.Postgres.Writing;

/// <summary>
/// Builds the statements for a commit's changes to rollouts: one for each rollout, of which few change, and one for all
/// nodes.
/// </summary>
internal static class RolloutStatements
{
    // In each statement on a rollout the last parameter is the queue's number, by which it takes effect only if the
    // commit passes the fence.
    private const string Insert = $"""
        WITH r AS (SELECT q.no FROM {CommitBatch.AllPassed} WHERE q.no = $19),
        spec AS (INSERT INTO ot.rollout_specs (rollout, spec) SELECT $1, $17 FROM r),
        secrets AS (INSERT INTO ot.rollout_secrets (rollout, env) SELECT $1, $18 FROM r WHERE $18::bytea IS NOT NULL)
        INSERT INTO ot.rollouts (key, state, wave, wave_ended_at, ended_at, cancel_requested_at, tolerated, away, open,
            succeeded, failed, id, name, count, started_at, had_secrets, queue)
        SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, no FROM r
        """;

    private const string Update = $"""
        WITH r AS (SELECT q.no FROM {CommitBatch.AllPassed} WHERE q.no = $12),
        changed AS (
            UPDATE ot.rollouts o SET state = $2, wave = $3, wave_ended_at = $4, ended_at = $5, cancel_requested_at = $6,
                tolerated = $7, away = $8, open = $9, succeeded = $10, failed = $11
            FROM r WHERE o.key = $1 RETURNING 1)
        SELECT ot.require(
            (SELECT count(*) FROM r) = (SELECT count(*) FROM changed), 'A rollout to be changed is not stored.')
        """;

    private const string DeleteSecrets = $"""
        DELETE FROM ot.rollout_secrets USING {CommitBatch.AllPassed} WHERE rollout = $1 AND q.no = $2
        """;

    private static readonly string PutNodes = $"""
        INSERT INTO ot.rollout_nodes (rollout, place, node, state, tries, task)
        SELECT r.key, r.place, r.node, r.state, r.tries, r.task
        FROM unnest($1::bigint[], $2::integer[], $3::text[], $4::integer[], $5::integer[], $6::uuid[])
            r (key, place, node, state, tries, task) {CommitBatch.Passed}
        ON CONFLICT (rollout, place) DO UPDATE SET state = excluded.state, tries = excluded.tries, task = excluded.task
        """;

    internal static void AddTo(List<Query> statements, int queueNo, RolloutCommit commit)
    {
        foreach (var row in commit.Rows)
        {
            if (commit.Bodies.TryGetValue(row.No, out var body))
                statements.Add(Bind(Insert, row).Bind(row.Id).Bind(row.Name).Bind(row.Count).Bind(row.StartedAt)
                    .Bind(row.HadSecrets).Bind(body.Spec).BindUnlessEmpty(body.SecretEnv).Bind(queueNo));
            else
                statements.Add(Bind(Update, row).Bind(queueNo));
            if (row.HadSecrets && row.State.IsFinal())
                statements.Add(new Query(DeleteSecrets).Bind(row.No).Bind(queueNo));
        }

        var nodes = commit.Nodes.ToList();
        if (nodes.Count > 0)
            statements.Add(new Query(PutNodes)
                .Bind(nodes.ConvertAll(static node => node.Rollout))
                .Bind(nodes.ConvertAll(static node => node.Place))
                .Bind(nodes.ConvertAll(static node => (string?)node.Node))
                .Bind(nodes.ConvertAll(static node => (int)node.State))
                .Bind(nodes.ConvertAll(static node => node.Tries))
                .Bind(nodes.ConvertAll(static node => node.Task is { } task ? Query.Uuid(task) : (Guid?)null)));
    }

    private static Query Bind(string sql, RolloutRow row) => new Query(sql)
        .Bind(row.No).Bind((int)row.State).Bind(row.Wave).Bind(row.WaveEndedAt).Bind(row.EndedAt)
        .Bind(row.CancelRequestedAt).Bind(row.Tolerated).Bind(row.Away).Bind(row.Open).Bind(row.Succeeded)
        .Bind(row.Failed);
}
