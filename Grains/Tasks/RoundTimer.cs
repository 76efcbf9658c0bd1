namespace OrleansTasks.Tasks;

/// <summary>
/// Wakes a dispatcher's loop when something comes due. The timer fires once; the loop sets it again after every run. The timer's callback
/// must call <see cref="Came"/> first: <see cref="Arm"/> skips a time to which it believes the timer set.
/// </summary>
internal sealed class RoundTimer(IGrainTimer timer, PartitionClock clock)
{
    /// <summary>The longest wait: for a later time, the loop runs once a day and sets the timer again.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    // What the timer is set to; long.MaxValue when it is not set.
    private long dueAt = long.MaxValue;

    /// <summary>Records that the timer has fired.</summary>
    public void Came() => dueAt = long.MaxValue;

    /// <summary>
    /// Sets the timer to a time of the steady clock, in place of the time that it had. For a past time it fires in a millisecond.
    /// <see cref="long.MaxValue"/>: never.
    /// </summary>
    public void Arm(long due)
    {
        if (due == dueAt)
            return;
        dueAt = due;
        var wait = Math.Clamp(due - clock.Steady, 1, (long)Longest.TotalMilliseconds);
        timer.Change(TimeSpan.FromMilliseconds(wait), Timeout.InfiniteTimeSpan);
    }
}
