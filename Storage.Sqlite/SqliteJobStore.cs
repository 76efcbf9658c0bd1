using OrleansTasks.Jobs;
using OrleansTasks.Storage.Encodings;
using OrleansTasks.Storage.Sqlite.Interop;
using OrleansTasks.Storage.Sqlite.Reading;
using OrleansTasks.Storage.Sqlite.Writing;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Sqlite;

/// <summary>
/// The jobs in the SQLite file: reads, progress parts and retention. All other changes are part of a queue's commit.
/// </summary>
/// <param name="database">The open database.</param>
internal sealed class SqliteJobStore(SqliteDatabase database) : IJobStore
{
    // Step every statement to its end, or reset it. Until then it keeps its snapshot, and checkpoints cannot pass that.

    /// <summary>The maximum number of rows in a page that is read on the caller's thread.</summary>
    private const int ShortRead = 256;

    /// <summary>
    /// The ordinals of the columns after <see cref="Columns"/>, in <see cref="SelectJob"/> and
    /// <see cref="SelectOpen"/>.
    /// </summary>
    private const int SpecColumn = 12, ProgressColumn = 13;

    private const string Columns = """
        j.key, j.id, q.name, j.name, s.labels, j.state, j.started_at, j.ended_at, j.cancel_requested_at,
            j.closed, j.reason, s.head
        """;

    private const string From = "FROM jobs j JOIN queues q ON q.no = j.queue JOIN job_specs s ON s.job = j.key";

    private const string SelectJob = $"SELECT {Columns}, s.spec, j.progress {From} WHERE j.id = ?1";
    private const string SelectJobSummary = $"SELECT {Columns} {From} WHERE j.id = ?1";
    private const string SelectPage = $"SELECT {Columns} {From} WHERE j.id < ?1 AND j.id >= ?2 ORDER BY j.id DESC";
    private const string SelectOpen = $"""
        SELECT {Columns}, s.spec {From} WHERE j.state = 0 AND j.queue = ?1 AND j.id > ?2 ORDER BY j.id
        """;

    private const string SelectProgress = "SELECT progress FROM jobs WHERE id = ?1";
    private const string SelectOpenIds = "SELECT id FROM jobs INDEXED BY jobs_open WHERE state = 0 ORDER BY id";
    private const string SelectPart = """
        SELECT bytes FROM progress_parts WHERE job = (SELECT key FROM jobs WHERE id = ?1) AND version = ?2 AND part = ?3
        """;

    private const string SelectKey = "SELECT key FROM jobs WHERE id = ?1";

    // A chunk's state is 0 while it is open, and then the number of its final TaskState.
    private const string SelectEndedChunks = """
        SELECT no, first, items, state, attempt, node, reason, micros, at, report, upload, uploaded
        FROM chunks WHERE job = ?1 AND no > ?2 AND state <> 0 ORDER BY no
        """;

    private const string SelectOpenChunks = """
        SELECT no, first, items, length(segment), segment, upload, uploaded
        FROM chunks WHERE job = ?1 AND no > ?2 AND state = 0 ORDER BY no
        """;

    private static readonly string SelectOpenPlans = $"""
        SELECT no, first, items, length(segment), substr(segment, 1, {ChunkRow.SegmentStart}), upload, uploaded
        FROM chunks WHERE job = ?1 AND no > ?2 AND state = 0 ORDER BY no
        """;

    private const string SelectLastChunk =
        "SELECT no, first + items FROM chunks WHERE job = ?1 ORDER BY no DESC LIMIT 1";

    private const string SelectCollected = "SELECT no, lines FROM collected WHERE job = ?1 AND no > ?2 ORDER BY no";

    private const string SumCollected =
        "SELECT sum(length(lines)) FROM collected INDEXED BY collected_job WHERE job = ?1";

    private static readonly TaskId Latest = new(ulong.MaxValue, ulong.MaxValue);

    /// <inheritdoc/>
    public Task<JobRow?> Get(TaskId id, bool whole) => database.Readers.ShortTask(session =>
    {
        var row = session.Get(whole ? SelectJob : SelectJobSummary);
        row.Bind(1, id);
        JobRow? job = null;
        while (row.Step())
        {
            job = Read(session, row);
            if (whole)
                job = job with { Spec = row.Copy(SpecColumn), Progress = row.Copy(ProgressColumn) };
        }

        return job;
    });

    /// <inheritdoc/>
    public int LargestPart => 1 << 20;

