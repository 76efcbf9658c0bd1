namespace OrleansTasks.Tasks;

/// <summary>
/// Wakes a dispatcher's loop, which runs the rounds, at the time of the next due work. The timer fires once; the loop
/// sets it again after every run, unless the activation has failed. The timer's callback must call <see cref="Came"/>
/// before anything else: otherwise <see cref="Arm"/> takes the timer for still set, ignores a call with the same time,
/// and the loop is not woken. Not safe for use from several threads.
/// </summary>
/// <param name="timer">A timer that is not started: its due time and its period are infinite.</param>
/// <param name="clock">The dispatcher's clock.</param>
internal sealed class RoundTimer(IGrainTimer timer, PartitionClock clock)
{
    /// <summary>
    /// The longest wait that is set at once, because a timer takes no wait of more than about 49 days. For a later time
    /// the timer fires early, and the loop sets it again.
    /// </summary>
    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    // The last time passed to Arm; long.MaxValue after the timer has fired, and before it is first set.
    private long dueAt = long.MaxValue;

    /// <summary>Records that the timer has fired.</summary>
    public void Came() => dueAt = long.MaxValue;

    /// <summary>
    /// Sets the timer to a time of the steady clock, in Unix milliseconds, in place of the time that it had. For a past
    /// time the timer fires in a millisecond; for <see cref="long.MaxValue"/>, when nothing is due, in a day.
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
