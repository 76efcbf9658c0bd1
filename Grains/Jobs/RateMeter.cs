namespace OrleansTasks.Jobs;

/// <summary>Items a second over the last few seconds.</summary>
internal sealed class RateMeter
{
    private const long Horizon = 5_000;
    private const long Step = 200;
    private readonly Queue<(long At, long Items)> marks = new();
    private (long At, long Items) last;

    /// <summary>Notes how many items there are by now.</summary>
    public void Note(long now, long items)
    {
        if (marks.Count > 0 && now - last.At < Step)
            return;
        last = (now, items);
        marks.Enqueue(last);
        while (marks.Count > 1 && now - marks.Peek().At > Horizon)
            marks.Dequeue();
    }

    /// <summary>The clock was set, by so much.</summary>
    public void ClockStepped(long by)
    {
        for (var left = marks.Count; left > 0; left--)
        {
            var (at, items) = marks.Dequeue();
            marks.Enqueue((at + by, items));
        }

        last.At += by;
    }

    /// <summary>The rate up to now.</summary>
    public double Rate(long now, long items)
    {
        if (!marks.TryPeek(out var first) || now <= first.At)
            return 0;
        return (items - first.Items) * 1000.0 / (now - first.At);
    }
}
