using System.Runtime.InteropServices;

namespace OrleansTasks.Lifetime;

/// <summary>
/// Counts time by CLOCK_BOOTTIME, which continues while the machine is suspended, so that a lease does not seem current
/// after a resume.
/// </summary>
public sealed unsafe class BootClock : TimeProvider
{
    private const int ClockBootTime = 7;
    private const long NanosecondsPerSecond = 1_000_000_000;

    private BootClock()
    {
    }

    /// <summary>The machine's clock.</summary>
    public static BootClock Instance { get; } = new();

    /// <inheritdoc/>
    public override long TimestampFrequency => NanosecondsPerSecond;

    /// <summary>The nanoseconds since the machine was started.</summary>
    public override long GetTimestamp()
    {
        var now = stackalloc long[2];
        if (ReadClock(ClockBootTime, now) != 0)
            throw new InvalidOperationException("The system has no CLOCK_BOOTTIME.");
        return now[0] * NanosecondsPerSecond + now[1];
    }

    [DllImport("libc", EntryPoint = "clock_gettime"), SuppressGCTransition]
    private static extern int ReadClock(int clock, long* time);
}
