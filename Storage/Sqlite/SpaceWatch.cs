namespace OrleansTasks.Storage.Sqlite;

/// <summary>Tells whether the data folder's disk is nearly full. Asks the system at most once a second.</summary>
internal sealed class SpaceWatch(string folder, long lowSpaceBytes, TimeProvider time)
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(1);
    private readonly DriveInfo drive = new(Path.GetFullPath(folder));
    private long askedAt = long.MinValue;
    private volatile bool low;

    /// <summary>Whether less is free than the low-water mark.</summary>
    internal bool IsLow
    {
        get
        {
            var last = Volatile.Read(ref askedAt);
            var now = time.GetTimestamp();
            if (last != long.MinValue && time.GetElapsedTime(last, now) < Lifetime)
                return low;
            Volatile.Write(ref askedAt, now);
            return low = Ask(d => d.AvailableFreeSpace < Math.Min(lowSpaceBytes, d.TotalSize / 10), otherwise: false);
        }
    }

    /// <summary>The disk's size; 0 when the system does not tell.</summary>
    internal long DiskSize => Ask(d => d.TotalSize, otherwise: 0);

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