    /// <inheritdoc/>
    public Task PutPart(TaskId job, long version, int part, ReadOnlyMemory<byte> bytes) =>
        database.Write(connection => JobWriter.PutPart(connection, job, version, part, bytes));

    /// <inheritdoc/>
    public Task<ReadOnlyMemory<byte>?> Part(TaskId job, long version, int part) =>
        database.Readers.ShortTask<ReadOnlyMemory<byte>?>(session =>
        {
            var row = session.Get(SelectPart);
            row.Bind(1, job);
            row.Bind(2, version);
            row.Bind(3, (long)part);
            ReadOnlyMemory<byte>? bytes = null;
            while (row.Step())
                bytes = row.Copy(0);
            return bytes;
        });

    /// <inheritdoc/>
    public Task<ReadOnlyMemory<byte>?> Progress(TaskId id) =>
        database.Readers.ShortTask<ReadOnlyMemory<byte>?>(session =>
        {
            var row = session.Get(SelectProgress);
            row.Bind(1, id);
            ReadOnlyMemory<byte>? progress = null;
            while (row.Step())
                progress = row.Copy(0);
            return progress;
        });

    /// <inheritdoc/>
    public Task<ImmutableArray<JobRow>> List(
        JobFilter filter, TaskId? before, int limit, CancellationToken cancellation = default) =>
        database.Readers.Scan(session =>
        {
            var jobs = ImmutableArray.CreateBuilder<JobRow>();
            var row = session.Get(SelectPage);
            var bound = filter.CreatedBefore is { } latest ? IdRange.FirstOf(latest) : Latest;
            row.Bind(1, before is { } id && id < bound ? id : bound);
            row.Bind(2, filter.CreatedAfter is { } after ? IdRange.FirstOf(after + 1) : default);
            while (jobs.Count < limit && row.Step())
            {
                if (Read(session, row) is var job && job.Matches(filter))
                    jobs.Add(job);
            }

            row.Reset();
            return jobs.DrainToImmutable();
        }, cancellation);

    /// <inheritdoc/>
    public Task<ImmutableArray<JobRow>> ListOpen(int queueNo, TaskId after, int bytes) =>
        database.Readers.Long(session =>
        {
            var jobs = ImmutableArray.CreateBuilder<JobRow>();
            var row = session.Get(SelectOpen);
            row.Bind(1, queueNo);
            row.Bind(2, after);
            for (var left = bytes; left > 0 && row.Step();)
            {
                jobs.Add(Read(session, row) with { Spec = row.Copy(SpecColumn) });
                // At least 1 a row, so that a page is bounded even if its rows have no bytes.
                left -= jobs[^1].Spec.Length + 1;
            }

            row.Reset();
            return jobs.DrainToImmutable();
        });

    /// <inheritdoc/>
    public Task<ImmutableArray<TaskId>> OpenIds() => database.Readers.ShortTask(session =>
    {
        var ids = ImmutableArray.CreateBuilder<TaskId>();
        var row = session.Get(SelectOpenIds);
        while (row.Step())
            ids.Add(row.Id(0));
        return ids.DrainToImmutable();
    });

    /// <inheritdoc/>
    public Task<ImmutableArray<ChunkRow>> OpenChunks(TaskId job, long after, int limit, int bytes) =>
        ReadPage(SelectOpenChunks, job, after, limit, bytes, ReadOpen);

    /// <inheritdoc/>
    public Task<ImmutableArray<ChunkRow>> OpenPlans(TaskId job, long after, int limit) =>
        ReadPage(SelectOpenPlans, job, after, limit, int.MaxValue, ReadOpen);

    /// <inheritdoc/>
    public Task<ImmutableArray<ChunkRow>> EndedChunks(TaskId job, long after, int limit, int bytes) =>
        ReadPage(SelectEndedChunks, job, after, limit, bytes, ReadEnded);

    /// <inheritdoc/>
    public Task<ImmutableArray<CollectedChunk>> Collected(TaskId job, long after, int bytes) =>
        database.Readers.Long(session =>
        {
            var chunks = ImmutableArray.CreateBuilder<CollectedChunk>();
            if (KeyOf(session, job) is not { } key)
                return [];
            var row = session.Get(SelectCollected);
            row.Bind(1, key);
            row.Bind(2, after);
            for (var left = bytes; left > 0 && row.Step();)
            {
                chunks.Add(new CollectedChunk(row.Int64(0), row.Copy(1)));
                left -= chunks[^1].Lines.Length + 1;
            }

            row.Reset();
            return chunks.DrainToImmutable();
        });

