namespace OrleansTasks.Tasks;

/// <summary>Wakes a dispatcher's loop when something happens by itself. It is set again after every run of the loop.</summary>
internal sealed class RoundTimer(IGrainTimer timer, PartitionClock clock)
{
    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);
    private long dueAt = long.MaxValue;

    /// <summary>The timer has come.</summary>
    public void Came() => dueAt = long.MaxValue;

    /// <summary>Sets the timer to a time of the steady clock; one that has passed comes in a millisecond.</summary>
    public void Arm(long due)
    {
        if (due == dueAt)
            return;
        dueAt = due;
        var wait = Math.Clamp(due - clock.Steady, 1, (long)Longest.TotalMilliseconds);
        timer.Change(TimeSpan.FromMilliseconds(wait), Timeout.InfiniteTimeSpan);
    }
}
