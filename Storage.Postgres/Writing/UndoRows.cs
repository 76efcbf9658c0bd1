using OrleansTasks.Storage.Encodings;
using OrleansTasks.Storage.Postgres.Access;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Postgres.Writing;

/// <summary>
/// Collects the rows for undoing cancels and retries in a group of commits, column by column. The statements run before
/// the tasks are written, because a retry deletes the fingerprint that they copy. Outcome 0 is pending.
/// </summary>
internal sealed class UndoRows
{
    private static readonly string Keep = $"""
        INSERT INTO ot.undo (operation, queue, task, at, ord, had_dependents, fingerprint, outcome, before)
        SELECT r.operation, q.no, r.key, r.at, r.ord, r.had_dependents,
            (SELECT f.fingerprint FROM ot.failures f WHERE f.task = r.key), 0, r.before
        FROM unnest($1::bigint[], $2::uuid[], $3::bigint[], $4::bigint[], $5::boolean[], $6::bytea[])
            r (key, operation, at, ord, had_dependents, before) {CommitBatch.Passed}
        ON CONFLICT (operation, queue, task) DO UPDATE SET at = excluded.at, ord = excluded.ord,
            had_dependents = excluded.had_dependents, fingerprint = excluded.fingerprint, outcome = 0,
            before = excluded.before
        """;

    private static readonly string Decide = $"""
        UPDATE ot.undo u SET outcome = r.outcome
        FROM unnest($1::bigint[], $2::uuid[], $3::integer[]) r (key, operation, outcome) {CommitBatch.Passed}
        WHERE u.operation = r.operation AND u.queue = q.no AND u.task = r.key
        """;

    private static readonly string DecideAll = $"""
        UPDATE ot.undo u SET outcome = $2 FROM unnest($1::integer[]) r (queue) {CommitBatch.QueuePassed}
        WHERE u.queue = q.no AND u.outcome = 0
        """;

    private readonly List<UndoRow> kept = [];
    private readonly List<(long Key, Guid Operation, int Outcome)> decided = [];

    // The numbers of queues that are deleted.
    private readonly List<int> gone = [];

    internal void Add(int queueNo, UndoCommit commit)
    {
        kept.AddRange(commit.Kept);
        foreach (var (operation, no, outcome) in commit.Decided)
            decided.Add((no, Query.Uuid(operation), (int)outcome));
        if (commit.IsQueueGone)
            gone.Add(queueNo);
    }

    internal void AddTo(List<Query> statements)
    {
        if (kept.Count > 0)
        {
            statements.Add(new Query(Keep)
                .Bind(kept.ConvertAll(static row => row.Before.No))
                .Bind(kept.ConvertAll(static row => Query.Uuid(row.Operation)))
                .Bind(kept.ConvertAll(static row => row.At))
                .Bind(kept.ConvertAll(static row => row.Order))
                .Bind(kept.ConvertAll(static row => row.HadDependents))
                .Bind(kept.ConvertAll(static row => (byte[]?)TaskRowCodec.Write(row.Before))));
        }

        if (decided.Count > 0)
        {
            statements.Add(new Query(Decide)
                .Bind(decided.ConvertAll(static one => one.Key))
                .Bind(decided.ConvertAll(static one => one.Operation))
                .Bind(decided.ConvertAll(static one => one.Outcome)));
        }

        if (gone.Count > 0)
            statements.Add(new Query(DecideAll).Bind(gone).Bind((int)UndoOutcome.QueueGone));
    }
}
