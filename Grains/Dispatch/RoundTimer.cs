
namespace OrleansTasks.Dispatch;

/// <summary>
/// Wakes a dispatcher's loop (<see cref="RoundLoop"/>) at the time of the next due work. The loop runs rounds: each
/// applies the operations that wait, does what is due, and commits. Operations wake the loop as well; after every run,
/// whatever woke it, the loop calls <see cref="Arm"/>, unless the activation has failed. The timer fires once for each
/// time that is set. Its callback must first call <see cref="Fired"/>: otherwise <see cref="Arm"/> takes the timer for
/// still set, ignores a call with the same time, and the loop is not woken. Not thread-safe.
/// </summary>
/// <param name="timer">A timer that is not started: its due time and its period are infinite.</param>
/// <param name="clock">The dispatcher's clock.</param>
internal sealed class RoundTimer(IGrainTimer timer, QueueClock clock)
{
    /// <summary>
    /// The longest wait for which the timer is set: .NET timers accept at most about 49 days. For a later time the
    /// timer fires early, and the loop sets it again.
    /// </summary>
    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    // The time that the timer is set to; null when it is not set.
    private long? dueAt;

    /// <summary>Records that the timer has fired.</summary>
    public void Fired() => dueAt = null;

    /// <summary>
    /// Sets the timer to a time of the steady clock, in Unix milliseconds. Replaces the time that was set; does nothing
    /// when it is the same. For a past time the timer fires in a millisecond; for <see cref="long.MaxValue"/>, when
    /// nothing is due, in a day.
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
