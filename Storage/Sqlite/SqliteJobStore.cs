using OrleansTasks.Jobs;
using OrleansTasks.Queues;
using OrleansTasks.Storage.Encodings;
using OrleansTasks.Storage.Sqlite.Interop;
using OrleansTasks.Storage.Sqlite.Reading;
using OrleansTasks.Storage.Sqlite.Writing;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Sqlite;

/// <summary>Reads the jobs in the SQLite file.</summary>
/// <param name="database">The open database.</param>
internal sealed class SqliteJobStore(SqliteDatabase database) : IJobStore
{
    private const int ShortRead = 256;

    private const string Columns = """
        j.key, j.id, p.queue, p.number, j.name, s.labels, j.state, j.started_at, j.ended_at, j.cancel_requested_at, j.closed, j.reason,
            s.spec, j.progress
        FROM jobs j JOIN partitions p ON p.no = j.key >> 40 JOIN job_specs s ON s.job = j.key
        """;

    private const string One = $"SELECT {Columns} WHERE j.id = ?1";
    private const string Newest = $"SELECT {Columns} WHERE j.id < ?1 AND j.id >= ?2 ORDER BY j.id DESC";
    private const string Open = $"SELECT {Columns} WHERE j.state = 0 AND j.key >> 40 = ?1 ORDER BY j.id";
    private const string Ids = "SELECT id FROM jobs INDEXED BY jobs_open WHERE state = 0 ORDER BY id";
    private const string Key = "SELECT key FROM jobs WHERE id = ?1";

    private const string ChunkColumns =
        "SELECT no, first, items, segment, state, attempt, node, reason, micros, at, report FROM chunks";

    private const string EndedChunks = $"{ChunkColumns} WHERE job = ?1 AND no > ?2 AND state <> 0 ORDER BY no LIMIT ?3";
    private const string OpenChunks = $"{ChunkColumns} WHERE job = ?1 AND no > ?2 AND state = 0 ORDER BY no LIMIT ?3";
    private const string Last = "SELECT no, first + items FROM chunks WHERE job = ?1 ORDER BY no DESC LIMIT 1";
    private const string Lines = "SELECT no, lines FROM collected WHERE job = ?1 AND no > ?2 ORDER BY no";
    private const string Old = "SELECT key FROM jobs INDEXED BY jobs_ended WHERE state > 0 AND ended_at < ?1 LIMIT ?2";
    private static readonly TaskId Latest = new(ulong.MaxValue, ulong.MaxValue);

    /// <inheritdoc/>
    public Task<JobRow?> Get(TaskId id) => database.Readers.ShortTask(session =>
    {
        var row = session.Get(One);
        row.Bind(1, id);
        JobRow? job = null;
        while (row.Step())
            job = Read(session, row);
        return job;
    });

    /// <inheritdoc/>
    public Task<ImmutableArray<JobRow>> List(JobFilter filter, TaskId? before, int limit) => database.Readers.Long(session =>
    {
        var jobs = ImmutableArray.CreateBuilder<JobRow>();
        var row = session.Get(Newest);
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
    });

    /// <inheritdoc/>
    public Task<ImmutableArray<JobRow>> ListOpen(int partition) => database.Readers.Long(session =>
    {
        var jobs = ImmutableArray.CreateBuilder<JobRow>();
        var row = session.Get(Open);
        row.Bind(1, partition);
        while (row.Step())
            jobs.Add(Read(session, row));
        return jobs.DrainToImmutable();
    });

    /// <inheritdoc/>
    public Task<ImmutableArray<TaskId>> OpenIds() => database.Readers.ShortTask(session =>
    {
        var ids = ImmutableArray.CreateBuilder<TaskId>();
        var row = session.Get(Ids);
        while (row.Step())
            ids.Add(row.Id(0));
        return ids.DrainToImmutable();
    });

    /// <inheritdoc/>
    public Task<ImmutableArray<ChunkRow>> Chunks(TaskId job, bool ended, long after, int limit)
    {
        return limit <= ShortRead ? database.Readers.ShortTask(ReadPage) : database.Readers.Long(ReadPage);

        ImmutableArray<ChunkRow> ReadPage(ReadSession session)
        {
            var chunks = ImmutableArray.CreateBuilder<ChunkRow>();
            if (KeyOf(session, job) is not { } key)
                return [];
            var row = session.Get(ended ? EndedChunks : OpenChunks);
            row.Bind(1, key);
            row.Bind(2, after);
            row.Bind(3, (long)limit);
            while (row.Step())
                chunks.Add(ReadChunk(session, row));
            return chunks.DrainToImmutable();
        }
    }

    /// <inheritdoc/>
    public Task<ImmutableArray<CollectedChunk>> Collected(TaskId job, long after, int bytes) => database.Readers.Long(session =>
    {
        var chunks = ImmutableArray.CreateBuilder<CollectedChunk>();
        if (KeyOf(session, job) is not { } key)
            return [];
        var row = session.Get(Lines);
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
    public Task<ChunkEnd?> LastChunk(TaskId job) => database.Readers.ShortTask<ChunkEnd?>(session =>
    {
        if (KeyOf(session, job) is not { } key)
            return null;
        var row = session.Get(Last);
        row.Bind(1, key);
        ChunkEnd? end = null;
        while (row.Step())
            end = new ChunkEnd(row.Int64(0), row.Int64(1));
        return end;
    });

    /// <inheritdoc/>
    public Task<int> Prune(long endedBefore, int limit) => database.WriteInBackground(connection =>
    {
        var keys = new List<long>();
        var old = connection.Get(Old);
        old.Bind(1, endedBefore);
        old.Bind(2, (long)limit);
        while (old.Step())
            keys.Add(old.Int64(0));
        foreach (var sql in (string[])["DELETE FROM jobs WHERE key = ?1", "DELETE FROM job_specs WHERE job = ?1", "DELETE FROM collected WHERE job = ?1"])
        {
            foreach (var key in keys)
            {
                var delete = connection.Get(sql);
                delete.Bind(1, key);
                delete.Run();
            }
        }

        return keys.Count;
    });

    private static long? KeyOf(ReadSession session, TaskId job)
    {
        var row = session.Get(Key);
        row.Bind(1, job);
        long? key = null;
        while (row.Step())
            key = row.Int64(0);
        return key;
    }

    private static JobRow Read(ReadSession session, Statement row) => new(
        RowKey.Number(row.Int64(0)),
        row.Id(1),
        new PartitionKey(session.Names.Get(row.Bytes(2)), row.Int32(3)),
        row.Text(4)!,
        LabelText.Read(row.Bytes(5)),
        (JobState)row.Int32(6),
        row.Int64(7),
        row.Int64(8),
        row.Int64(9),
        row.Int32(10) != 0,
        row.Text(11),
        row.Copy(12),
        row.Copy(13));

    private static ChunkRow ReadChunk(ReadSession session, Statement row)
    {
        var plan = new ChunkPlan(row.Int64(0), row.Int64(1), row.Int64(2), row.Copy(3));
        if (row.Int32(4) == 0)
            return new ChunkRow(plan, null);
        return new ChunkRow(plan, new EndedChunk(
            plan.No, (TaskState)row.Int32(4), row.Int32(5), session.Names.Get(row.Bytes(6)), (EndReason)row.Int32(7), row.Int64(8),
            row.Int64(9), row.Copy(10)));
    }
}
