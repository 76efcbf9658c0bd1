namespace OrleansTasks.Jobs;

/// <summary>When a job's loop runs next by itself.</summary>
internal static class JobAlarm
{
    /// <summary>The longest wait: a timer takes 49.7 days at most, and a loop that wakes early looks and waits again.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    /// <summary>The wait until the earliest of some times from now, in milliseconds; null when none of them will come.</summary>
    public static TimeSpan? Until(params ReadOnlySpan<long?> waits)
    {
        var earliest = long.MaxValue;
        foreach (var wait in waits)
            earliest = Math.Min(earliest, wait ?? long.MaxValue);
        return earliest == long.MaxValue ? null
            : TimeSpan.FromMilliseconds(Math.Clamp(earliest, 1, (long)Longest.TotalMilliseconds));
    }
}
