namespace OrleansTasks.Jobs;

/// <summary>Computes after how long a job's loop runs next if no call comes before.</summary>
internal static class JobAlarm
{
    /// <summary>
    /// The longest wait. A timer accepts at most 49.7 days; a loop that wakes early finds nothing to do and waits
    /// again.
    /// </summary>
    public static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    /// <summary>
    /// Returns the shortest of several waits, from 1 ms to <see cref="Longest"/>; null when all waits are null.
    /// </summary>
    /// <param name="waits">Waits from now, in milliseconds, 0 or less when due; null for an event that will not occur.</param>
    public static TimeSpan? Until(params ReadOnlySpan<long?> waits)
    {
        var earliest = long.MaxValue;
        foreach (var wait in waits)
            earliest = Math.Min(earliest, wait ?? long.MaxValue);
        return earliest == long.MaxValue ? null
            : TimeSpan.FromMilliseconds(Math.Clamp(earliest, 1, (long)Longest.TotalMilliseconds));
    }
}
