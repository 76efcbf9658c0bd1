using OrleansTasks.Jobs;
using OrleansTasks.Storage.Encodings;
using OrleansTasks.Storage.Postgres.Access;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Postgres;

/// <summary>
/// The jobs in the PostgreSQL database: reads, progress parts and retention. All else is part of a queue's commit.
/// </summary>
/// <param name="database">The open database.</param>
internal sealed class PostgresJobStore(PostgresDatabase database) : IJobStore
{
    /// <summary>
    /// The ordinals of the columns after <see cref="Columns"/>, in <see cref="SelectJob"/> and
    /// <see cref="SelectOpen"/>.
    /// </summary>
    private const int SpecColumn = 12, ProgressColumn = 13;

    private const string Columns = """
        j.key, j.id, q.name, j.name, j.labels, j.state, j.started_at, j.ended_at, j.cancel_requested_at,
            j.closed, j.reason, j.head
        """;

    // A job without a spec is being deleted, and reads ignore it.
    private const string From = "FROM ot.jobs j JOIN ot.queues q ON q.no = j.queue";
    private const string SelectJob = $"SELECT {Columns}, j.spec, j.progress {From} WHERE j.id = $1 AND j.spec IS NOT NULL";
    private const string SelectSummary = $"SELECT {Columns} {From} WHERE j.id = $1 AND j.spec IS NOT NULL";

    private const string SelectPage =
        $"SELECT {Columns} {From} WHERE j.id < $1 AND j.id >= $2 AND j.spec IS NOT NULL ORDER BY j.id DESC LIMIT $3";

    private const string SelectOpen = $"""
        SELECT {Columns}, j.spec {From} WHERE j.state = 0 AND j.queue = $1 AND j.id > $2 ORDER BY j.id LIMIT 256
        """;

    private const string SelectProgress = "SELECT progress FROM ot.jobs WHERE id = $1";
    private const string SelectOpenIds = "SELECT id FROM ot.jobs WHERE state = 0 ORDER BY id";

    private const string SelectPart = """
        SELECT bytes FROM ot.progress_parts WHERE job = (SELECT key FROM ot.jobs WHERE id = $1) AND version = $2 AND part = $3
        """;

    // Locks the job, so that it cannot end before the part is written.
    private const string Put = """
        WITH j AS (SELECT key FROM ot.jobs WHERE id = $1 AND state = 0 FOR SHARE)
        INSERT INTO ot.progress_parts (job, version, part, bytes) SELECT key, $2, $3, $4 FROM j
        ON CONFLICT (job, version, part) DO UPDATE SET bytes = excluded.bytes
        """;

    // A chunk's state is 0 while it is open, and then the number of its final TaskState.
    private const string SelectEnded = """
        SELECT no, first, items, state, attempt, node, reason, micros, at, report, upload, uploaded FROM ot.chunks
        WHERE job = (SELECT key FROM ot.jobs WHERE id = $1) AND no > $2 AND state <> 0 ORDER BY no LIMIT $3
        """;

    private const string SelectChunks = """
        SELECT no, first, items, coalesce(length(segment), 0), segment, upload, uploaded FROM ot.chunks
        WHERE job = (SELECT key FROM ot.jobs WHERE id = $1) AND no > $2 AND state = 0 ORDER BY no LIMIT $3
        """;

    private static readonly string SelectPlans = $"""
        SELECT no, first, items, coalesce(length(segment), 0), substr(segment, 1, {ChunkRow.SegmentStart}), upload, uploaded
        FROM ot.chunks
        WHERE job = (SELECT key FROM ot.jobs WHERE id = $1) AND no > $2 AND state = 0 ORDER BY no LIMIT $3
        """;

    private const string SelectLast = """
        SELECT no, first + items FROM ot.chunks WHERE job = (SELECT key FROM ot.jobs WHERE id = $1) ORDER BY no DESC LIMIT 1
        """;

    private const string SelectCollected = """
        SELECT no, lines FROM ot.collected WHERE job = (SELECT key FROM ot.jobs WHERE id = $1) AND no > $2 ORDER BY no LIMIT $3
        """;

    private const string SumCollected = """
        SELECT coalesce(sum(length(lines)), 0)::bigint FROM ot.collected WHERE job = (SELECT key FROM ot.jobs WHERE id = $1)
        """;

    /// <summary>The maximum number of rows that one statement reads for a page bounded in bytes.</summary>
    private const int MostRows = 256;

    private static readonly TaskId Latest = new(ulong.MaxValue, ulong.MaxValue);
    private readonly JobRetention retention = new(database);

    /// <inheritdoc/>
    public int LargestPart => 1 << 20;

    /// <inheritdoc/>
    public Task<JobRow?> Get(TaskId id, bool whole) => database.Read(session => session.First(
        new Query(whole ? SelectJob : SelectSummary).Bind(id),
        row => whole ? Read(row) with { Spec = row.Memory(SpecColumn), Progress = row.Memory(ProgressColumn) } : Read(row)));

    /// <inheritdoc/>
    public Task PutPart(TaskId job, long version, int part, ReadOnlyMemory<byte> bytes) =>
        database.Write(session => session.Run(new Query(Put).Bind(job).Bind(version).Bind(part).Bind(bytes)));

    /// <inheritdoc/>
    public Task<ReadOnlyMemory<byte>?> Part(TaskId job, long version, int part) => database.Read(session => session.First(
        new Query(SelectPart).Bind(job).Bind(version).Bind(part), static row => (ReadOnlyMemory<byte>?)row.Memory(0)));

    /// <inheritdoc/>
    public Task<ReadOnlyMemory<byte>?> Progress(TaskId id) => database.Read(session => session.First(
        new Query(SelectProgress).Bind(id), static row => (ReadOnlyMemory<byte>?)row.Memory(0)));

