namespace OrleansTasks.Jobs.Insight;

/// <summary>
/// Divides a job's source into cells of nearly equal size. A cell is folded if all of it is; otherwise it shows the
/// state among its parts that comes last in <see cref="Names"/>. Places count from 0, in bytes for a file, otherwise in
/// items.
/// </summary>
internal sealed class SourceCoverage
{
    // Later states override earlier ones.
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
            // The product of a cell and a size can exceed 64 bits.
            var begin = (long)((Int128)cell * whole / count);
            var end = Math.Max(begin + 1, (long)((Int128)(cell + 1) * whole / count));
            cells[cell] = end <= read ? Folded : Unread;
        }
    }

    /// <summary>Returns the runs of equal cells; <paramref name="running"/> has the chunks that nodes hold.</summary>
    public static ImmutableArray<CoverageRun> Of(JobCore job, IReadOnlySet<long> running, int count)
    {
        // For a stream or a command, only the part that was read is known.
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
        // Stored spans may be damaged, and nothing has checked them against the source.
        if (span.Length <= 0 || begin < 0 || begin >= whole)
            return;
        var last = LastCell(Math.Min(whole, begin + span.Length) - 1);
        for (var cell = FirstCell(begin); cell <= last; cell++)
            cells[cell] = Math.Max(cells[cell], state);
    }

    /// <summary>Returns the first cell that shows the place. If there are more cells than places, several do.</summary>
    private int FirstCell(long place) => Math.Min(LastCell(place), (int)(((Int128)place * cells.Length + whole - 1) / whole));

    /// <summary>Returns the last cell that begins at or before the place.</summary>
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
