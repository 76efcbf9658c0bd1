using OrleansTasks.Storage.Sql;
using OrleansTasks.Storage.Sqlite.Interop;
using OrleansTasks.Storage.Sqlite.Reading;
using OrleansTasks.Storage.Sqlite.Schema;
using OrleansTasks.Storage.Sqlite.Writing;

namespace OrleansTasks.Storage.Sqlite;

/// <summary>
/// The open database file, with one writer thread, one checkpoint thread, and connections for reading. All stores of
/// the process share one instance. The code that created it must dispose it; disposal waits for the queued writes.
/// </summary>
public sealed class SqliteDatabase : IDisposable
{
    private const int PageSize = 4096;
    private readonly OpenFile file;
    private readonly SpaceWatch space;
    private readonly Checkpointer checkpointer;
    private int disposed;

    /// <summary>
    /// Opens the database, creating it if there is none. Throws <see cref="UnusableDatabaseException"/> if it is
    /// damaged, foreign or of another version, and <see cref="ArgumentException"/> if the options are invalid.
    /// </summary>
    public SqliteDatabase(SqliteStorageOptions options, TimeProvider time)
    {
        if (options.Problems() is { Count: > 0 } problems)
            throw new ArgumentException(string.Join(' ', problems), nameof(options));
        Options = options;
        Time = time;
        file = OpenFile.Enter(options.DatabasePath, first => DatabaseFile.Prepare(first, options.BusyTimeout));
        space = new SpaceWatch(options.DatabasePath, options.LowSpaceBytes, FreePages, time);
        Readers = new ReaderPool(options.DatabasePath, options.BusyTimeout);
        Checkpointer? started = null;
        Writer = new Writer(
            options.DatabasePath, options.BusyTimeout, space.Reserve.TryRelease, frames => started?.Note(frames),
            () => started?.Erase());
        started = checkpointer = new Checkpointer(
            options.DatabasePath, CheckpointPages(options.CheckpointBytes, space.DiskSize), Writer.Pause);
    }

    /// <summary>The version and origin of the SQLite library in use, such as <c>3.53.4 (bundled)</c>.</summary>
    public static string LibraryVersion => SqliteLibrary.Load();

    /// <summary>
    /// Whether the store accepts work now. Asks the system at most once a second. A full disk counts as low on space,
    /// even after a failed write: otherwise submissions would be tried, and would take the space that becomes free from
    /// results.
    /// </summary>
    public StoreHealth Health =>
        space.Space is var health and not StoreHealth.Healthy ? health
        : Writer.IsDamaged || Readers.IsDamaged ? StoreHealth.Damaged
        : Writer.Failing ? StoreHealth.Failing : StoreHealth.Healthy;

    /// <summary>The bytes of disk space reserved for ends and cancels.</summary>
    public long ReserveBytes => space.Reserve.Length;

    internal SqliteStorageOptions Options { get; }

    internal TimeProvider Time { get; }

    /// <summary>The database for stores that are written once for SQLite and PostgreSQL.</summary>
    internal ISqlDatabase Sql => field ??= new SqliteSql(this);

    internal Writer Writer { get; }

    internal ReaderPool Readers { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref disposed, 1) != 0)
            return;
        Writer.Dispose();
        checkpointer.Dispose();
        Readers.Dispose();
        file.Dispose();
    }

    /// <summary>Runs a write in a transaction and returns its value.</summary>
    /// <param name="write">The write.</param>
    /// <param name="cancellation">Cancels the write while it waits; once it runs, it finishes.</param>
    /// <param name="mayUseReserve">
    /// Whether the write may use a full disk's reserve, because it adds hardly anything.
    /// </param>
    internal Task<T> Write<T>(
        Func<Connection, T> write, CancellationToken cancellation = default, bool mayUseReserve = false)
    {
        var job = new ValueJob<T>(write, cancellation) { MayUseReserve = mayUseReserve };
        Writer.Enqueue(job);
        return job.Completion;
    }

    /// <summary>
    /// Runs a write in its own transaction when no other write waits, or after enough others have run.
    /// </summary>
    internal Task<T> WriteInBackground<T>(Func<Connection, T> write)
    {
        // Upkeep may use the reserve, because its deletes free space.
        var job = new ValueJob<T>(write) { MayUseReserve = true };
        Writer.EnqueueBackground(job);
        return job.Completion;
    }

    private long FreePages()
    {
        try
        {
            return Readers.Short(static session =>
            {
                var count = session.Get("PRAGMA freelist_count");
                var pages = 0L;
                while (count.Step())
                    pages = count.Int64(0);
                return pages * PageSize;
            });
        }
        catch (StoreUnavailableException)
        {
            return 0;
        }
    }

    private static int CheckpointPages(long bytes, long diskSize)
    {
        if (diskSize > 0)
            bytes = Math.Min(bytes, diskSize / 16);
        return (int)Math.Clamp(bytes / PageSize, 64, int.MaxValue / 4);
    }
}
