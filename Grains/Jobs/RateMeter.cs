namespace OrleansTasks.Jobs;

/// <summary>
/// Measures how many items a job processes a second. The rate is the average since the newest mark that is at least 5
/// seconds old, or since the oldest mark while no mark is that old. Nothing is stored: after a restart the rate begins anew. Times are Unix
/// milliseconds and do not go back: when the wall clock is set, <see cref="ClockStepped"/> is called first.
/// </summary>
internal sealed class RateMeter
{
    private const long Window = 5_000;
    private const long LeastGap = 200;
    private readonly Queue<Mark> marks = new();
    private Mark? beforeWindow;
    private Mark? last;

    /// <summary>
    /// Records the number of items that the job has processed so far.
    /// Ignores a call that follows the last recorded one within 200 ms.
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
    /// Moves all marks by <paramref name="by"/> milliseconds, after the wall clock was set by that much.
    /// </summary>
    public void ClockStepped(long by)
    {
        for (var left = marks.Count; left > 0; left--)
            marks.Enqueue(marks.Dequeue().MovedBy(by));
        beforeWindow = beforeWindow?.MovedBy(by);
        last = last?.MovedBy(by);
    }

    /// <summary>
    /// Returns the rate in items a second; 0 before the first mark. It falls to about 0 once no item was processed for 5 seconds.
    /// </summary>
    /// <param name="now">The current time.</param>
    /// <param name="items">The number of items that the job has processed so far.</param>
    public double Rate(long now, long items)
    {
        MoveWindow(now);
        var start = beforeWindow ?? (marks.TryPeek(out var oldest) ? oldest : null);
        return start is { } mark && now > mark.At ? (items - mark.Items) * 1000.0 / (now - mark.At) : 0;
    }

    // The newest mark before the window stays: without it, notes further apart than the window would leave nothing to
    // compare with.
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
