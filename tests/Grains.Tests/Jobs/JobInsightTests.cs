using System.Text;
using OrleansTasks.Jobs;
using OrleansTasks.Jobs.Insight;
using OrleansTasks.Jobs.Spec;
using OrleansTasks.Processing.Binary;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Grains.Tests.Jobs;

/// <summary>What a job shows of its course: slow chunks, what holds it back, coverage and history.</summary>
public sealed class JobInsightTests
{
    private const JobParts All = JobParts.Figures | JobParts.Chunks | JobParts.Coverage | JobParts.History;
    private static readonly TaskId Id = new(1, 1);
    private const string Key = "default";

    private const string TwoHundred = """
        {"source":{"range":{"from":-50,"to":150}},"process":{"builtin":"identity"},"chunkSize":10,"pace":{"itemsPerSecond":100},"aggregate":[{"op":"count"},{"op":"groupCount"}]}
        """;

    [Fact]
    public void Chunks_SlowOneAmongMany_IsKeptWithItsPlaceAndNode()
    {
        var record = new JobRecord();
        for (var no = 1; no <= 5_000; no++)
        {
            var micros = no == 17 ? 9_000_000 : 1_000 + no;
            record.Note(new FoldedChunk(no, new SourceSpan(no * 10, 10), 10, $"w{no % 3}", 1, micros, no, HasFailed: no == 40));
        }

        var known = record.Chunks.All.ToArray();
        Assert.Equal(
            new FoldedChunk(17, new SourceSpan(170, 10), 10, "w2", 1, 9_000_000, 17, false), known.MaxBy(static chunk => chunk.Micros));
        // The slowest are also the last ones, so that fewer than the sum of the bounds are different.
        Assert.Equal([17L, 40, .. Enumerable.Range(4_802, 199)], known.Select(static chunk => chunk.No));
        Assert.Equal([40L], record.Chunks.Failed.Select(static chunk => chunk.No));
        Assert.Equal((5_000, 9_000_000), (record.Took.Count, record.Took.Longest));
        Assert.InRange(record.Took.Quantile(0.5)!.Value, 3_500, 3_500 * 1.0625);
        Assert.InRange(record.Took.Quantile(0.95)!.Value, 5_750, 5_750 * 1.0625);
        Assert.Equal(9_000_000, record.Took.Quantile(1));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(15)]
    [InlineData(16)]
    [InlineData(17)]
    [InlineData(1_000_003)]
    [InlineData(long.MaxValue)]
    public void Took_AnyTime_IsItsOwnQuantileWithinTheError(long micros)
    {
        var took = new TookHistogram();
        took.Add(micros);
        Assert.Equal(micros, took.Quantile(0.5));
        took.Add(long.MaxValue);
        Assert.InRange(took.Quantile(0.5)!.Value, micros, (long)Int128.Min(long.MaxValue, micros * (Int128)17 / 16));
    }

    [Fact]
    public void History_LongJob_StaysBoundedAndEven()
    {
        var history = new JobHistory();
        for (var at = 0; at < 2_000_000; at += 100)
            history.Note(at, at / 10, static () => "{\"sum\":1}"u8.ToArray());
        Assert.InRange(history.Points.Count, JobHistory.MostPoints / 2, JobHistory.MostPoints);
        Assert.Equal(0, history.Points[0].At);
        Assert.All(history.Points, static point => Assert.Equal(point.At / 10, point.Items));
        var gaps = history.Points.Zip(history.Points.Skip(1), static (a, b) => b.At - a.At).ToArray();
        Assert.All(gaps, gap => Assert.InRange(gap, history.Interval, history.Interval * 1.5));
    }

    [Fact]
    public void History_ClockIsSetBack_GoesOnFromTheLastPoint()
    {
        const long Hour = 3_600_000;
        var history = new JobHistory();
        void Note(long at, long items) => history.Note(at, items, static () => "{}"u8.ToArray());
        for (var second = 0; second <= 10; second++)
            Note(Hour + (second * 1_000), second);
        // Folded late: its point would be out of order.
        Note(Hour + 5_500, 10);
        for (var second = 11; second <= 20; second++)
            Note(second * 1_000, second);

        // The first chunk after the step only reveals it, so it has no point.
        Assert.Equal(
            [.. Enumerable.Range(0, 11), .. Enumerable.Range(12, 9)],
            history.Points.Select(static point => (int)point.Items));
        Assert.Equal(Hour + 19_000, history.Points[^1].At);
        Note(Hour + 25_000, 25);
        Assert.Equal((Hour + 25_000, 25), (history.Points[^1].At, history.Points[^1].Items));
    }

