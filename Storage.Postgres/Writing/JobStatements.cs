using OrleansTasks.Jobs;
using OrleansTasks.Storage.Encodings;
using OrleansTasks.Storage.Postgres.Access;

namespace OrleansTasks.Storage.Postgres.Writing;

/// <summary>
/// Builds the statements for a commit's change to a job. A job may change several times in a commit, so each change has
/// its own statements.
/// </summary>
internal static class JobStatements
{
    // In each statement the last parameter is the queue's number, by which it takes effect only if the commit passes
    // the fence. A NULL progress leaves the stored one.
    private const string Insert = $"""
        INSERT INTO ot.jobs (key, id, queue, name, state, started_at, ended_at, cancel_requested_at, closed, reason, progress,
            labels, head, spec)
        SELECT $1, $2, q.no, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13
        FROM {CommitBatch.AllPassed} WHERE q.no = $14
        """;

    private const string Update = $"""
        UPDATE ot.jobs SET state = $2, started_at = $3, ended_at = $4, cancel_requested_at = $5, closed = $6, reason = $7,
            progress = coalesce($8, progress)
        FROM {CommitBatch.AllPassed} WHERE key = $1 AND q.no = $9
        """;

    private const string DropParts = $"""
        DELETE FROM ot.progress_parts USING {CommitBatch.AllPassed}
        WHERE job = $1 AND version <> $2 AND q.no = $3
        """;

    private const string DropChunks = $"""
        DELETE FROM ot.chunks c USING {CommitBatch.AllPassed}
        WHERE c.job = $1 AND c.no BETWEEN $2 AND $3 AND q.no = $4
        """;

    /// <summary>
    /// Appends the statements. They delete the chunks that the job's progress covers, or all of them once it has ended.
    /// </summary>
    internal static void AddTo(List<Query> statements, int queueNo, JobCommit job)
    {
        var key = job.No;
        var write = job.Write;
        if (write.New is { } submission)
            statements.Add(New(key, queueNo, job, submission));
        else
        {
            statements.Add(Change(key, queueNo, write));
            if (write.Progress is not null)
                // Versions begin at 1: 0 keeps no part, because the progress is whole in the row.
                statements.Add(new Query(DropParts).Bind(key).Bind(write.Parts?.Version ?? 0).Bind(queueNo));
        }

        foreach (var range in write.Folded)
            statements.Add(new Query(DropChunks).Bind(key).Bind(range.First).Bind(range.Last).Bind(queueNo));
        if (write.State.IsFinal())
            statements.Add(new Query(DropChunks).Bind(key).Bind(0L).Bind(long.MaxValue).Bind(queueNo));
    }

    private static Query New(long key, int queueNo, JobCommit job, JobSubmission submission) => new Query(Insert)
        .Bind(key)
        .Bind(job.Id)
        .Bind(submission.Name)
        .Bind((int)job.Write.State)
        .Bind(job.Write.StartedAt)
        .Bind(job.Write.EndedAt)
        .Bind(job.Write.CancelRequestedAt)
        .Bind(job.Write.IsClosed)
        .Bind(job.Write.Reason)
        .BindUnlessEmpty(job.Write.Progress?.Bytes ?? default)
        .BindUtf8(LabelText.Write(submission.Labels))
        .BindUnlessEmpty(submission.Head)
        .Bind(submission.Spec)
        .Bind(queueNo);

    private static Query Change(long key, int queueNo, JobWrite write) => new Query(Update)
        .Bind(key)
        .Bind((int)write.State)
        .Bind(write.StartedAt)
        .Bind(write.EndedAt)
        .Bind(write.CancelRequestedAt)
        .Bind(write.IsClosed)
        .Bind(write.Reason)
        .BindUnlessEmpty(write.Progress?.Bytes ?? default)
        .Bind(queueNo);
}
