using OrleansTasks.Storage.Sqlite.Interop;
using OrleansTasks.Storage.Sqlite.Reading;
using OrleansTasks.Storage.Sqlite.Schema;
using OrleansTasks.Storage.Sqlite.Writing;

namespace OrleansTasks.Storage.Sqlite;

/// <summary>
/// The open database file: one thread that writes, one that checkpoints, connections for reading. The stores share it;
/// what made it disposes it, which finishes the writes in line.
/// </summary>
public sealed class SqliteDatabase : IDisposable
{
    private const int PageSize = 4096;
    private readonly OpenFile file;
    private readonly SpaceWatch space;
    private readonly Checkpointer checkpointer;
    private int disposed;

    /// <summary>
    /// Opens the database, makes it when there is none. Throws <see cref="UnusableDatabaseException"/> when it is
    /// damaged, foreign or of another version, and <see cref="ArgumentException"/> when the options are wrong.
    /// </summary>
    public SqliteDatabase(SqliteStorageOptions options, TimeProvider time)
    {
        if (options.Problems() is { Count: > 0 } problems)
            throw new ArgumentException(string.Join(' ', problems), nameof(options));
        Options = options;
        Time = time;
        file = OpenFile.Enter(options.DatabasePath, first => DatabaseFile.Prepare(first, options.BusyTimeout));
        space = new SpaceWatch(options.Directory, options.LowSpaceBytes, FreePages, time);
        Readers = new ReaderPool(options.DatabasePath, options.BusyTimeout);
        Checkpointer? started = null;
        Writer = new Writer(
            options.DatabasePath, options.BusyTimeout, space.Reserve.TryRelease, frames => started?.Note(frames),
            () => started?.Erase());
        started = checkpointer = new Checkpointer(
            options.DatabasePath, CheckpointPages(options.CheckpointBytes, space.DiskSize), Writer.Pause);
    }

    /// <summary>The SQLite library in use and where it came from, such as <c>3.53.4 (bundled)</c>.</summary>
    public static string LibraryVersion => SqliteLibrary.Load();

    /// <summary>
    /// Whether the store takes work now; asks the system at most once a second. A full disk is low on space, also after a write
    /// has failed of it: else submissions would be tried, and take the room that comes free from results.
    /// </summary>
    public StoreHealth Health =>
        space.Space is var health && !health.MayGrow() ? health : Writer.Failing ? StoreHealth.Failing : StoreHealth.Healthy;

    /// <summary>How much of the disk is reserved for ends and cancels, in bytes.</summary>
    public long ReserveBytes => space.Reserve.Length;

    internal SqliteStorageOptions Options { get; }

    internal TimeProvider Time { get; }

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

    /// <summary>Writes something in a transaction and gives its value.</summary>
    /// <param name="write">Writes; runs in the transaction.</param>
    /// <param name="cancellation">Ends the write while it waits.</param>
    /// <param name="mayUseReserve">Whether a full disk's reserve is for this, too: the write adds hardly anything.</param>
    internal Task<T> Write<T>(
        Func<Connection, T> write, CancellationToken cancellation = default, bool mayUseReserve = false)
    {
        var job = new ValueJob<T>(write, cancellation) { MayUseReserve = mayUseReserve };
        Writer.Enqueue(job);
        return job.Completion;
    }

    /// <summary>Writes something in a transaction of its own, whenever nothing else waits.</summary>
    internal Task<T> WriteInBackground<T>(Func<Connection, T> write)
    {
        // Upkeep: what it deletes makes room.
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
