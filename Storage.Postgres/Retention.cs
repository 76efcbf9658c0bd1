using OrleansTasks.Jobs;
using OrleansTasks.Storage.Postgres.Access;
using OrleansTasks.Storage.Sql;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Postgres;

/// <summary>
/// Deletes old data in small transactions. Each checks its rows again, since a task may have been retried in between.
/// SKIP LOCKED leaves rows that a commit is writing for the next round.
/// </summary>
internal sealed class Retention(PostgresDatabase database)
{
    // The maximum number of rows in a transaction. A transaction with fewer rows was the last of its kind, except
    // for tasks, workflows and rollouts.
    private const int Slot = 200;

    // The maximum number of ended tasks that a statement looks at. Without it, a statement's time would grow with the
    // tasks that are kept, until the server cancels the statement.
    private const int Page = 2_000;

    // The maximum number of nodes of the workflows or rollouts that are deleted in a transaction, unless one has more.
    private const int MostNodes = 2_000;

    // The node tasks of a workflow have the keys right after its own, so only the last workflow before a task can
    // contain it. Likewise for the items of a node.
    private const string IsFree = """
        coalesce((SELECT w.key + w.count FROM ot.workflows w WHERE w.key < t.key
            ORDER BY w.key DESC LIMIT 1), 0) < t.key
        AND coalesce((SELECT i.first + i.count FROM ot.workflow_items i WHERE i.first <= t.key
            ORDER BY i.first DESC LIMIT 1), 0) <= t.key
        """;

    // Continues a WITH clause after its table "oldest" (key, count of nodes, ended_at). Chooses the first rows that
    // have at most $3 nodes together. The very first is always chosen: its total is its own count.
    private const string Chosen = """
        chosen AS (
            SELECT key FROM (SELECT key, count, sum(count) OVER (ORDER BY ended_at, key) AS total FROM oldest) o
            WHERE total <= $3 OR total = count)
        """;

    private const string RemoveWorkflows = $"""
        WITH oldest AS (
            SELECT key, count, ended_at FROM ot.workflows WHERE state > 0 AND ended_at < $1
            ORDER BY ended_at, key LIMIT $2 FOR UPDATE SKIP LOCKED),
        {Chosen},
        gone AS (DELETE FROM ot.workflows WHERE key IN (SELECT key FROM chosen) RETURNING key, count),
        outlines AS (DELETE FROM ot.workflow_specs s USING gone g WHERE s.workflow = g.key),
        items AS (DELETE FROM ot.workflow_items i USING gone g WHERE i.key > g.key AND i.key <= g.key + g.count),
        lists AS (DELETE FROM ot.workflow_lists l USING gone g WHERE l.key > g.key AND l.key <= g.key + g.count),
        jobs AS (DELETE FROM ot.workflow_jobs j USING gone g WHERE j.key > g.key AND j.key <= g.key + g.count)
        SELECT count(*)::integer FROM gone
        """;

    // States above 1 are final.
    private const string RemoveRollouts = $"""
        WITH oldest AS (
            SELECT key, count, ended_at FROM ot.rollouts WHERE state > 1 AND ended_at < $1
            ORDER BY ended_at, key LIMIT $2 FOR UPDATE SKIP LOCKED),
        {Chosen},
        gone AS (DELETE FROM ot.rollouts WHERE key IN (SELECT key FROM chosen) RETURNING key, id),
        files AS (DELETE FROM ot.file_uses f USING gone g WHERE f.kind = 5 AND f.id = g.id::text),
        specs AS (DELETE FROM ot.rollout_specs s USING gone g WHERE s.rollout = g.key),
        nodes AS (DELETE FROM ot.rollout_nodes n USING gone g WHERE n.rollout = g.key)
        SELECT count(*)::integer FROM gone
        """;

    // A page of the ended tasks after the end $5 and the key $6, and whether each may be removed. State 4 is succeeded;
    // those above are failed and cancelled. $4 are the source tasks of open jobs.
    private const string Ended = $"""
        SELECT t.key, t.ended_at, NOT t.id = ANY($4) AND {IsFree} FROM (
            (SELECT key, id, ended_at FROM ot.tasks
                WHERE state = 4 AND ended_at < $1 AND ended_at >= $5 AND (ended_at > $5 OR key > $6)
                ORDER BY ended_at, key LIMIT $3)
            UNION ALL
            (SELECT key, id, ended_at FROM ot.tasks
                WHERE state > 4 AND ended_at < $2 AND ended_at >= $5 AND (ended_at > $5 OR key > $6)
                ORDER BY ended_at, key LIMIT $3)) t
        ORDER BY t.ended_at, t.key LIMIT $3
        """;

    private const string Lock = """
        SELECT key, id FROM ot.tasks
        WHERE key = ANY($1) AND state > 3 AND ended_at < CASE state WHEN 4 THEN $2 ELSE $3 END
        ORDER BY array_position($1, key) FOR UPDATE SKIP LOCKED
        """;

