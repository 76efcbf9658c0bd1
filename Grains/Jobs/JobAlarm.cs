namespace OrleansTasks.Jobs;

/// <summary>Computes when the timer of a job's grain must start the next round; a call may start it earlier.</summary>
internal static class JobAlarm
{
    /// <summary>
    /// Maximum wait. A slow pace can exceed the 49.7 days that a timer allows; an early round sets the timer again.
    /// </summary>
    public static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    /// <summary>
    /// Returns the shortest wait, limited to 1 ms to <see cref="Longest"/>; null if all are null. Waits are
    /// milliseconds from now: 0 or less means due, null means never.
    /// </summary>
    public static TimeSpan? Until(params ReadOnlySpan<long?> waits)
    {
        var earliest = long.MaxValue;
        foreach (var wait in waits)
            earliest = Math.Min(earliest, wait ?? long.MaxValue);
        return earliest == long.MaxValue ? null
            : TimeSpan.FromMilliseconds(Math.Clamp(earliest, 1, (long)Longest.TotalMilliseconds));
    }
}