    /// <inheritdoc/>
    public Task<long> CollectedBytes(TaskId job) => database.Readers.Long(session =>
    {
        if (KeyOf(session, job) is not { } key)
            return 0;
        var row = session.Get(SumCollected);
        row.Bind(1, key);
        var bytes = 0L;
        while (row.Step())
            bytes = row.Int64(0);
        return bytes;
    });

    /// <inheritdoc/>
    public Task<ChunkEnd?> LastChunk(TaskId job) => database.Readers.ShortTask<ChunkEnd?>(session =>
    {
        if (KeyOf(session, job) is not { } key)
            return null;
        var row = session.Get(SelectLastChunk);
        row.Bind(1, key);
        ChunkEnd? end = null;
        while (row.Step())
            end = new ChunkEnd(row.Int64(0), row.Int64(1));
        return end;
    });

    /// <inheritdoc/>
    public async Task<int> Prune(long endedBefore, int limit)
    {
        var keys = await database.Readers.Long(session => JobRetention.Ended(session, endedBefore, limit))
            .ConfigureAwait(false);
        foreach (var key in keys)
            await RemoveInSteps(key).ConfigureAwait(false);
        return keys.Count;
    }

    /// <summary>Deletes a job in several short transactions, so that no commit of a queue waits long.</summary>
    private async Task RemoveInSteps(long key)
    {
        bool isRemoved;
        do
        {
            isRemoved = await database.WriteInBackground(
                connection => JobRetention.Remove(connection, key, database.Time)).ConfigureAwait(false);
        }
        while (!isRemoved);
    }

    /// <summary>
    /// Reads chunks with numbers above <paramref name="after"/>, up to <paramref name="limit"/> rows or
    /// <paramref name="bytes"/> bytes. Reads a page of at most <see cref="ShortRead"/> rows on the caller's thread, a
    /// larger one on the thread pool.
    /// </summary>
    private Task<ImmutableArray<ChunkRow>> ReadPage(
        string sql, TaskId job, long after, int limit, int bytes, Func<ReadSession, Statement, ChunkRow> read)
    {
        return limit <= ShortRead ? database.Readers.ShortTask(Read) : database.Readers.Long(Read);

        ImmutableArray<ChunkRow> Read(ReadSession session)
        {
            if (KeyOf(session, job) is not { } key)
                return [];
            var chunks = ImmutableArray.CreateBuilder<ChunkRow>();
            var row = session.Get(sql);
            row.Bind(1, key);
            row.Bind(2, after);
            for (long left = bytes; left > 0 && chunks.Count < limit && row.Step();)
            {
                chunks.Add(read(session, row));
                left -= chunks[^1].Plan.Segment.Length + (chunks[^1].Ended?.Report.Length ?? 0) + 1;
            }

            row.Reset();
            return chunks.DrainToImmutable();
        }
    }

    private static long? KeyOf(ReadSession session, TaskId job)
    {
        var row = session.Get(SelectKey);
        row.Bind(1, job);
        long? key = null;
        while (row.Step())
            key = row.Int64(0);
        return key;
    }

    private static JobRow Read(ReadSession session, Statement row) => new(
        row.Int64(0),
        row.Id(1),
        session.Names.Get(row.Bytes(2)),
        row.Text(3)!,
        LabelText.ReadOrTell(row.Bytes(4)),
        (JobState)row.Int32(5),
        row.Int64(6),
        row.Int64(7),
        row.Int64(8),
        row.Int32(9) != 0,
        row.Text(10),
        default,
        default)
    { Head = row.Copy(11) };

    private static ChunkRow ReadOpen(ReadSession session, Statement row) =>
        new(
            new ChunkPlan(row.Int64(0), row.Int64(1), row.Int64(2), row.Copy(4)) { Upload = ReadMark(row, 5) }, null,
            row.Int32(3));

    private static ChunkRow ReadEnded(ReadSession session, Statement row)
    {
        var no = row.Int64(0);
        return new ChunkRow(
            new ChunkPlan(no, row.Int64(1), row.Int64(2), default) { Upload = ReadMark(row, 10) },
            new EndedChunk(
                no, (TaskState)row.Int32(3), row.Int32(4), session.Names.Get(row.Bytes(5)), (EndReason)row.Int32(6),
                row.Int64(7), row.Int64(8), row.Copy(9)),
            0);
    }

    /// <summary>Reads the columns upload and uploaded; null unless an upload sent the chunk's items.</summary>
    private static UploadMark? ReadMark(Statement row, int column) =>
        row.NullableId(column) is { } upload ? new UploadMark(upload, row.Int64(column + 1)) : null;
}
