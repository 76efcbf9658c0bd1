using System.Text;
using FsCheck;
using FsCheck.Fluent;
using OrleansTasks.Jobs;
using OrleansTasks.Jobs.Spec;
using OrleansTasks.Processing.Files;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Grains.Tests.Jobs;

/// <summary>The rules of one job, without any grain.</summary>
public sealed class JobCoreTests
{
    private const string Key = "default";
    private static readonly TaskId Id = new(1, 1);

    [Fact]
    public void Transitions_EveryPairThatIsNotListed_CannotHappen()
    {
        foreach (var from in Enum.GetValues<JobPhase>())
        {
            foreach (var trigger in Enum.GetValues<JobTrigger>())
            {
                var listed = JobTransitions.All.Where(known => known.From == from && known.Trigger == trigger).ToArray();
                Assert.Equal(listed.Length == 1 ? listed[0].To : null, JobTransitions.TryNext(from, trigger));
            }
        }

        Assert.DoesNotContain(JobTransitions.All, static known => known.From.ToState().IsFinal());
    }

    [Fact]
    public void Fold_ChunkToldTwice_CountsOnce()
    {
        var job = New("""{"source":{"range":{"from":0,"to":10}},"process":{"builtin":"identity"},"chunkSize":5,"aggregate":[{"op":"sum"}]}""");
        var chunks = job.Cut(2, 0);
        Assert.Equal([1, 2], chunks.Select(static chunk => chunk.No));
        var first = EndedChunks.Evaluate(job.Spec, chunks[0]);
        job.Fold(first, 1);
        job.Fold(first, 2);
        Assert.False(job.End(false, 3));
        job.Fold(EndedChunks.Evaluate(job.Spec, chunks[1]), 4);
        Assert.True(job.End(false, 5));
        Assert.Equal("""{"sum":45}""", Outcome(job));
    }

    [Fact]
    public void Start_IsNewUntilARowIsWritten()
    {
        var job = New("""{"source":{"range":{"from":0,"to":10}},"process":{"builtin":"identity"}}""");
        Assert.False(job.Life.HasNewStart);
        job.Cut(2, 7);
        Assert.True(job.Life.HasNewStart);

        Assert.Equal(7, job.ToWrite(withProgress: false).StartedAt);
        Assert.False(job.Life.HasNewStart);
        job.Cut(2, 8);
        Assert.Equal((false, 7), (job.Life.HasNewStart, job.Life.StartedAt));
    }

    [Theory]
    [InlineData("""{"builtin":"square"}""", 1)]
    [InlineData("""{"command":{"cmd":"cat"}}""", 12)]
    public void Cut_SmallRange_IsCutAtOnceIfItsItemsAreCheap(string process, int expected)
    {
        var job = New($$$"""{"source":{"range":{"from":0,"to":1000000}},"process":{{{process}}},"aggregate":[{"op":"sum"}]}""");
        // The number of slots is unknown when a job is created.
        Assert.Equal(expected, job.Cut(0, 0).Length);
        Assert.Equal(expected == 1, job.Cutter.Left == 0);
    }

    [Fact]
    public void Cut_WithAWindow_OpensNoMoreThanItAllows()
    {
        var job = New("""{"source":{"range":{"from":0,"to":1000}},"process":{"builtin":"identity"},"chunkSize":1}""");
        var open = job.Cut(2, 0);
        Assert.Equal(32, open.Length);
        Assert.Empty(job.Cut(2, 0));
        job.Fold(EndedChunks.Evaluate(job.Spec, open[7], micros: 300_000), 1);
        // Now that they are known to be long, only three a slot may be open.
        Assert.Empty(job.Cut(2, 1));
        foreach (var chunk in open.Where(chunk => chunk.No != 8).Take(26))
            job.Fold(EndedChunks.Evaluate(job.Spec, chunk, micros: 300_000), 1);
        Assert.Single(job.Cut(2, 2));
    }

    [Fact]
    public void Cut_WithAPace_LetsItemsThroughAsTheyAreDue()
    {
        var job = New("""{"source":{"range":{"from":0,"to":100}},"process":{"builtin":"identity"},"chunkSize":1,"pace":{"itemsPerSecond":10}}""");
        job.Begin(1_000);
        Assert.Single(job.Cut(3, 1_000));
        Assert.Empty(job.Cut(3, 1_099));
        Assert.Equal(1_100, job.NextDue(3, 1_050));
        Assert.Single(job.Cut(3, 1_100));
        Assert.Equal(3, job.Cut(3, 1_400).Length);
    }

