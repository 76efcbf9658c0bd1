using OrleansTasks.Processing.Binary;

namespace OrleansTasks.Jobs.Insight;

/// <summary>
/// How a job's items and aggregates grew. A fold adds a point, at least <see cref="Interval"/> after the last. When
/// there are too many points or they are too large, every second one is dropped and the interval doubles, so they stay
/// evenly spread. Stored in the progress. Times are Unix milliseconds.
/// </summary>
/// <remarks>
/// A point's time is when the latest of its chunks ended. Chunks may be folded in another order, as after a restart,
/// but times never fall, and each point is exact for its number of items. After the clock was set back, times continue
/// from the last point.
/// </remarks>
internal sealed class JobHistory
{
    public const int MostPoints = 600;

    /// <summary>Limit on the total bytes of all points' aggregates.</summary>
    public const int MostBytes = 32 << 10;

    /// <summary>Limit on the bytes of one point's aggregates; larger ones are omitted.</summary>
    public const int MostAggregate = 1 << 10;
    private const long FirstInterval = 250;

    /// <summary>
    /// If a chunk ended more than this many milliseconds before the last point, the clock was set back.
    /// </summary>
    private const long MostLate = 60_000;

    private readonly List<JobPoint> points = [];
    private int bytes;

    /// <summary>Milliseconds that times are ahead of a clock that was set back.</summary>
    private long ahead;

    public IReadOnlyList<JobPoint> Points => points;

    /// <summary>Minimum milliseconds between points.</summary>
    public long Interval { get; private set; } = FirstInterval;

    /// <summary>Adds a point if one is due; only then calls <paramref name="aggregate"/>.</summary>
    public void Note(long at, long items, Func<ReadOnlyMemory<byte>> aggregate)
    {
        if (points.Count > 0)
        {
            var last = points[^1].At;
            if (at >= last)
                ahead = 0;
            else if (at + ahead < last - MostLate)
                ahead = last - at;
            at += ahead;
            if (at - last < Interval)
                return;
        }

        var figures = aggregate();
        points.Add(new JobPoint(at, items, figures.Length > MostAggregate ? default : figures));
        bytes += points[^1].Aggregate.Length;
        while (points.Count > MostPoints || bytes > MostBytes)
            Thin();
    }

    public void Write(ByteWriter writer)
    {
        writer.Signed(Interval);
        writer.Unsigned((ulong)points.Count);
        var before = 0L;
        foreach (var point in points)
        {
            writer.Signed(point.At - before);
            writer.Signed(point.Items);
            writer.Bytes(point.Aggregate.Span);
            before = point.At;
        }
    }

    /// <summary>Reads the binary form. Throws <see cref="FormatException"/> if it is damaged.</summary>
    public static JobHistory Read(ref ByteReader reader)
    {
        var history = new JobHistory { Interval = Math.Max(FirstInterval, reader.Signed()) };
        var at = 0L;
        for (var left = reader.Count(); left > 0; left--)
        {
            at += reader.Signed();
            history.points.Add(new JobPoint(at, reader.Signed(), reader.Bytes().ToArray()));
            history.bytes += history.points[^1].Aggregate.Length;
        }

        return history.points.Count <= MostPoints && history.bytes <= MostBytes
            ? history
            : throw new FormatException("A job's history is damaged.");
    }

    private void Thin()
    {
        var no = 0;
        points.RemoveAll(_ => no++ % 2 == 1);
        bytes = points.Sum(static point => point.Aggregate.Length);
        Interval *= 2;
    }
}
