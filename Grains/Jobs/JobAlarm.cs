namespace OrleansTasks.Jobs;

/// <summary>
/// Computes how long the timer of a job's grain waits before it starts the next round. <see cref="JobRunner.NextWait"/>
/// passes one wait for each thing that can become due by time alone. A call to the grain starts a round earlier.
/// </summary>
internal static class JobAlarm
{
    /// <summary>
    /// The longest wait. A timer accepts at most 49.7 days, but the next chunk of a very slow pace can be due later
    /// than that. A round that runs too early finds nothing to do, and the grain sets the timer again.
    /// </summary>
    public static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    /// <summary>
    /// Returns the shortest wait, from 1 ms to <see cref="Longest"/>.
    /// Null when all waits are null; no round is due then.
    /// </summary>
    /// <param name="waits">
    /// Durations from now in milliseconds, not times of a clock. 0 or less means due now; null means never.
    /// </param>
    public static TimeSpan? Until(params ReadOnlySpan<long?> waits)
    {
        var earliest = long.MaxValue;
        foreach (var wait in waits)
            earliest = Math.Min(earliest, wait ?? long.MaxValue);
        return earliest == long.MaxValue ? null
            : TimeSpan.FromMilliseconds(Math.Clamp(earliest, 1, (long)Longest.TotalMilliseconds));
    }
}
