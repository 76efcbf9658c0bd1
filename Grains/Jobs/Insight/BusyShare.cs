namespace OrleansTasks.Jobs;

/// <summary>Share of the last 5 to 10 seconds (two windows) that an activity took, in steady milliseconds.</summary>
internal sealed class BusyShare
{
    private const long Window = 5_000;
    private long windowStart;
    private long busy;
    private long busyBefore;

    /// <summary>Records a period of activity. Calls are in order of time.</summary>
    public void Note(long began, long ended)
    {
        Move(ended);
        busy += ended - began;
    }

    /// <summary>Returns the share, 0 to 1. A new measurement assumes that 5 seconds have passed.</summary>
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
