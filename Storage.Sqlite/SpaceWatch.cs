namespace OrleansTasks.Storage.Sqlite;

/// <summary>
/// Watches the free space on the data folder's disk. Asks the system at most once a second, and then also refills the
/// reserve if there is space for it.
/// </summary>
/// <param name="path">The database file, in the data folder.</param>
/// <param name="lowSpaceBytes">The low-water mark in bytes; at most a tenth of the disk.</param>
/// <param name="freePages">
/// Returns the bytes of free pages in the database file. New rows use them before the file grows, so space freed by
/// deletes counts as free, as long as the disk itself has some left for the write-ahead log.
/// </param>
/// <param name="time">The clock.</param>
internal sealed class SpaceWatch(string path, long lowSpaceBytes, Func<long> freePages, TimeProvider time)
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(1);
    private readonly string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
    private readonly DriveInfo drive = new(Path.GetFullPath(path));
    private DiskReserve? reserve;
    private long askedAt = long.MinValue;
    private volatile StoreHealth space;

    /// <summary>
    /// The health by free space: low on space below the mark, out of space below half of it. Damaged if the database file
    /// has been removed: what is written then is lost with the last process that has it open.
    /// </summary>
    internal StoreHealth Space
    {
        get
        {
            var last = Volatile.Read(ref askedAt);
            var now = time.GetTimestamp();
            if (last != long.MinValue && time.GetElapsedTime(last, now) < Lifetime)
                return space;
            Volatile.Write(ref askedAt, now);
            return space = Ask(Judge, otherwise: StoreHealth.Healthy);
        }
    }

    /// <summary>The disk's size in bytes; 0 if the system does not report it.</summary>
    internal long DiskSize => Ask(static d => d.TotalSize, otherwise: 0);

    /// <summary>The space kept for ends and cancels: a quarter of the mark. Created on first use.</summary>
    internal DiskReserve Reserve =>
        reserve ??= new DiskReserve(folder, Ask(d => MarkOf(d) / 4, otherwise: 0));

    private long MarkOf(DriveInfo disk) => Math.Min(lowSpaceBytes, disk.TotalSize / 10);

    private StoreHealth Judge(DriveInfo disk)
    {
        if (!File.Exists(path))
            return StoreHealth.Damaged;
        var (mark, free) = (MarkOf(disk), disk.AvailableFreeSpace);
        if (free > mark / 2 && !Reserve.IsWhole)
        {
            Reserve.Refill();
            free = disk.AvailableFreeSpace;
        }

        if (free >= mark)
            return StoreHealth.Healthy;
        var room = free + freePages();
        // The smaller bounds for free alone keep space on the disk for the write-ahead log.
        return room < mark / 2 || free < mark / 8 ? StoreHealth.NoSpace
            : room < mark || free < mark / 4 ? StoreHealth.LowSpace
            : StoreHealth.Healthy;
    }

    private T Ask<T>(Func<DriveInfo, T> ask, T otherwise)
    {
        try
        {
            return ask(drive);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return otherwise;
        }
    }
}
