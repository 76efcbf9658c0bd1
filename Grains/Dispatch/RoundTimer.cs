
namespace OrleansTasks.Dispatch;

/// <summary>
/// Wakes the <see cref="RoundLoop"/> at the time of the next due work. The timer fires once each time it is set. Its
/// callback must first call <see cref="Fired"/>: otherwise <see cref="Arm"/> assumes that it is still set and ignores a
/// call with the same time, and the loop is not woken. <paramref name="timer"/> must not be running yet. Not
/// thread-safe.
/// </summary>
internal sealed class RoundTimer(IGrainTimer timer, QueueClock clock)
{
    // .NET timers accept up to about 49 days. For a later time, the timer fires early and the loop sets it again.
    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    // Null when the timer is not set.
    private long? dueAt;

    public void Fired() => dueAt = null;

    /// <summary>
    /// Sets the timer to a time of the steady clock, in Unix milliseconds. A time in the past fires after a
    /// millisecond; <see cref="long.MaxValue"/> (nothing is due) fires after a day.
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
