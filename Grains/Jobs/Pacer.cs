namespace OrleansTasks.Jobs;

/// <summary>
/// Limits how many items a second are cut: the first item is due at once, each later one at its time. Items that are due and not cut
/// accumulate up to a second's worth, or up to one chunk if that is more. The pacer does not count: each call says how many items were cut
/// in all, so an allowance that the caller does not use stays. "Items" are in any unit, the same in all calls; times are milliseconds.
/// </summary>
/// <param name="itemsPerSecond">The pace; more than 0.</param>
/// <param name="chunkSize">The least number of items that may accumulate, so that a chunk of a fixed size is reached at any pace.</param>
internal sealed class Pacer(double itemsPerSecond, long chunkSize = 1)
{
    private const long LeastPause = 10;
    private readonly long mostKept = (long)Math.Min(Math.Max(itemsPerSecond, chunkSize), long.MaxValue / 4);

    // At the time `began`, item number `before` + 1 was due.
    private long began;
    private long before;

    /// <summary>Begins, with <paramref name="items"/> cut before. Called once, before all other methods but <see cref="ClockStepped"/>.</summary>
    public void Begin(long now, long items) => (began, before) = (now, items);

    /// <summary>Moves all due times by <paramref name="by"/> milliseconds, after the clock was set by that much.</summary>
    public void ClockStepped(long by) => began += by;

    /// <summary>
    /// Returns how many items may be cut now, when <paramref name="items"/> were cut in all; 0 or less when none may. Forgets what has
    /// accumulated beyond the most that is kept.
    /// </summary>
    public long Allowed(long now, long items)
    {
        var allowed = before + 1 + (long)Math.Min((now - began) * itemsPerSecond / 1000, long.MaxValue / 4) - items;
        if (allowed <= mostKept)
            return allowed;
        (began, before) = (now, items + mostKept - 1);
        return mostKept;
    }

    /// <summary>
    /// Returns the time at which <paramref name="items"/> may have been cut in all, but at least 10 ms from now, so that many small chunks
    /// are cut together.
    /// </summary>
    public long DueAt(long items, long now)
    {
        var due = began + (long)Math.Ceiling((items - before - 1) * 1000 / itemsPerSecond);
        return Math.Max(due, now + LeastPause);
    }
}
