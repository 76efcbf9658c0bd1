namespace OrleansTasks.Worker.Agent;

/// <summary>Reads times that a master sends as milliseconds.</summary>
internal static class WireTime
{
    // Timers count to 49.7 days; a spec may ask for 30.
    private const long LongestMilliseconds = 49L * 86_400_000;

    /// <summary>
    /// Returns the time, at least 0 and at most 49 days, so that no number that a master sends makes a timer throw.
    /// </summary>
    internal static TimeSpan FromMilliseconds(long milliseconds) =>
        TimeSpan.FromMilliseconds(Math.Clamp(milliseconds, 0, LongestMilliseconds));
}