    [Fact]
    public void History_LargeAggregates_StayWithinTheBytes()
    {
        var history = new JobHistory();
        for (var at = 0; at < 1_000_000; at += 250)
            history.Note(at, at, static () => new byte[JobHistory.MostAggregate]);
        Assert.InRange(history.Points.Sum(static point => point.Aggregate.Length), JobHistory.MostBytes / 2, JobHistory.MostBytes);
        history.Note(100_000_000, 1, static () => new byte[JobHistory.MostAggregate + 1]);
        Assert.Equal(0, history.Points[^1].Aggregate.Length);
    }

    [Fact]
    public void Record_WrittenAndRead_IsTheSameAndGoesOn()
    {
        var record = new JobRecord();
        for (var no = 1; no <= 700; no++)
        {
            record.Note(new FoldedChunk(no, new SourceSpan(no, 1), 1, $"w{no % 3}", no % 2, no % 5, no, HasFailed: no % 90 == 0));
            record.History.Note(no * 1_000, no, static () => "{}"u8.ToArray());
        }

        record.NoteDropped([new SourceSpan(701, 3), new SourceSpan(704, 5), new SourceSpan(720, 1)]);
        var writer = new ByteWriter();
        record.Write(writer);
        var reader = new ByteReader(writer.Written, isOwn: true);
        var read = JobRecord.Read(ref reader);
        Assert.True(reader.IsAtEnd);
        Assert.Equal(record.Chunks.All, read.Chunks.All);
        Assert.Equal([new SourceSpan(701, 8), new SourceSpan(720, 1)], read.Dropped);
        Assert.InRange(writer.Length, 1_000, 40_000);
        // Both forget the same chunks from then on.
        foreach (var one in (JobRecord[])[record, read])
            one.Note(new FoldedChunk(701, new SourceSpan(701, 1), 1, "w9", 1, 3, 701, false));
        Assert.Equal(record.Chunks.All, read.Chunks.All);
        Assert.Equal((record.Took.Count, record.Took.Longest), (read.Took.Count, read.Took.Longest));
        Assert.Equal(
            record.History.Points.Select(static point => (point.At, point.Items)),
            read.History.Points.Select(static point => (point.At, point.Items)));
    }

    [Fact]
    public void Coverage_OpenAndFoldedChunks_StandInTheSourcesOrder()
    {
        var job = New(TwoHundred);
        var chunks = CutHalf(job, 0);
        Assert.Equal(10, chunks.Length);
        job.Fold(EndedChunks.Evaluate(job.Spec, chunks[0]), 1);
        job.Fold(EndedChunks.Evaluate(job.Spec, chunks[3]), 1);
        var runs = new JobRuns([new ChunkRun(2, 1, "w1", 5, null, false)]);

        Assert.Equal("folded 10, running 10, queued 10, folded 10, queued 60, unread 100", Coverage(job, runs, 200));
        Assert.Equal("folded 1, running 1, queued 1, folded 1, queued 6, unread 10", Coverage(job, runs, 20));
        Assert.Equal("running 1, queued 1, unread 2", Coverage(job, runs, 4));
        // More cells than items: three cells show each item.
        Assert.Equal("folded 30, running 30, queued 30, folded 30, queued 180, unread 300", Coverage(job, runs, 600));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(99)]
    [InlineData(1_000)]
    public void Coverage_AnyCells_AddsUp(int cells)
    {
        var job = New(TwoHundred);
        CutHalf(job, 0);
        Assert.Equal(cells, Look(job, JobRuns.None, default, cells).Coverage.Sum(static run => run.Cells));
        var empty = New("""{"source":{"items":[]},"process":{"builtin":"identity"}}""");
        Assert.Equal($"unread {cells}", Coverage(empty, JobRuns.None, cells));
    }

