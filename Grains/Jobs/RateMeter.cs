namespace OrleansTasks.Jobs;

/// <summary>
/// Measures recent items per second: the mean since the newest mark at least 5 seconds old, or since the oldest mark.
/// Not stored. Times are Unix milliseconds; <see cref="JobClock"/> reports steps of more than half a second, and
/// smaller ones distort the rate for a few seconds.
/// </summary>
internal sealed class RateMeter
{
    private const long Window = 5_000;

    /// <summary>Minimum gap between marks in milliseconds; bounds them to about 25.</summary>
    private const long LeastGap = 200;

    private readonly Queue<Mark> marks = new();

    /// <summary>Newest mark at least 5 seconds old.</summary>
    private Mark? beforeWindow;

    private Mark? last;

    /// <summary>Marks the total of items. Skips it within 200 ms of the last mark: the next mark includes it.</summary>
    public void Note(long now, long items)
    {
        if (now - last?.At < LeastGap)
            return;
        var mark = new Mark(now, items);
        marks.Enqueue(mark);
        last = mark;
        MoveWindow(now);
    }

    /// <summary>Shifts all marks after a jump of the wall clock.</summary>
    public void ClockStepped(long by)
    {
        // Rotates the queue once, which keeps the order.
        for (var left = marks.Count; left > 0; left--)
            marks.Enqueue(marks.Dequeue().MovedBy(by));
        beforeWindow = beforeWindow?.MovedBy(by);
        last = last?.MovedBy(by);
    }

    /// <summary>Returns items per second; about 0 after 5 seconds without items, even while chunks run long.</summary>
    public double Rate(long now, long items)
    {
        MoveWindow(now);
        var start = beforeWindow ?? (marks.TryPeek(out var oldest) ? oldest : null);
        return start is { } mark && now > mark.At ? (items - mark.Items) * 1000.0 / (now - mark.At) : 0;
    }

    /// <summary>
    /// Keeps the newest of the old marks; otherwise chunks that end over 5 seconds apart would leave no start.
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