    [Fact]
    public void NextDue_MaximumOfChunksIsOpen_IsNullUntilOneEnds()
    {
        var job = New("""{"source":{"range":{"from":0,"to":1000}},"process":{"builtin":"identity"},"chunkSize":1,"pace":{"itemsPerSecond":1000}}""");
        job.Begin(0);
        var open = job.Cut(1, 600_000);
        Assert.Equal(16, open.Length);
        Assert.Null(job.NextDue(1, 600_000));

        job.Fold(EndedChunks.Evaluate(job.Spec, open[0]), 600_000);

        Assert.Equal(600_010, job.NextDue(1, 600_000));
    }

    [Fact]
    public void Cut_FileWithAPaceAndNoChunkSize_TakesATenthOfASecondAtATimeAndKeepsThePace()
    {
        var job = New("""
            {"source":{"file":{"path":"/f","format":"lines"}},"process":{"builtin":"identity"},"pace":{"itemsPerSecond":1000}}
            """);
        job.Use(new FilePart("/f", 1 << 20, 0));
        job.Begin(0);
        Assert.Equal(1, Assert.Single(job.Cut(10, 0)).Items);

        var (now, bytes, parts) = (0L, 1L, new List<long>());
        while (now < 2_000)
        {
            now = job.NextDue(10, now)!.Value;
            foreach (var part in job.Cut(10, now))
            {
                parts.Add(part.Items);
                bytes += part.Items;
            }
        }

        Assert.Equal((2_000, 1 + (2 * 64_000)), (now, bytes));
        Assert.Equal(Enumerable.Repeat(6_400L, 20), parts);
    }

    [Fact]
    public void Cut_SlowFile_TakesNoLessThanAnItemAtATime()
    {
        var job = New("""
            {"source":{"file":{"path":"/f","format":"lines"}},"process":{"builtin":"identity"},"pace":{"itemsPerSecond":2}}
            """);
        job.Use(new FilePart("/f", 100, 0));
        job.Begin(0);
        Assert.Single(job.Cut(3, 0));
        Assert.Equal(500, job.NextDue(3, 0));
        Assert.Empty(job.Cut(3, 499));
        Assert.Equal(64, Assert.Single(job.Cut(3, 500)).Items);
        // What is left is less than an item.
        Assert.Equal(774, job.NextDue(3, 500));
        Assert.Equal(35, Assert.Single(job.Cut(3, 774)).Items);
        Assert.Null(job.NextDue(3, 774));
    }

