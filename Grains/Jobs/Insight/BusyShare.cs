namespace OrleansTasks.Jobs.Insight;

/// <summary>
/// The share of time that an activity took in the current window of 5 seconds and the one before it, so in the last 5
/// to 10 seconds. Times are milliseconds of a steady clock.
/// </summary>
internal sealed class BusyShare
{
    private const long Window = 5_000;
    private long windowStart;
    private long busy;
    private long busyBefore;

    /// <summary>Records a period of activity. Periods must be recorded in order of time.</summary>
    public void Note(long began, long ended)
    {
        Move(ended);
        busy += ended - began;
    }

    /// <summary>
    /// Returns the share, 0 to 1. The divisor includes a full previous window, so the share is too low during the
    /// first.
    /// </summary>
    public double Share(long now)
    {
        Move(now);
        return Math.Min(1, (double)(busy + busyBefore) / (Window + now - windowStart));
    }

    private void Move(long now)
    {
        var passed = now - windowStart;
        if (passed < Window)
            return;
        busyBefore = passed < 2 * Window ? busy : 0;
        busy = 0;
        windowStart = now - (passed % Window);
    }
}
