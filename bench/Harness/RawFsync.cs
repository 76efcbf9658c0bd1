using System.Diagnostics;

namespace OrleansTasks.Bench.Harness;

/// <summary>What the disk allows: appends of 16 KiB, each made durable.</summary>
public static class RawFsync
{
    /// <summary>How many groups a second reach the disk one after another.</summary>
    public static double GroupsPerSecond(string folder)
    {
        const int Groups = 500;
        var path = Path.Combine(folder, "fsync.tmp");
        using (var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, 0))
        {
            var group = new byte[16 * 1024];
            var started = Stopwatch.GetTimestamp();
            for (var i = 0; i < Groups; i++)
            {
                file.Write(group);
                file.Flush(flushToDisk: true);
            }

            var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
            file.Dispose();
            File.Delete(path);
            return Groups / seconds;
        }
    }
}