    [Fact]
    public void Append_AfterALongSilence_TakesASecondsWorthAndGoesOnAtThePace()
    {
        var job = New("""{"source":{"stream":{}},"process":{"builtin":"identity"},"pace":{"itemsPerSecond":10}}""");
        job.Begin(0);
        Assert.Equal([10, 0, 1, 3], (long[])[Post(600_000), Post(600_099), Post(600_100), Post(600_400)]);

        long Post(long now) => job.Append(
            Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("1\n", 5000))), 5000, 2, now, ImmutableArray.CreateBuilder<ChunkPlan>());
    }

    [Fact]
    public void Cut_AfterALongWaitForWorkers_LetsASecondsWorthThroughOrOneChunk()
    {
        foreach (var (size, chunks) in (ReadOnlySpan<(int, int)>)[(1, 10), (3, 3), (50, 1)])
        {
            var job = New($$$"""{"source":{"range":{"from":0,"to":1000}},"process":{"builtin":"identity"},"chunkSize":{{{size}}},"pace":{"itemsPerSecond":10}}""");
            job.Begin(0);
            Assert.Equal(chunks, job.Cut(3, 600_000).Length);
            Assert.Empty(job.Cut(3, 600_000));
        }
    }

    [Fact]
    public void Pacer_AskedAtAnyTimes_LetsNoMoreThroughThanItsPaceAndASecondsWorth() =>
        Check.One(Config.QuickThrowOnFailure, Prop.ForAll<(byte Wait, byte Take)[], byte>(static (steps, rate) =>
        {
            var pacer = new Pacer(rate + 0.5);
            pacer.Begin(0, 0);
            var (now, items) = (0L, 0L);
            var taken = new List<(long At, long Before, long After)>();
            foreach (var (wait, take) in steps)
            {
                now += 20L * wait;
                var before = items;
                items += Math.Clamp(pacer.Allowed(now, items), 0, take);
                taken.Add((now, before, items));
            }

            return taken.All(one => taken.Where(later => later.At >= one.At).All(later =>
                later.After - one.Before <= Math.Max(1, rate + 0.5) + 1 + ((rate + 0.5) * (later.At - one.At) / 1000)));
        }));

    [Fact]
    public void ClockStepped_ByAnHour_KeepsThePace()
    {
        const long Hour = 3_600_000;
        foreach (var step in (long[])[-Hour, Hour])
        {
            var job = New("""{"source":{"range":{"from":0,"to":100}},"process":{"builtin":"identity"},"chunkSize":1,"pace":{"itemsPerSecond":10}}""");
            job.Begin(Hour);
            Assert.Single(job.Cut(3, Hour));
            job.ClockStepped(step);
            Assert.Empty(job.Cut(3, Hour + step + 99));
            Assert.Equal(Hour + step + 100, job.NextDue(3, Hour + step + 50));
            Assert.Single(job.Cut(3, Hour + step + 100));
        }
    }

    [Fact]
    public void ToWrite_WithoutProgress_LeavesWhatIsStored()
    {
        var job = New("""{"source":{"range":{"from":0,"to":10}},"process":{"builtin":"identity"},"chunkSize":5}""");
        job.Fold(EndedChunks.Evaluate(job.Spec, job.Cut(2, 0)[0]), 1);

        Assert.Null(job.ToWrite(withProgress: false).Progress);
        Assert.False(job.ToWrite(withProgress: true).Progress!.Bytes.IsEmpty);
    }

    [Fact]
    public void Restore_ChunkThatEndedMeanwhile_CountsItsItemsOnce()
    {
        var job = New("""{"source":{"items":[1,2,3]},"process":{"builtin":"identity"},"chunkSize":3,"aggregate":[{"op":"sum"}]}""");
        var chunk = job.Cut(2, 0)[0];
        var ended = EndedChunks.Evaluate(job.Spec, chunk);
        var again = New("""{"source":{"items":[1,2,3]},"process":{"builtin":"identity"},"chunkSize":3,"aggregate":[{"op":"sum"}]}""");
        again.Restore(new ChunkRow(chunk, null, chunk.Segment.Length), 1);
        again.Restore(new ChunkRow(chunk with { Segment = default }, ended, 0), 1);

        Assert.Equal("""{"sum":6}""", Outcome(again));
        Assert.Null(again.FirstOpen);
        Assert.Equal(0, again.OpenBytes);
    }

    [Fact]
    public void Fold_AfterACancel_CountsUntilTheChunksAreDropped()
    {
        var job = New("""{"source":{"range":{"from":0,"to":10}},"process":{"builtin":"identity"},"chunkSize":5,"aggregate":[{"op":"sum"}]}""");
        var chunks = job.Cut(2, 0);
        Assert.True(job.Cancel(1));
        job.Fold(EndedChunks.Evaluate(job.Spec, chunks[0]), 2);
        Assert.Empty(job.Cut(2, 2));
        Assert.True(job.End(areDropped: true, 3));
        job.Fold(EndedChunks.Evaluate(job.Spec, chunks[1]), 4);
        Assert.Equal((JobPhase.Cancelled, """{"sum":10}"""), (job.Phase, Outcome(job)));
        Assert.False(job.Cancel(5));
    }

    [Fact]
    public void Fold_FailedChunk_FailsTheJobAndKeepsWhatWasDone()
    {
        var job = New("""{"source":{"items":[1,"x"]},"process":{"builtin":"square"},"chunkSize":1,"aggregate":[{"op":"sum"}]}""");
        var chunks = job.Cut(2, 0);
        job.Fold(EndedChunks.Evaluate(job.Spec, chunks[0]), 1);
        job.Fold(new EndedChunk(2, TaskState.Failed, 6, "w1", EndReason.NodeLost, 0, 2, default), 2);
        Assert.True(job.IsStopping);
        Assert.True(job.End(areDropped: true, 3));
        var view = job.View(default, 4);
        Assert.Equal((JobState.Failed, "node-lost", 1, 1), (view.State, view.Reason, view.ItemsDone, view.ItemsFailed));
        Assert.Equal(("node-lost", 6), (view.Failures[0].Reason, view.Failures[0].Attempt));
    }

    [Fact]
    public void Restore_AtAnyPoint_GivesTheSameJob() =>
        Check.One(Config.QuickThrowOnFailure, Prop.ForAll<byte[], int>(static (script, cut) =>
        {
            var items = string.Join(',', Enumerable.Range(0, 40));
            var text = $$"""{"source":{"items":[{{items}}]},"process":{"builtin":"square"},"chunkSize":3,"aggregate":[{"op":"sum"},{"op":"distinct"}]}""";
            var store = new Rows(text);
            var job = New(text);
            var at = 0;
            while (!job.IsOver && at < 1_000)
            {
                // What a script's byte says: fold some open chunk, lose the job and read it back, or store its progress.
                var step = at < script.Length ? script[at] : (byte)0;
                at++;
                store.Add(job.Cut(1, at));
                if (store.Open.Count > 0)
                {
                    var chunk = store.Open.Values.ElementAt(step % store.Open.Count);
                    store.End(EndedChunks.Evaluate(job.Spec, chunk));
                    if (step % 3 != 2)
                        job.Fold(store.Ended[chunk.No], at);
                }

                if (step % 5 == 4)
                    store.Save(job.ToWrite(withProgress: true));
                if (step % 4 == 3 || store.Open.Count == 0)
                    job = store.Restore(at);
                if (job.End(false, at))
                    store.Save(job.ToWrite(withProgress: true));
            }

            var view = job.View(default, 0);
            var stored = JobViews.Of(store.Row, JobSpecReader.ReadStored(Encoding.UTF8.GetBytes(text)), 0);
            return view.ItemsDone == 40 && Text(view) == """{"sum":20540,"distinct":40}""" && Text(stored) == Text(view)
                && stored.ItemsDone == 40 && stored.ChunksDone == 14 && stored.State == JobState.Succeeded;
        }));

    [Fact]
    public void NumberSet_AnyNumbers_HoldsThemAsRanges() =>
        Check.One(Config.QuickThrowOnFailure, Prop.ForAll<byte[]>(static numbers =>
        {
            var set = new NumberSet();
            var known = new SortedSet<long>();
            foreach (var number in numbers)
            {
                if (set.Add(number) != known.Add(number))
                    return false;
            }

            var covered = set.Ranges.SelectMany(static range => Enumerable.Range((int)range.First, (int)(range.Last - range.First + 1)));
            var apart = set.Ranges.Zip(set.Ranges.Skip(1)).All(static pair => pair.Second.First > pair.First.Last + 1);
            return apart && set.Count == known.Count && covered.Select(static n => (long)n).SequenceEqual(known)
                && Enumerable.Range(-1, 258).All(n => set.Contains(n) == known.Contains(n));
        }));

    private static JobCore New(string spec) => new(Id, JobSpecReader.ReadStored(Encoding.UTF8.GetBytes(spec)));

    private static string Outcome(JobCore job) => Text(job.View(default, 0));

    private static string Text(JobView view) => Encoding.UTF8.GetString(view.Aggregate.Span);

    /// <summary>What a store would have of the job.</summary>
    private sealed class Rows(string spec)
    {
        private ChunkEnd? last;

        public SortedDictionary<long, ChunkPlan> Open { get; } = [];

        public SortedDictionary<long, EndedChunk> Ended { get; } = [];

        public JobRow Row { get; private set; } = new(
            1, Id, Key, "n", [], JobState.Running, 0, 0, 0, false, null, Encoding.UTF8.GetBytes(spec), default);

        public void Add(ImmutableArray<ChunkPlan> chunks)
        {
            foreach (var chunk in chunks)
            {
                Open.Add(chunk.No, chunk);
                last = new ChunkEnd(chunk.No, chunk.First + chunk.Items);
            }
        }

        public void End(EndedChunk chunk)
        {
            Open.Remove(chunk.No);
            Ended.Add(chunk.No, chunk);
        }

        public void Save(JobWrite write)
        {
            Row = Row with { State = write.State, StartedAt = write.StartedAt, EndedAt = write.EndedAt, Progress = write.Progress!.Bytes };
            foreach (var range in write.Folded)
            {
                for (var no = range.First; no <= range.Last; no++)
                    Ended.Remove(no);
            }

            if (Open.Count + Ended.Count == 0)
                last = null;
        }

        public JobCore Restore(long now)
        {
            var job = New(spec);
            job.Restore(Row, last, now);
            foreach (var chunk in Open.Values)
                job.Restore(new ChunkRow(chunk, null, chunk.Segment.Length), now);
            foreach (var chunk in Ended.Values)
                job.Restore(new ChunkRow(new ChunkPlan(chunk.No, 0, 3, default), chunk, 0), now);
            return job;
        }
    }
}
