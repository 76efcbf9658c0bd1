using OrleansTasks.Jobs;
using OrleansTasks.Storage.Encodings;
using OrleansTasks.Storage.Sqlite.Interop;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Sqlite.Writing;

/// <summary>Writes a commit's changes to jobs and their chunks.</summary>
internal static class JobWriter
{
    private const string InsertJob = """
        INSERT INTO jobs (key, id, queue, name, state, started_at, ended_at, cancel_requested_at, closed, reason, progress)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
        """;

    // A NULL progress leaves the stored one.
    private const string UpdateJob = """
        UPDATE jobs SET state = ?2, started_at = ?3, ended_at = ?4, cancel_requested_at = ?5, closed = ?6, reason = ?7,
            progress = ifnull(?8, progress)
        WHERE key = ?1
        """;

    private const string InsertSpec = "INSERT INTO job_specs (job, labels, head, spec) VALUES (?1, ?2, ?3, ?4)";

    private const string DropParts = "DELETE FROM progress_parts WHERE job = ?1 AND version <> ?2";

    // Writes nothing unless the job is running (state 0).
    private const string Put = """
        INSERT INTO progress_parts (job, version, part, bytes) SELECT key, ?2, ?3, ?4 FROM jobs WHERE id = ?1 AND state = 0
        ON CONFLICT (job, version, part) DO UPDATE SET bytes = excluded.bytes
        """;

    // State 0 is open. A chunk that is already stored stays as it is.
    private const string InsertChunk = """
        INSERT OR IGNORE INTO chunks (job, no, state, first, items, attempt, reason, micros, at, segment, upload, uploaded)
        VALUES (?1, ?2, 0, ?3, ?4, 0, 0, 0, 0, ?5, ?6, ?7)
        """;

    private const string EndChunk = """
        UPDATE chunks SET state = ?3, attempt = ?4, reason = ?5, micros = ?6, at = ?7, node = ?8, segment = NULL, report = ?9
        WHERE job = ?1 AND no = ?2
        """;

    private const string Collect = "INSERT OR IGNORE INTO collected (job, no, lines) VALUES (?1, ?2, ?3)";
    private const string DeleteRange = "DELETE FROM chunks WHERE job = ?1 AND no BETWEEN ?2 AND ?3";

    /// <summary>
    /// Writes a job's row. Deletes the chunks that its progress covers, or all of them once it has ended.
    /// </summary>
    internal static void Write(Connection connection, int queueNo, JobCommit job)
    {
        if (job.Write.New is { } submission)
            Insert(connection, queueNo, job, submission);
        else
            Update(connection, job.No, job.Write);
        foreach (var range in job.Write.Folded)
            Delete(connection, job.No, range.First, range.Last);
        if (job.Write.State.IsFinal())
            Delete(connection, job.No, 0, long.MaxValue);
    }

    /// <summary>Writes a part of an open job's progress. Returns false if the job is not open.</summary>
    internal static bool PutPart(Connection connection, TaskId job, long version, int part, ReadOnlyMemory<byte> bytes)
    {
        var put = connection.Get(Put);
        put.Bind(1, job);
        put.Bind(2, version);
        put.Bind(3, (long)part);
        put.Bind(4, bytes.Span);
        return put.Run() > 0;
    }

    internal static void WriteChunks(Connection connection, IReadOnlyList<ChunkWrite> chunks)
    {
        var insert = connection.Get(InsertChunk);
        var end = connection.Get(EndChunk);
        for (var i = 0; i < chunks.Count; i++)
        {
            var key = chunks[i].JobNo;
            if (chunks[i].New is { } chunk)
            {
                insert.Bind(1, key);
                insert.Bind(2, chunk.No);
                insert.Bind(3, chunk.First);
                insert.Bind(4, chunk.Items);
                BindBlob(insert, 5, chunk.Segment);
                if (chunk.Upload is { } mark)
                    insert.Bind(6, mark.Upload);
                else
                    insert.BindNull(6);
                insert.Bind(7, chunk.Upload?.Items ?? 0);
                insert.Run();
            }

            if (chunks[i].Ended is { } ended)
            {
                end.Bind(1, key);
                end.Bind(2, ended.No);
                end.Bind(3, (long)ended.State);
                end.Bind(4, (long)ended.Attempt);
                end.Bind(5, (long)ended.Reason);
                end.Bind(6, ended.Micros);
                end.Bind(7, ended.At);
                end.Bind(8, ended.Node);
                BindBlob(end, 9, ended.Report);
                end.Run();
                if (chunks[i].Collected is { } lines)
                    WriteCollected(connection, key, ended.No, lines);
            }
        }
    }

    private static void WriteCollected(Connection connection, long key, long no, ReadOnlyMemory<byte> lines)
    {
        var collect = connection.Get(Collect);
        collect.Bind(1, key);
        collect.Bind(2, no);
        collect.Bind(3, lines.Span);
        collect.Run();
    }

    private static void Insert(Connection connection, int queueNo, JobCommit job, JobSubmission submission)
    {
        var insert = connection.Get(InsertJob);
        insert.Bind(1, job.No);
        insert.Bind(2, job.Id);
        insert.Bind(3, queueNo);
        insert.Bind(4, submission.Name);
        insert.Bind(5, (long)job.Write.State);
        insert.Bind(6, job.Write.StartedAt);
        insert.Bind(7, job.Write.EndedAt);
        insert.Bind(8, job.Write.CancelRequestedAt);
        insert.Bind(9, job.Write.IsClosed);
        insert.Bind(10, job.Write.Reason);
        BindBlob(insert, 11, job.Write.Progress?.Bytes ?? default);
        insert.Run();
        var spec = connection.Get(InsertSpec);
        spec.Bind(1, job.No);
        if (submission.Labels.IsDefaultOrEmpty)
            spec.BindNull(2);
        else
            spec.BindUtf8(2, LabelText.Write(submission.Labels));
        BindBlob(spec, 3, submission.Head);
        spec.Bind(4, submission.Spec.Span);
        spec.Run();
    }

    private static void Update(Connection connection, long key, JobWrite write)
    {
        var update = connection.Get(UpdateJob);
        update.Bind(1, key);
        update.Bind(2, (long)write.State);
        update.Bind(3, write.StartedAt);
        update.Bind(4, write.EndedAt);
        update.Bind(5, write.CancelRequestedAt);
        update.Bind(6, write.IsClosed);
        update.Bind(7, write.Reason);
        BindBlob(update, 8, write.Progress?.Bytes ?? default);
        update.Run();
        if (write.Progress is null)
            return;
        var drop = connection.Get(DropParts);
        drop.Bind(1, key);
        // Versions begin at 1: 0 keeps no part, because the progress is whole in the row.
        drop.Bind(2, write.Parts?.Version ?? 0);
        drop.Run();
    }

    private static void Delete(Connection connection, long key, long first, long last)
    {
        var delete = connection.Get(DeleteRange);
        delete.Bind(1, key);
        delete.Bind(2, first);
        delete.Bind(3, last);
        delete.Run();
    }

    private static void BindBlob(Statement statement, int index, ReadOnlyMemory<byte> bytes)
    {
        if (bytes.IsEmpty)
            statement.BindNull(index);
        else
            statement.Bind(index, bytes.Span);
    }
}