    private static readonly string[] Remove =
    [
        "DELETE FROM ot.file_uses f USING ot.tasks t WHERE t.key = ANY($1) AND f.kind = 1 AND f.id = t.id::text",
        "DELETE FROM ot.tasks WHERE key = ANY($1)",
        "DELETE FROM ot.specs WHERE task = ANY($1)",
        "DELETE FROM ot.secrets WHERE task = ANY($1)",
        "DELETE FROM ot.results WHERE task = ANY($1)",
        "DELETE FROM ot.attempts WHERE task = ANY($1)",
        "DELETE FROM ot.failures WHERE task = ANY($1)",
        "DELETE FROM ot.task_results WHERE task = ANY($1)",
        "DELETE FROM ot.task_progress WHERE task = ANY($1)",
        "DELETE FROM ot.labels WHERE task = ANY($1)",
    ];

    // Place 1: the output is in the output store, not in the row. States above 3 are final.
    private const string Filed = """
        SELECT t.key, t.id, t.ended_at, r.bytes FROM (
            SELECT task, sum(stdout_bytes + stderr_bytes)::bigint AS bytes FROM ot.results WHERE place = 1 GROUP BY task) r
            JOIN ot.tasks t ON t.key = r.task
        WHERE t.state > 3 AND NOT t.id = ANY($1) AND r.bytes > 0 ORDER BY t.ended_at DESC, t.id DESC
        """;

    // Sets place to 2 (dropped), unless the task ended after $2. Returns ids in the order of the given keys.
    private const string Drop = """
        WITH ended AS (
            SELECT key, id FROM ot.tasks WHERE key = ANY($1) AND state > 3 AND ended_at <= $2 FOR UPDATE SKIP LOCKED),
        dropped AS (UPDATE ot.results r SET place = 2 FROM ended e WHERE r.task = e.key AND r.place = 1 RETURNING e.key, e.id)
        SELECT DISTINCT array_position($1, key), id FROM dropped ORDER BY 1
        """;

    private const string OpenJobs = "SELECT id FROM ot.jobs WHERE state = 0";

    private const string Forget = """
        DELETE FROM ot.idempotency WHERE key IN (SELECT key FROM ot.idempotency WHERE at <= $1 ORDER BY at LIMIT $2) AND at <= $1
        """;

    private const string ForgetUndo = """
        DELETE FROM ot.undo WHERE (operation, queue, task) IN (
            SELECT operation, queue, task FROM ot.undo WHERE at <= $1 ORDER BY at LIMIT $2) AND at <= $1
        """;

    private const string Queues = "SELECT no FROM ot.queues ORDER BY no";

    // A record's transitions are the queue's running total after its commit. $2 is the number of commits to keep, $3
    // that of transitions. The newest record stays, because it has the queue's counts. Notes the largest deleted
    // number, by which readers detect that they missed records.
    private const string Trim = """
        WITH oldest AS (SELECT no, seq, transitions FROM ot.events WHERE queue = $1 ORDER BY seq LIMIT $4),
        newest AS (SELECT seq, transitions FROM ot.events WHERE queue = $1 ORDER BY seq DESC LIMIT 1),
        gone AS (
            DELETE FROM ot.events e USING oldest o, newest n
            WHERE e.no = o.no AND o.seq < n.seq AND (o.seq <= n.seq - $2 OR o.transitions <= n.transitions - $3)
            RETURNING e.no),
        noted AS (UPDATE ot.event_trim t SET no = greatest(t.no, (SELECT max(no) FROM gone)) WHERE EXISTS (SELECT 1 FROM gone))
        SELECT count(*)::integer FROM gone
        """;

    private readonly EndedWalk walk = new();
    private readonly OutputWalk outputs = new(database.Time);

    /// <summary>See <see cref="ITaskStore.Prune"/>.</summary>
    internal async Task<ImmutableArray<TaskId>> Prune(long endedBefore, long failedBefore, int limit)
    {
        foreach (var sql in (string[])[RemoveWorkflows, RemoveRollouts])
        {
            // A transaction with fewer than a slot is not always the last, because the number of nodes also bounds it.
            while (await database.Write(session => session.First(
                new Query(sql).Bind(failedBefore).Bind((long)Slot).Bind((long)MostNodes), static row => row.Int32(0)))
                .ConfigureAwait(false) > 0)
            {
            }
        }

        var removed = await RemoveTasks(endedBefore, failedBefore, limit).ConfigureAwait(false);
        var forgetUntil = database.Time.GetUtcNow().ToUnixTimeMilliseconds() - IdempotencyEntry.Lifetime;
        while (await database.Write(session => session.Run(new Query(Forget).Bind(forgetUntil).Bind((long)Slot)))
            .ConfigureAwait(false) == Slot)
        {
        }

        var keptUntil = database.Time.GetUtcNow().ToUnixTimeMilliseconds() - UndoRow.KeptFor;
        while (await database.Write(session => session.Run(new Query(ForgetUndo).Bind(keptUntil).Bind((long)Slot)))
            .ConfigureAwait(false) == Slot)
        {
        }

        var queues = await database.Read(session => session.All(
            new Query(Queues), static row => row.Int32(0))).ConfigureAwait(false);
        foreach (var queue in queues)
            await TrimEvents(queue).ConfigureAwait(false);
        return removed;
    }

