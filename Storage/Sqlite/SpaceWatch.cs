namespace OrleansTasks.Storage.Sqlite;

/// <summary>Tells whether the data folder's disk is nearly full. Asks the system at most once a second.</summary>
internal sealed class SpaceWatch(string folder, long lowSpaceBytes, TimeProvider time)
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(1);
    private readonly DriveInfo drive = new(Path.GetFullPath(folder));
    private long askedAt;
    private volatile bool low;

    /// <summary>Whether less is free than the low-water mark.</summary>
    internal bool IsLow
    {
        get
        {
            var last = Volatile.Read(ref askedAt);
            var now = time.GetTimestamp();
            if (last != 0 && time.GetElapsedTime(last, now) < Lifetime)
                return low;
            Volatile.Write(ref askedAt, now == 0 ? 1 : now);
            return low = Ask();
        }
    }

    private bool Ask()
    {
        try
        {
            return drive.AvailableFreeSpace < lowSpaceBytes;
        }
        catch (IOException)
        {
            return false;
        }
        catch (UnauthorizedAccessException)
        {
            return false;
        }
    }
}
