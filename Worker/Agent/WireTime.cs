namespace OrleansTasks.Worker.Agent;

/// <summary>Converts durations that a master sends in milliseconds.</summary>
internal static class WireTime
{
    // Timers are limited to 49.7 days; a spec may ask for up to 30.
    private const long LongestMilliseconds = 49L * 86_400_000;

    /// <summary>
    /// Returns the duration, limited to 0 to 49 days, so that no number from a master makes a timer throw.
    /// </summary>
    internal static TimeSpan FromMilliseconds(long milliseconds) =>
        TimeSpan.FromMilliseconds(Math.Clamp(milliseconds, 0, LongestMilliseconds));
}