    /// <summary>See <see cref="ITaskStore.DropOutput"/>.</summary>
    internal async Task<ImmutableArray<TaskId>> DropOutput(long keepBytes, int limit)
    {
        var found = outputs.GoOn(keepBytes) ?? await Outsized(keepBytes).ConfigureAwait(false);
        var dropped = ImmutableArray.CreateBuilder<TaskId>();
        while (dropped.Count < limit && !found.IsEmpty)
        {
            List<long> keys = [.. found.Take(Math.Min(Slot, limit - dropped.Count)).Select(static task => task.Key)];
            dropped.AddRange(await database.Write(session => session.All(
                new Query(Drop).Bind(keys).Bind(found.EndedBy), static row => row.Id(1))).ConfigureAwait(false));
        }

        outputs.StopAt(found);
        return dropped.DrainToImmutable();
    }

    /// <summary>
    /// Returns the ended tasks whose stored output exceeds the bound. Output that an open job owns does not count, like
    /// that of a running task.
    /// </summary>
    private async Task<OutsizedTasks> Outsized(long keepBytes)
    {
        var readAt = database.Time.GetTimestamp();
        var owned = await OwnedTasks().ConfigureAwait(false);
        return await database.Read(async session =>
        {
            var found = new OutsizedTasks(keepBytes, readAt);
            await session.Each(new Query(Filed).Bind(owned), row =>
            {
                found.Add(row.Int64(0), row.Id(1), row.Int64(2), row.Int64(3));
                return true;
            }).ConfigureAwait(false);
            return found;
        }).ConfigureAwait(false);
    }

    private async Task<ImmutableArray<TaskId>> RemoveTasks(long endedBefore, long failedBefore, int limit)
    {
        var removed = ImmutableArray.CreateBuilder<TaskId>();
        var place = walk.Begin(endedBefore, failedBefore);
        while (removed.Count < limit)
        {
            var (after, most) = (place, Math.Min(Slot, limit - removed.Count));
            var owned = await OwnedTasks().ConfigureAwait(false);
            var page = await database.Read(session => session.All(
                new Query(Ended).Bind(endedBefore).Bind(failedBefore).Bind((long)Page).Bind(owned)
                    .Bind(after.EndedAt).Bind(after.Key),
                static row => (Place: new EndedPlace(row.Int64(1), row.Int64(0)), IsFree: row.Boolean(2))))
                .ConfigureAwait(false);
            List<EndedPlace> slot =
                [.. page.Where(static task => task.IsFree).Take(most).Select(static task => task.Place)];
            if (slot.Count > 0)
            {
                List<long> keys = [.. slot.Select(static task => task.Key)];
                removed.AddRange(await database.Write(
                    session => RemoveTasks(session, keys, endedBefore, failedBefore)).ConfigureAwait(false));
            }

            if (slot.Count < most && page.Count < Page)
                return removed.DrainToImmutable();
            place = slot.Count < most ? page[^1].Place : slot[^1];
        }

        walk.StopAt(endedBefore, failedBefore, place);
        return removed.DrainToImmutable();
    }

    private static async Task<List<TaskId>> RemoveTasks(Session session, List<long> slot, long endedBefore, long failedBefore)
    {
        var locked = await session.All(
            new Query(Lock).Bind(slot).Bind(endedBefore).Bind(failedBefore),
            static row => (Key: row.Int64(0), Id: row.Id(1))).ConfigureAwait(false);
        List<long> keys = [.. locked.Select(static task => task.Key)];
        if (keys.Count > 0)
            await session.RunAll([.. Remove.Select(sql => new Query(sql).Bind(keys))]).ConfigureAwait(false);
        return [.. locked.Select(static task => task.Id)];
    }

    private async Task TrimEvents(int queueNo)
    {
        var query = new Query(Trim).Bind(queueNo).Bind((long)database.Options.EventRecordsKept)
            .Bind(database.Options.TransitionsKept).Bind((long)Slot);
        while (await database.Write(session => session.First(query, static row => row.Int32(0))).ConfigureAwait(false) == Slot)
        {
        }
    }

    /// <summary>Returns the source tasks of open jobs.</summary>
    private Task<List<Guid>> OwnedTasks() => database.Read(session => session.All(
        new Query(OpenJobs), static row => Query.Uuid(SourceTaskId.Of(row.Id(0)))));
}
