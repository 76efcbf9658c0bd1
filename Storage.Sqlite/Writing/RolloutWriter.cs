using OrleansTasks.Files;
using OrleansTasks.Rollouts;
using OrleansTasks.Storage.Sqlite.Interop;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Sqlite.Writing;

/// <summary>Writes a commit's changes to rollouts, and removes old rollouts.</summary>
internal static class RolloutWriter
{
    private const string Insert = """
        INSERT INTO rollouts (key, state, wave, wave_ended_at, ended_at, cancel_requested_at, tolerated, away, open,
            succeeded, failed, id, queue, name, count, started_at, had_secrets)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)
        """;

    private const string Update = """
        UPDATE rollouts SET state = ?2, wave = ?3, wave_ended_at = ?4, ended_at = ?5, cancel_requested_at = ?6,
            tolerated = ?7, away = ?8, open = ?9, succeeded = ?10, failed = ?11 WHERE key = ?1
        """;

    private const string InsertSpec = "INSERT INTO rollout_specs (rollout, spec) VALUES (?1, ?2)";
    private const string InsertSecrets = "INSERT INTO rollout_secrets (rollout, env) VALUES (?1, ?2)";
    private const string DeleteSecrets = "DELETE FROM rollout_secrets WHERE rollout = ?1";

    private const string PutNode = """
        INSERT INTO rollout_nodes (rollout, place, node, state, tries, task) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
        ON CONFLICT (rollout, place) DO UPDATE SET state = ?4, tries = ?5, task = ?6
        """;

    // States above 1 are final.
    private const string Ended = """
        SELECT key, count, id FROM rollouts INDEXED BY rollouts_ended WHERE state > 1 AND ended_at < ?1
        ORDER BY ended_at, key
        """;

    private static readonly string[] Removals =
    [
        "DELETE FROM rollouts WHERE key = ?1",
        "DELETE FROM rollout_specs WHERE rollout = ?1",
        "DELETE FROM rollout_nodes WHERE rollout = ?1",
    ];

    /// <summary>Writes the changes. Returns false if a rollout to change is not stored.</summary>
    internal static bool Write(Connection connection, int queueNo, RolloutCommit commit)
    {
        foreach (var row in commit.Rows)
        {
            var isNew = commit.Bodies.TryGetValue(row.No, out var body);
            if (Put(connection, queueNo, row, isNew) == 0)
                return false;
            if (isNew)
                PutBody(connection, row.No, body.Spec, body.SecretEnv);
            if (row.HadSecrets && row.State.IsFinal())
                ScheduleWriter.Erasing(connection, connection.Get(DeleteSecrets), row.No);
        }

        foreach (var node in commit.Nodes)
            Put(connection, node);
        return true;
    }

    /// <summary>
    /// Removes some rollouts that ended before a time, but not their tasks. Returns their number, which is 0 only if
    /// none is left.
    /// </summary>
    internal static int RemoveEnded(Connection connection, long before, int limit)
    {
        var old = EndedGroups.Oldest(connection, Ended, before, limit);
        foreach (var group in old)
        {
            FileUseWriter.Remove(connection, FileUseKind.Rollout, group.Id);
            RetentionWriter.RunAll(connection, Removals, group.Key);
        }

        return old.Count;
    }

    private static int Put(Connection connection, int queueNo, RolloutRow row, bool isNew)
    {
        var put = connection.Get(isNew ? Insert : Update);
        put.Bind(1, row.No);
        put.Bind(2, (long)row.State);
        put.Bind(3, (long)row.Wave);
        put.Bind(4, row.WaveEndedAt);
        put.Bind(5, row.EndedAt);
        put.Bind(6, row.CancelRequestedAt);
        put.Bind(7, (long)row.Tolerated);
        put.Bind(8, (long)row.Away);
        put.Bind(9, (long)row.Open);
        put.Bind(10, (long)row.Succeeded);
        put.Bind(11, (long)row.Failed);
        if (!isNew)
            return put.Run();
        put.Bind(12, row.Id);
        put.Bind(13, queueNo);
        put.Bind(14, row.Name);
        put.Bind(15, (long)row.Count);
        put.Bind(16, row.StartedAt);
        put.Bind(17, row.HadSecrets);
        return put.Run();
    }

    private static void PutBody(
        Connection connection, long key, ReadOnlyMemory<byte> spec, ReadOnlyMemory<byte> secretEnv)
    {
        var put = connection.Get(InsertSpec);
        put.Bind(1, key);
        put.Bind(2, spec.Span);
        put.Run();
        if (secretEnv.IsEmpty)
            return;
        var secrets = connection.Get(InsertSecrets);
        secrets.Bind(1, key);
        secrets.Bind(2, secretEnv.Span);
        secrets.Run();
    }

    private static void Put(Connection connection, RolloutNodeRow node)
    {
        var put = connection.Get(PutNode);
        put.Bind(1, node.Rollout);
        put.Bind(2, (long)node.Place);
        put.Bind(3, node.Node);
        put.Bind(4, (long)node.State);
        put.Bind(5, (long)node.Tries);
        if (node.Task is { } task)
            put.Bind(6, task);
        else
            put.BindNull(6);
        put.Run();
    }
}
