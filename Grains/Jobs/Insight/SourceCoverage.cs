namespace OrleansTasks.Jobs;

/// <summary>
/// Which parts of a job's source are folded, in the source's order. The source is divided into cells of (nearly) equal
/// size. A cell is folded when all of it is; any other cell has the most telling state of its parts, in the order of
/// <see cref="Names"/> from the last one down. Places count from 0 in items, of a file in bytes.
/// </summary>
internal sealed class SourceCoverage
{
    // From the least telling state to the most telling one.
    private const byte Folded = 0;
    private const byte Unread = 1;
    private const byte Dropped = 2;
    private const byte Queued = 3;
    private const byte Running = 4;
    private const byte Failed = 5;
    private static readonly string[] Names = ["folded", "unread", "dropped", "queued", "running", "failed"];
    private readonly byte[] cells;
    private readonly long whole;

    private SourceCoverage(long whole, long read, int count)
    {
        this.whole = whole;
        cells = new byte[count];
        for (var cell = 0; cell < count; cell++)
        {
            var begin = (long)((Int128)cell * whole / count);
            var end = Math.Max(begin + 1, (long)((Int128)(cell + 1) * whole / count));
            cells[cell] = end <= read ? Folded : Unread;
        }
    }

    /// <summary>Returns the runs of cells in one state.</summary>
    /// <param name="job">The job.</param>
    /// <param name="running">The numbers of the chunks that a node runs.</param>
    /// <param name="count">The number of cells, at least 1.</param>
    public static ImmutableArray<CoverageRun> Of(JobCore job, IReadOnlySet<long> running, int count)
    {
        // Of a stream or a command's output, no more is known than what was read.
        var coverage = new SourceCoverage(job.Cutter.Whole ?? job.Cutter.Place, job.Cutter.Place, count);
        var from = job.Spec.Source.From;
        foreach (var (no, span) in job.Open.All)
            coverage.Mark(span, from, running.Contains(no) ? Running : Queued);
        foreach (var span in job.FoldSoFar.Record.Dropped)
            coverage.Mark(span, from, Dropped);
        foreach (var chunk in job.FoldSoFar.Record.Chunks.Failed)
            coverage.Mark(chunk.Span, from, Failed);
        return coverage.Runs();
    }

    private void Mark(SourceSpan span, long from, byte state)
    {
        var begin = span.First - from;
        // Stored numbers may be damaged, and a stretch is not checked against the source.
        if (span.Length <= 0 || begin < 0 || begin >= whole)
            return;
        var last = LastCell(Math.Min(whole, begin + span.Length) - 1);
        for (var cell = FirstCell(begin); cell <= last; cell++)
            cells[cell] = Math.Max(cells[cell], state);
    }

    /// <summary>
    /// The first cell that has something of the place: with fewer places than cells, several cells show one place.
    /// </summary>
    private int FirstCell(long place) => Math.Min(LastCell(place), (int)(((Int128)place * cells.Length + whole - 1) / whole));

    private int LastCell(long place) => (int)((((Int128)place + 1) * cells.Length + whole - 1) / whole) - 1;

    private ImmutableArray<CoverageRun> Runs()
    {
        var runs = ImmutableArray.CreateBuilder<CoverageRun>();
        for (var (cell, length) = (0, 1); cell < cells.Length; cell++, length++)
        {
            if (cell + 1 < cells.Length && cells[cell + 1] == cells[cell])
                continue;
            runs.Add(new CoverageRun(Names[cells[cell]], length));
            length = 0;
        }

        return runs.DrainToImmutable();
    }
}
