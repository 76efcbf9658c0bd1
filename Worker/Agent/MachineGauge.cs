using System.Globalization;

namespace OrleansTasks.Worker.Agent;

/// <summary>Reads how busy the machine is, from /proc.</summary>
internal static class MachineGauge
{
    /// <summary>Returns the load average over one minute; 0 if it cannot be read.</summary>
    internal static double Load() =>
        Read("/proc/loadavg") is { } text && double.TryParse(
            text.AsSpan(0, Math.Max(0, text.IndexOf(' ', StringComparison.Ordinal))),
            CultureInfo.InvariantCulture, out var load)
            ? load
            : 0;

    /// <summary>Returns the bytes of memory that programs can still allocate; 0 if that cannot be read.</summary>
    internal static long AvailableMemory() => Memory("MemAvailable:");

    /// <summary>Returns the bytes of memory of the machine; 0 if that cannot be read.</summary>
    internal static long TotalMemory() => Memory("MemTotal:");

    /// <summary>Returns the free bytes of the file system that has a folder; 0 if that cannot be read.</summary>
    internal static long FreeDisk(string folder)
    {
        try
        {
            return new DriveInfo(Path.GetFullPath(folder)).AvailableFreeSpace;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }

    /// <summary>Returns when this process started, in Unix milliseconds.</summary>
    internal static long StartedAt()
    {
        using var process = System.Diagnostics.Process.GetCurrentProcess();
        return new DateTimeOffset(process.StartTime).ToUnixTimeMilliseconds();
    }

    private static long Memory(string label)
    {
        if (Read("/proc/meminfo") is not { } text || text.IndexOf(label, StringComparison.Ordinal) is var at && at < 0)
            return 0;
        var rest = text.AsSpan(at + label.Length).TrimStart();
        var end = rest.IndexOf(' ');
        return end > 0 && long.TryParse(rest[..end], CultureInfo.InvariantCulture, out var kilobytes)
            ? kilobytes * 1024
            : 0;
    }

    private static string? Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