    [Fact]
    public void Restored_JobThatWasCancelled_ShowsWhatWasFoldedFailedAndDropped()
    {
        var job = New(TwoHundred);
        var chunks = CutHalf(job, 1);
        job.Fold(EndedChunks.Evaluate(job.Spec, chunks[1], micros: 2_000_000), 1);
        job.Fold(new EndedChunk(3, TaskState.Failed, 2, "w2", EndReason.Exit, 7, 9, default), 1);
        Assert.True(job.End(areDropped: true, 21));
        var head = JobHead.Read(JobHead.Of(job.Spec).ToBytes()).ToSpec(RowOf(job, job.ToWrite(withProgress: false)));

        foreach (var restored in (JobCore[])[job, Restored(job, head), Restored(job, job.Spec)])
        {
            Assert.Equal("dropped 10, folded 10, failed 10, dropped 70, unread 100", Coverage(restored, JobRuns.None, 200));
            var insight = Look(restored, JobRuns.None, default);
            Assert.Equal(
                [
                    new JobChunk(2, "folded", -40, 10, 10, 1, "w1", 2_000_000, 1, null),
                    new JobChunk(3, "failed", -30, 10, 0, 2, "w2", 7, 9, null),
                ],
                insight.Chunks);
            Assert.Equal((2, 2_000_000, "nothing"), (insight.Figures!.ChunksEnded, insight.Figures.TookMost, insight.Figures.HeldBackBy));
            Assert.Equal([(1L, 10L, """{"count":10}"""), (21L, 10L, """{"count":10}""")], insight.History.Select(Shown));
            Assert.Equal(
                [new JobStage("source", "items", 100, 200, 5_000), new JobStage("process", "items", 20, 100, 500)], insight.Figures.Stages);
        }
    }

    [Fact]
    public void Restored_ChunksEndedAfterTheSave_AreNotedAgainOnce()
    {
        var job = New(TwoHundred);
        var chunks = CutHalf(job, 0);
        job.Fold(EndedChunks.Evaluate(job.Spec, chunks[0], micros: 10), 1);
        var row = RowOf(job, job.ToWrite(withProgress: true));
        var late = EndedChunks.Evaluate(job.Spec, chunks[1], micros: 5_000_000);
        job.Fold(late, 1);

        var again = New(TwoHundred);
        again.Restore(row, new ChunkEnd(10, 50), 5);
        foreach (var chunk in chunks.Skip(2))
            again.Restore(new ChunkRow(chunk, null, 0), 5);
        again.Restore(new ChunkRow(chunks[1], late, 0), 5);
        again.Restore(new ChunkRow(chunks[0], EndedChunks.Evaluate(job.Spec, chunks[0], micros: 10), 0), 5);

        Assert.Equal(job.FoldSoFar.Record.Chunks.All, again.FoldSoFar.Record.Chunks.All);
        Assert.Equal(2, again.FoldSoFar.Record.Took.Count);
        Assert.Equal(Coverage(job, JobRuns.None, 100), Coverage(again, JobRuns.None, 100));
    }

    [Fact]
    public void HeldBack_EachCause_IsNamed()
    {
        var slots = new JobPressure(Slots: 2, IsPaused: false, CommitShare: 0.1);
        var running = New("""{"source":{"range":{"from":0,"to":1000000}},"process":{"builtin":"identity"},"chunkSize":10}""");
        running.Cut(slots: 2, 0);
        Assert.Equal("slots", HeldBack.By(running, 4, 2, false, slots, 0));
        Assert.Equal("slots", HeldBack.By(running, 4, 1, false, slots, 0));
        Assert.Equal("store", HeldBack.By(running, 4, 1, false, slots with { CommitShare = 0.6 }, 0));
        Assert.Equal("slots", HeldBack.By(running, 4, 2, false, slots with { CommitShare = 0.6 }, 0));
        Assert.Equal("store", HeldBack.By(running, 4, 2, false, slots with { IsPaused = true }, 0));
        Assert.Equal("nothing", HeldBack.By(running, 0, 2, true, slots, 0));

        var draining = New("""{"source":{"range":{"from":0,"to":20}},"process":{"builtin":"identity"},"chunkSize":10}""");
        draining.Cut(slots: 2, 0);
        Assert.Equal("stragglers", HeldBack.By(draining, 0, 1, true, slots, 0));
        Assert.Equal("nothing", HeldBack.By(draining, 0, 1, false, slots, 0));

        var paced = New("""{"source":{"range":{"from":0,"to":2000}},"process":{"builtin":"identity"},"pace":{"itemsPerSecond":1}}""");
        paced.Begin(0);
        paced.Cut(slots: 2, 0);
        Assert.Equal("pace", HeldBack.By(paced, 0, 1, false, slots, 0));

        var stream = New("""{"source":{"stream":{}},"process":{"builtin":"identity"},"pace":{"itemsPerSecond":1}}""");
        stream.Begin(0);
        Assert.Equal("source", HeldBack.By(stream, 0, 0, false, slots, 0));
        stream.Append("1\n2\n"u8.ToArray(), 2, 2, 0, ImmutableArray.CreateBuilder<ChunkPlan>());
        Assert.Equal("pace", HeldBack.By(stream, 0, 1, false, slots, 0));
        Assert.Equal("source", HeldBack.By(stream, 0, 1, false, slots, 5_000));

        running.Cancel(1);
        Assert.Equal("nothing", HeldBack.By(running, 4, 2, false, slots, 0));
    }

