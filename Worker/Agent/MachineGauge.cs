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
    internal static long AvailableMemory()
    {
        const string Label = "MemAvailable:";
        if (Read("/proc/meminfo") is not { } text || text.IndexOf(Label, StringComparison.Ordinal) is var at && at < 0)
            return 0;
        var rest = text.AsSpan(at + Label.Length).TrimStart();
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
