namespace OrleansTasks.Jobs;

/// <summary>
/// Holds a job to the <c>pace</c> of its spec: how many items a second may be cut into chunks.
/// <see cref="ChunkCutter"/> asks before it cuts; a job without a pace has no pacer. The first item is due at once,
/// each later one at its time. Items that are due and not cut accumulate up to a second's worth,
/// or up to one chunk if that is more: a job that was held up for an hour does not take the whole hour's items at once.
/// </summary>
/// <remarks>
/// The pacer does not count the items that are cut. The caller passes the total each time,
/// so asking alone uses nothing up. For a file, every number of items here is a number of bytes:
/// <see cref="ChunkCutter"/> assumes 64 bytes a line.
/// Times are Unix milliseconds by the wall clock, as <see cref="JobClock"/> gives them.
/// Nothing is stored: the pace begins anew when the job's grain is activated again.
/// </remarks>
/// <param name="itemsPerSecond">The pace; more than 0, also a fraction.</param>
/// <param name="chunkSize">
/// How many items can accumulate at least. A job with chunks of a fixed size passes that size,
/// so that enough items for a whole chunk become due at any pace.
/// </param>
internal sealed class Pacer(double itemsPerSecond, long chunkSize = 1)
{
    /// <summary>
    /// The least wait for the next item, in milliseconds: small chunks that become due within it share a commit.
    /// </summary>
    private const long LeastPause = 10;

    // The bound of long.MaxValue / 4, here and below, keeps sums within 64 bits at any pace.
    private readonly long mostKept = (long)Math.Min(Math.Max(itemsPerSecond, chunkSize), long.MaxValue / 4);

    // At the time `began`, the item after the first `before` items was due. All other due times follow from this pair.
    private long began;
    private long before;

    /// <summary>
    /// Starts the pace of a new or restored job, of which <paramref name="items"/> items are cut already.
    /// Called once, before <see cref="Allowed"/> and <see cref="DueAt"/>.
    /// </summary>
    public void Begin(long now, long items) => (began, before) = (now, items);

    /// <summary>
    /// Moves all due times by <paramref name="by"/> milliseconds, after the wall clock was set forward by that much,
    /// or back if negative. Without it the job would stall or take too much at once.
    /// </summary>
    public void ClockStepped(long by) => began += by;

    /// <summary>
    /// Returns how many more items may be cut now, when <paramref name="items"/> are cut in all;
    /// 0 or less when none may be cut. Items that have accumulated beyond the limit are given up:
    /// the due times of all later items move back.
    /// </summary>
    public long Allowed(long now, long items)
    {
        var allowed = before + 1 + (long)Math.Min((now - began) * itemsPerSecond / 1000, long.MaxValue / 4) - items;
        if (allowed <= mostKept)
            return allowed;
        // A new pair by which exactly `mostKept` items are due now.
        (began, before) = (now, items + mostKept - 1);
        return mostKept;
    }

    /// <summary>
    /// Returns the earliest time at which <paramref name="items"/> items may be cut in all,
    /// but at least 10 ms from now. The job's timer uses it.
    /// </summary>
    public long DueAt(long items, long now)
    {
        var due = began + (long)Math.Ceiling((items - before - 1) * 1000 / itemsPerSecond);
        return Math.Max(due, now + LeastPause);
    }
}
