namespace OrleansTasks.Jobs.Insight;

/// <summary>Builds the <see cref="JobInsight"/> of a live job or of one restored from the store.</summary>
internal static class JobInsights
{
    private const string Running = "running";
    private const string Queued = "queued";

    /// <summary>Limit on listed chunks without a run; a stream can have 16,384 open chunks.</summary>
    private const int MostWaiting = 1_000;

    /// <summary>Returns the requested parts; the view must be current.</summary>
    public static JobInsight Of(
        JobCore job, JobView view, JobLook look, JobRuns runs, in JobPressure pressure, long now)
    {
        var byNo = runs.Runs.ToDictionary(static run => run.No);
        var insight = new JobInsight();
        if (look.Parts.HasFlag(JobParts.Figures))
            insight = insight with { Figures = FiguresOf(job, view, byNo, pressure, now) };
        if (look.Parts.HasFlag(JobParts.Chunks))
            insight = insight with { Chunks = [.. Open(job, byNo), .. job.FoldSoFar.Record.Chunks.All.Select(Folded)] };
        if (look.Parts.HasFlag(JobParts.Coverage))
        {
            var held = byNo.Values.Where(static run => run.Node is not null).Select(static run => run.No).ToHashSet();
            insight = insight with { Coverage = SourceCoverage.Of(job, held, look.Cells) };
        }

        if (look.Parts.HasFlag(JobParts.History))
            insight = insight with { History = HistoryOf(job, now) };
        return insight;
    }

    private static JobFigures FiguresOf(
        JobCore job, JobView view, Dictionary<long, ChunkRun> runs, in JobPressure pressure, long now)
    {
        var took = job.FoldSoFar.Record.Took;
        ImmutableArray<JobChunk> stragglers =
        [
            .. job.Open.All.Where(chunk => runs.TryGetValue(chunk.No, out var run) && run.IsStraggler)
                .Select(chunk => Live(job, chunk.No, chunk.Span, runs[chunk.No]))
                .OrderByDescending(static chunk => chunk.Micros),
        ];
        var heldBackBy = HeldBack.By(
            job, view.ChunksQueued, view.ChunksRunning, !stragglers.IsEmpty, pressure, now);
        var gain = heldBackBy == HeldBack.Slots ? GainOf(view, took.Quantile(0.5) ?? 0) : null;
        return new JobFigures
        {
            Stages = StagesOf(job, view, now),
            HeldBackBy = heldBackBy,
            ChunksEnded = took.Count,
            TookMedian = took.Quantile(0.5),
            TookHigh = took.Quantile(0.95),
            TookMost = took.Count == 0 ? null : took.Longest,
            Skew = SkewOf(view.PerNode),
            GainSlots = gain?.Slots,
            GainSeconds = gain?.Seconds,
            Stragglers = stragglers,
        };
    }

    private static ImmutableArray<JobStage> StagesOf(JobCore job, JobView view, long now)
    {
        var (place, life) = (job.Cutter.Place, job.Life);
        var seconds = life.StartedAt == 0 ? 0 : ((life.EndedAt == 0 ? now : life.EndedAt) - life.StartedAt) / 1000.0;
        var average = seconds > 0 ? place / seconds : 0;
        var processed = job.FoldSoFar.Processed + job.FoldSoFar.ItemsFailed;
        return
        [
            new JobStage(
                "source", job.IsFile ? "bytes" : "items", place, job.Cutter.Whole ?? (life.IsClosed ? place : null),
                life.IsOver ? average : job.Cutter.ReadRate(now)),
            // Only workers count a file's lines, so the number left is unknown.
            new JobStage(
                "process", "items", processed, !job.IsFile ? place : life.IsOver ? processed : null,
                view.ItemsPerSecond),
        ];
    }

    /// <summary>
    /// Estimates the seconds that twice the slots would save: half of the time left, but no more than the time left
    /// beyond half of a chunk's usual duration. Returns null if the time left is unknown.
    /// </summary>
    private static (int Slots, double Seconds)? GainOf(JobView view, long usualMicros)
    {
        if (view.EtaSeconds is not { } left || view.ChunksRunning == 0)
            return null;
        var then = Math.Max(left / 2, Math.Min(left, usualMicros / 2e6));
        return ((int)view.ChunksRunning, left - then);
    }

    /// <summary>Returns the busiest node's items relative to the mean; 1 means an even spread.</summary>
    private static double SkewOf(ImmutableArray<NodeShare> nodes)
    {
        var all = nodes.Sum(static node => node.Items);
        return all == 0 ? 1 : nodes.Max(static node => node.Items) * (double)nodes.Length / all;
    }

    /// <summary>Returns all open chunks that have a run, and the first 1,000 that have none.</summary>
    private static IEnumerable<JobChunk> Open(JobCore job, Dictionary<long, ChunkRun> runs)
    {
        var waiting = 0;
        foreach (var (no, span) in job.Open.All)
        {
            if (runs.TryGetValue(no, out var run) || waiting++ < MostWaiting)
                yield return Live(job, no, span, run);
        }
    }

    private static JobChunk Live(JobCore job, long no, SourceSpan span, ChunkRun? run) => new(
        no, run?.Node is null ? Queued : Running, span.First, span.Length, job.IsFile ? null : span.Length,
        run?.Attempt ?? 0, run?.Node, run?.RunningFor * 1_000, EndedAt: null, run?.SecondNode);

    private static JobChunk Folded(FoldedChunk chunk) => new(
        chunk.No, chunk.HasFailed ? "failed" : "folded", chunk.Span.First, chunk.Span.Length, chunk.Items, chunk.Attempt,
        chunk.Node.Length == 0 ? null : chunk.Node, chunk.Micros, chunk.At, SecondNode: null);

    /// <summary>Returns the recorded points and one for the present, or for the end of an ended job.</summary>
    private static ImmutableArray<JobPoint> HistoryOf(JobCore job, long now)
    {
        var points = job.FoldSoFar.Record.History.Points;
        var at = job.Life.EndedAt == 0 ? now : job.Life.EndedAt;
        var last = points.Count == 0 ? job.Life.StartedAt : points[^1].At;
        if (job.Life.StartedAt == 0)
            return [];
        var figures = job.FoldSoFar.Figures();
        return
        [
            .. points,
            new JobPoint(
                Math.Max(at, last), job.FoldSoFar.Processed,
                figures.Length > JobHistory.MostAggregate ? default : figures),
        ];
    }
}
