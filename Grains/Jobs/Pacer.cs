namespace OrleansTasks.Jobs;

/// <summary>
/// Limits the items that are cut per second to the spec's <c>pace</c>. The first item is due at once, each later one at
/// its time. Uncut items accumulate up to a second's worth, or to <paramref name="chunkSize"/> if larger, so a job that
/// was held up for an hour does not get an hour's items at once.
/// </summary>
/// <remarks>
/// Callers pass the total cut so far, so a call to <see cref="Allowed"/> uses nothing up. Items are bytes for a file.
/// Times are Unix milliseconds from <see cref="JobClock"/>. Nothing is stored: a new activation starts the pace again.
/// </remarks>
internal sealed class Pacer(double itemsPerSecond, long chunkSize = 1)
{
    /// <summary>Minimum wait in milliseconds, so that small chunks share a commit.</summary>
    private const long LeastPause = 10;

    // long.MaxValue / 4, here and below, prevents overflow at any pace.
    private readonly long mostKept = (long)Math.Min(Math.Max(itemsPerSecond, chunkSize), long.MaxValue / 4);

    // At `began`, the item after the first `before` ones was due. All other due times follow from that.
    private long began;
    private long before;

    /// <summary>Starts the pace of a job with <paramref name="items"/> already cut. Must be called first.</summary>
    public void Begin(long now, long items) => (began, before) = (now, items);

    /// <summary>Shifts all due times after a jump of the wall clock; otherwise the job would stall or burst.</summary>
    public void ClockStepped(long by) => began += by;

    /// <summary>
    /// Returns how many more items may be cut after <paramref name="items"/>; may be negative. Forfeits items beyond
    /// the limit by moving all later due times.
    /// </summary>
    public long Allowed(long now, long items)
    {
        var allowed = before + 1 + (long)Math.Min((now - began) * itemsPerSecond / 1000, long.MaxValue / 4) - items;
        if (allowed <= mostKept)
            return allowed;
        // Exactly `mostKept` items are due now.
        (began, before) = (now, items + mostKept - 1);
        return mostKept;
    }

    /// <summary>Returns when the total may reach <paramref name="items"/>, at least 10 ms from now.</summary>
    public long DueAt(long items, long now)
    {
        var due = began + (long)Math.Ceiling((items - before - 1) * 1000 / itemsPerSecond);
        return Math.Max(due, now + LeastPause);
    }
}
