using OrleansTasks.Processing.Binary;

namespace OrleansTasks.Jobs;

/// <summary>
/// How a job's items and aggregates grew. A point is taken at a fold, at least <see cref="Interval"/> after the point
/// before. When the points are too many or too large, every second one is dropped and the interval is doubled, so that
/// the points stay evenly spread over the job's life. Part of the job's stored progress. Times are Unix milliseconds.
/// </summary>
/// <remarks>
/// The times are those at which chunks ended. Folds may come in another order, above all after a restart; a point then
/// has the latest time of the chunks that it includes. So the times never fall, and each point is exact for its items.
/// </remarks>
internal sealed class JobHistory
{
    /// <summary>The most points that are kept.</summary>
    public const int MostPoints = 600;

    /// <summary>The most bytes that the aggregates of all points have together.</summary>
    public const int MostBytes = 32 << 10;

    /// <summary>The most bytes of the aggregates of one point; larger ones are left out.</summary>
    public const int MostAggregate = 1 << 10;
    private const long FirstInterval = 250;

    private readonly List<JobPoint> points = [];
    private int bytes;

    /// <summary>The points, oldest first.</summary>
    public IReadOnlyList<JobPoint> Points => points;

    /// <summary>The least time between two points, in milliseconds.</summary>
    public long Interval { get; private set; } = FirstInterval;

    /// <summary>Takes a point if one is due.</summary>
    /// <param name="at">When the chunk ended that was folded.</param>
    /// <param name="items">The items that were processed until then.</param>
    /// <param name="aggregate">Returns the aggregates over these items; called only when a point is due.</param>
    public void Note(long at, long items, Func<ReadOnlyMemory<byte>> aggregate)
    {
        if (points.Count > 0 && at - points[^1].At < Interval)
            return;
        var figures = aggregate();
        points.Add(new JobPoint(at, items, figures.Length > MostAggregate ? default : figures));
        bytes += points[^1].Aggregate.Length;
        while (points.Count > MostPoints || bytes > MostBytes)
            Thin();
    }

    /// <summary>Writes the binary form.</summary>
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

    /// <summary>Reads the binary form. Throws <see cref="FormatException"/> when it is damaged.</summary>
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
