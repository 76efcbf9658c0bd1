namespace OrleansTasks.Jobs;

/// <summary>
/// Measures how many items a second a job processes at present, for the view that users see. <see cref="JobCore"/>
/// notes the number of processed items after each chunk that it folds, and asks for the rate when the job is shown.
/// A mark is a noted number with its time. The rate is the average since the newest mark that is at least 5 seconds
/// old, or since the oldest mark while no mark is that old. Nothing is stored: after a restart the rate begins anew.
/// </summary>
/// <remarks>
/// Times are Unix milliseconds by the wall clock. <see cref="JobClock"/> calls <see cref="ClockStepped"/> when the wall
/// clock was set by more than half a second. A smaller step distorts the rate a little, for a few seconds.
/// </remarks>
internal sealed class RateMeter
{
    private const long Window = 5_000;

    /// <summary>The least time between two marks, in milliseconds: bounds their number to about 25.</summary>
    private const long LeastGap = 200;

    /// <summary>The marks of the last 5 seconds, oldest first.</summary>
    private readonly Queue<Mark> marks = new();

    /// <summary>The newest mark that is at least 5 seconds old; null while there is none.</summary>
    private Mark? beforeWindow;

    /// <summary>The newest mark of all; null before the first.</summary>
    private Mark? last;

    /// <summary>
    /// Records the number of items that the job has processed in all.
    /// Ignores a call within 200 ms of the last recorded one: the next recorded call includes its items.
    /// </summary>
    public void Note(long now, long items)
    {
        if (now - last?.At < LeastGap)
            return;
        var mark = new Mark(now, items);
        marks.Enqueue(mark);
        last = mark;
        MoveWindow(now);
    }

    /// <summary>
    /// Moves all marks by <paramref name="by"/> milliseconds, after the wall clock was set forward by that much,
    /// or back if negative.
    /// </summary>
    public void ClockStepped(long by)
    {
        // Once around the queue: each mark is taken from its front and added at its end.
        for (var left = marks.Count; left > 0; left--)
            marks.Enqueue(marks.Dequeue().MovedBy(by));
        beforeWindow = beforeWindow?.MovedBy(by);
        last = last?.MovedBy(by);
    }

    /// <summary>
    /// Returns the rate in items a second; 0 before the first mark, and as long as no time has passed since that mark.
    /// It falls to about 0 once no item was processed for 5 seconds, also when the job is only waiting for long chunks.
    /// </summary>
    /// <param name="now">The current time.</param>
    /// <param name="items">The number of items that the job has processed in all.</param>
    public double Rate(long now, long items)
    {
        MoveWindow(now);
        var start = beforeWindow ?? (marks.TryPeek(out var oldest) ? oldest : null);
        return start is { } mark && now > mark.At ? (items - mark.Items) * 1000.0 / (now - mark.At) : 0;
    }

    /// <summary>
    /// Removes marks that are at least 5 seconds old, and keeps the newest of them as the start of the average.
    /// Without that mark, a job whose chunks end more than 5 seconds apart would never have one to compare with.
    /// </summary>
    private void MoveWindow(long now)
    {
        while (marks.TryPeek(out var mark) && now - mark.At >= Window)
            beforeWindow = marks.Dequeue();
    }

    private readonly record struct Mark(long At, long Items)
    {
        public Mark MovedBy(long by) => this with { At = At + by };
    }
}