    [Fact]
    public void Figures_JobThatWaitsForSlots_TellsWhatTwiceAsManyWouldSpare()
    {
        var job = New(TwoHundred);
        var chunks = CutHalf(job, 1);
        job.Fold(EndedChunks.Evaluate(job.Spec, chunks[0], micros: 1_000_000), 1);
        var runs = new JobRuns([new ChunkRun(2, 1, "w1", 7_000, "w2", true), new ChunkRun(3, 2, "w2", 100, null, false)]);
        var now = 10_001;

        var figures = JobInsights.Of(
            job, job.View(new ChunkCounts(3, 2), now), new JobLook(All, 10), runs, new JobPressure(2, false, 0), now).Figures!;

        Assert.Equal("slots", figures.HeldBackBy);
        // 10 items in 10 s, 190 are left.
        Assert.Equal((2, 95.0), (figures.GainSlots, figures.GainSeconds));
        Assert.Equal([new JobChunk(2, "running", -40, 10, 10, 1, "w1", 7_000_000, null, "w2")], figures.Stragglers);
        Assert.Equal((1, 1_000_000, 1_000_000), (figures.ChunksEnded, figures.TookMedian, figures.TookHigh));
    }

    [Fact]
    public void Chunks_ThousandsOfAStream_ListsAllThatRunAndTheFirstThatWait()
    {
        var job = New("""{"source":{"stream":{}},"process":{"builtin":"identity"},"chunkSize":1}""");
        var lines = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("1\n", 3_000)));
        job.Append(lines, 3_000, 2, 0, ImmutableArray.CreateBuilder<ChunkPlan>());

        var chunks = Look(job, new JobRuns([new ChunkRun(2_900, 1, "w1", 5, null, false)]), default).Chunks;

        Assert.Equal([.. Enumerable.Range(1, 1_000), 2_900L], chunks.Select(static chunk => chunk.No));
        Assert.Equal(new JobChunk(2_900, "running", 2_899, 1, 1, 1, "w1", 5_000, null, null), chunks[^1]);
        Assert.Equal(new JobChunk(1, "queued", 0, 1, 1, 0, null, null, null, null), chunks[0]);
    }

    /// <summary>Cuts ten chunks of ten items: as much as the pace allows at once.</summary>
    private static ImmutableArray<ChunkPlan> CutHalf(JobCore job, long now)
    {
        job.Begin(now - 1_000);
        return job.Cut(slots: 2, now);
    }

    private static JobInsight Look(JobCore job, JobRuns runs, JobPressure pressure, int cells = 100) =>
        JobInsights.Of(job, job.View(default, 20), new JobLook(All, cells), runs, pressure, 20);

    private static string Coverage(JobCore job, JobRuns runs, int cells) =>
        string.Join(", ", Look(job, runs, default, cells).Coverage.Select(static run => $"{run.State} {run.Cells}"));

    private static (long At, long Items, string Aggregate) Shown(JobPoint point) =>
        (point.At, point.Items, Encoding.UTF8.GetString(point.Aggregate.Span));

    private static JobCore New(string spec) => new(Id, JobSpecReader.ReadStored(Encoding.UTF8.GetBytes(spec)));

    private static JobCore Restored(JobCore job, JobSpec spec)
    {
        var restored = new JobCore(Id, spec);
        restored.Restore(RowOf(job, job.ToWrite(withProgress: true)), null, 0);
        return restored;
    }

    private static JobRow RowOf(JobCore job, JobWrite write) => new(
        1, Id, Key, job.Spec.Name, [], write.State, write.StartedAt, write.EndedAt, write.CancelRequestedAt, write.IsClosed, write.Reason,
        default, write.Progress?.Bytes ?? default(ReadOnlyMemory<byte>));
}
