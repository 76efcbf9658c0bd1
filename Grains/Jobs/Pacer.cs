namespace OrleansTasks.Jobs;

/// <summary>
/// Lets so many items a second through: the first at once, each other when it is due. What nobody took while it was due is kept for a
/// second, or for one chunk where that is more.
/// </summary>
internal sealed class Pacer(double itemsPerSecond, long chunkSize = 1)
{
    private const long LeastPause = 10;
    private readonly long mostKept = (long)Math.Min(Math.Max(itemsPerSecond, chunkSize), long.MaxValue / 4);
    private long began;
    private long before;

    /// <summary>Begins with so many items already let through.</summary>
    public void Begin(long now, long items) => (began, before) = (now, items);

    /// <summary>The clock was set, by so much.</summary>
    public void ClockStepped(long by) => began += by;

    /// <summary>How many items may go now, after so many.</summary>
    public long Allowed(long now, long items)
    {
        var allowed = before + 1 + (long)Math.Min((now - began) * itemsPerSecond / 1000, long.MaxValue / 4) - items;
        if (allowed <= mostKept)
            return allowed;
        (began, before) = (now, items + mostKept - 1);
        return mostKept;
    }

    /// <summary>When so many items may have been let through; a little later when that would be a moment, so that many go together.</summary>
    public long DueAt(long items, long now)
    {
        var due = began + (long)Math.Ceiling((items - before - 1) * 1000 / itemsPerSecond);
        return Math.Max(due, now + LeastPause);
    }
}