    /// <inheritdoc/>
    public Task<ImmutableArray<JobRow>> List(
        JobFilter filter, TaskId? before, int limit, CancellationToken cancellation = default) =>
        database.ScanSnapshot(async session =>
    {
        var bound = filter.CreatedBefore is { } latest ? IdRange.FirstOf(latest) : Latest;
        var first = filter.CreatedAfter is { } after ? IdRange.FirstOf(after + 1) : default;
        var next = before is { } id && id < bound ? id : bound;
        var jobs = ImmutableArray.CreateBuilder<JobRow>();
        while (jobs.Count < limit)
        {
            var page = await session.All(
                new Query(SelectPage).Bind(next).Bind(first).Bind((long)limit), Read).ConfigureAwait(false);
            jobs.AddRange(page.Where(job => job.Matches(filter)).Take(limit - jobs.Count));
            if (page.Count < limit)
                break;
            next = page[^1].Id;
        }

        return jobs.DrainToImmutable();
    }, cancellation);

    /// <inheritdoc/>
    public Task<ImmutableArray<JobRow>> ListOpen(int queueNo, TaskId after, int bytes) => Page(
        new Query(SelectOpen).Bind(queueNo).Bind(after), bytes,
        static row => Read(row) with { Spec = row.Memory(SpecColumn) }, static job => job.Spec.Length);

    /// <inheritdoc/>
    public async Task<ImmutableArray<TaskId>> OpenIds() => [.. await database.Read(session => session.All(
        new Query(SelectOpenIds), static row => row.Id(0))).ConfigureAwait(false)];

    /// <inheritdoc/>
    public Task<ImmutableArray<ChunkRow>> OpenChunks(TaskId job, long after, int limit, int bytes) => Page(
        new Query(SelectChunks).Bind(job).Bind(after).Bind((long)Math.Min(limit, MostRows)), bytes, ReadOpen,
        static chunk => chunk.Plan.Segment.Length);

    /// <inheritdoc/>
    public Task<ImmutableArray<ChunkRow>> OpenPlans(TaskId job, long after, int limit) => Page(
        new Query(SelectPlans).Bind(job).Bind(after).Bind((long)limit), int.MaxValue, ReadOpen, static _ => 0);

    /// <inheritdoc/>
    public Task<ImmutableArray<ChunkRow>> EndedChunks(TaskId job, long after, int limit, int bytes) => Page(
        new Query(SelectEnded).Bind(job).Bind(after).Bind((long)Math.Min(limit, MostRows)), bytes, ReadEnded,
        static chunk => chunk.Ended!.Report.Length);

    /// <inheritdoc/>
    public Task<ImmutableArray<CollectedChunk>> Collected(TaskId job, long after, int bytes) => Page(
        new Query(SelectCollected).Bind(job).Bind(after).Bind((long)MostRows), bytes,
        static row => new CollectedChunk(row.Int64(0), row.Memory(1)), static chunk => chunk.Lines.Length);

    /// <inheritdoc/>
    public Task<long> CollectedBytes(TaskId job) =>
        database.Read(session => session.First(new Query(SumCollected).Bind(job), static row => row.Int64(0)));

    /// <inheritdoc/>
    public Task<ChunkEnd?> LastChunk(TaskId job) => database.Read(session => session.First(
        new Query(SelectLast).Bind(job), static row => (ChunkEnd?)new ChunkEnd(row.Int64(0), row.Int64(1))));

    /// <inheritdoc/>
    public Task<int> Prune(long endedBefore, int limit) => retention.Prune(endedBefore, limit);

    /// <summary>Reads rows until they have the given number of bytes. The last row may exceed it.</summary>
    private Task<ImmutableArray<T>> Page<T>(Query query, int bytes, Func<Row, T> read, Func<T, int> size) =>
        database.Read(async session =>
        {
            var rows = ImmutableArray.CreateBuilder<T>();
            if (bytes <= 0)
                return [];
            long left = bytes;
            await session.Each(query, row =>
            {
                rows.Add(read(row));
                // At least 1 a row, so that a page is bounded even if its rows have no bytes.
                left -= size(rows[^1]) + 1;
                return left > 0;
            }).ConfigureAwait(false);
            return rows.DrainToImmutable();
        });

    private static JobRow Read(Row row) => new(
        row.Int64(0),
        row.Id(1),
        row.Text(2)!,
        row.Text(3)!,
        LabelText.ReadOrTell(row.Utf8(4)),
        (JobState)row.Int32(5),
        row.Int64(6),
        row.Int64(7),
        row.Int64(8),
        row.Boolean(9),
        row.Text(10),
        default,
        default)
    { Head = row.Memory(11) };

    private static ChunkRow ReadOpen(Row row) =>
        new(
            new ChunkPlan(row.Int64(0), row.Int64(1), row.Int64(2), row.Memory(4)) { Upload = ReadMark(row, 5) }, null,
            row.Int32(3));

    private static ChunkRow ReadEnded(Row row)
    {
        var no = row.Int64(0);
        return new ChunkRow(
            new ChunkPlan(no, row.Int64(1), row.Int64(2), default) { Upload = ReadMark(row, 10) },
            new EndedChunk(
                no, (TaskState)row.Int32(3), row.Int32(4), row.Text(5) ?? "", (EndReason)row.Int32(6), row.Int64(7), row.Int64(8),
                row.Memory(9)),
            0);
    }

    /// <summary>Reads the columns upload and uploaded; null unless an upload sent the chunk's items.</summary>
    private static UploadMark? ReadMark(Row row, int column) =>
        row.NullableId(column) is { } upload ? new UploadMark(upload, row.Int64(column + 1)) : null;
}
