namespace OrleansTasks.Jobs;

/// <summary>
/// Measures which share of the last 5 to 10 seconds an activity took, such as the commits of a job. Holds two windows
/// of 5 seconds, the present and the one before. Times are steady milliseconds.
/// </summary>
internal sealed class BusyShare
{
    private const long Window = 5_000;
    private long windowStart;
    private long busy;
    private long busyBefore;

    /// <summary>Notes that the activity took place from one time to another. Calls come in the order of time.</summary>
    public void Note(long began, long ended)
    {
        Move(ended);
        busy += ended - began;
    }

    /// <summary>Returns the share, 0 to 1; of a measurement that begins, the share of 5 seconds.</summary>
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
