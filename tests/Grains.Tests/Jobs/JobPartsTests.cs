using System.Text;
using FsCheck;
using FsCheck.Fluent;
using OrleansTasks.Jobs;
using OrleansTasks.Jobs.Insight;
using OrleansTasks.Jobs.Spec;
using OrleansTasks.Processing.Chunks;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Grains.Tests.Jobs;

/// <summary>The parts that a job's rules are made of, each by itself.</summary>
public sealed class JobPartsTests
{
    private static readonly JobRow Row = new(
        1, new TaskId(1, 1), "default", "n", [], JobState.Running, 0, 0, 0, false, null, default, default);

    [Fact]
    public void Life_AnyEvents_SetsEachTimeOnceAndEndsOnce() =>
        Check.One(Config.QuickThrowOnFailure, Prop.ForAll<byte[]>(static events =>
        {
            var life = new JobLife();
            var (now, ended, cancelled) = (0L, 0L, 0L);
            foreach (var what in events)
            {
                now++;
                if (life.IsOver)
                    return !life.Cancel(now) && life.EndedAt == ended && life.CancelRequestedAt == cancelled;
                Apply(life, what, now);
                cancelled = cancelled == 0 ? life.CancelRequestedAt : cancelled;
                ended = life.IsOver ? now : 0;
                if (life.EndedAt != ended || life.CancelRequestedAt != cancelled || (life.Phase == JobPhase.Failing) != (life.Reason is not null && !life.IsOver))
                    return false;
            }

            return true;
        }));

    [Theory]
    [InlineData(null, 0, false, false, JobPhase.Reading)]
    [InlineData(null, 0, false, true, JobPhase.Draining)]
    [InlineData(null, 0, true, false, JobPhase.Draining)]
    [InlineData(null, 7, true, false, JobPhase.Cancelling)]
    [InlineData("item-error", 7, false, false, JobPhase.Failing)]
    public void Life_Restored_IsInThePhaseThatTheRowTells(string? reason, long cancelled, bool isClosed, bool isAtEnd, object phase)
    {
        var life = new JobLife();
        life.Restore(Row with { Reason = reason, CancelRequestedAt = cancelled, IsClosed = isClosed }, isAtEnd);
        Assert.Equal(phase, life.Phase);
    }

    [Fact]
    public void OpenChunks_AnyAddedAndRemoved_CountWhatIsThere() =>
        Check.One(Config.QuickThrowOnFailure, Prop.ForAll<(byte No, byte Items)[]>(static steps =>
        {
            var open = new OpenChunks();
            var known = new Dictionary<long, byte>();
            foreach (var (no, items) in steps)
            {
                if (known.Remove(no, out var had))
                {
                    if (open.Add(new ChunkPlan(no, 0, 1, new byte[9])) || open.Remove(no)?.Length != had)
                        return false;
                }
                else if (open.Remove(no) is not null || !open.Add(new ChunkPlan(no, 0, items, new byte[items])))
                    return false;
                else
                    known.Add(no, items);
                if (open.Count != known.Count || open.Items != known.Values.Sum(static n => n) || open.Bytes != open.Items
                    || open.First != (known.Count == 0 ? null : known.Keys.Min()))
                    return false;
            }

            var left = open.Items;
            open.Drop();
            return (open.Count, open.Items, open.Bytes, open.DroppedItems) == (0, 0, 0, left)
                && open.LastNo == steps.Select(static step => (long)step.No).DefaultIfEmpty().Max();
        }));

    [Fact]
    public void Progress_WrittenAndRead_IsTheSame()
    {
        var spec = Spec("""{"source":{"items":[1,2,"x"]},"process":{"builtin":"square"},"onItemError":"skip","aggregate":[{"op":"sum"}]}""");
        var fold = new JobFold(new Partial(spec.Plan));
        fold.Add(EndedChunks.Evaluate(spec, new ChunkPlan(4, 0, 3, "1\n2\n\"x\"\n"u8.ToArray())), new SourceSpan(0, 3), knowsItems: true, 1);
        fold.Add(new EndedChunk(6, TaskState.Failed, 6, "w2", EndReason.NodeLost, 0, 2, default), new SourceSpan(3, 5), knowsItems: true, 2);
        var bytes = new JobProgress(7, 8, 9, null, fold).ToBytes();
        var read = JobProgress.Read(bytes, spec.Plan, isFile: false);
        Assert.Equal((7, 8, 9, 5), (read.LastNo, read.Place, read.DroppedItems, read.Fold.ItemsFailed));
        Assert.Equal([new ChunkRange(4, 4), new ChunkRange(6, 6)], read.Fold.Folded.Ranges);
        Assert.Equal(0, read.Fold.Unsaved.Count);
        Assert.Equal([new NodeShare("w1", 2, 1)], read.Fold.Nodes);
        Assert.Equal(["item-error", "node-lost"], read.Fold.Failures.Select(static failure => failure.Reason));
        Assert.Equal("""{"sum":5}""", Encoding.UTF8.GetString(read.Fold.Outcome().Span));
        Assert.Equal(bytes, read.ToBytes());
    }

    [Fact]
    public void Progress_OfAnotherVersion_IsRefused()
    {
        var plan = Spec("""{"source":{"items":[]},"process":{"builtin":"square"}}""").Plan;
        Assert.Throws<FormatException>(() => JobProgress.Read([9, 0, 0], plan, isFile: false));
        Assert.Throws<FormatException>(() => JobProgress.Read([1, 0], plan, isFile: false));
    }

    [Fact]
    public void Fold_ChunkTwice_IsFoldedOnce()
    {
        var spec = Spec("""{"source":{"items":[3]},"process":{"builtin":"identity"},"aggregate":[{"op":"sum"}]}""");
        var fold = new JobFold(new Partial(spec.Plan));
        var ended = EndedChunks.Evaluate(spec, new ChunkPlan(1, 0, 1, "3\n"u8.ToArray()));
        Assert.Equal(new FoldStep(1, null), fold.Add(ended, new SourceSpan(0, 1), knowsItems: true, 1));
        Assert.Null(fold.Add(ended, new SourceSpan(0, 1), knowsItems: true, 1));
        Assert.Equal("""{"sum":3}""", Encoding.UTF8.GetString(fold.Outcome().Span));
    }

    [Fact]
    public void Cut_ManyBytesThatAreThere_TakesNoMoreAtOnceThanARequestCarries()
    {
        var items = string.Join(',', Enumerable.Repeat($"\"{new string('a', 1000)}\"", 20_000));
        var job = new JobCore(Row.Id, Spec($$"""{"source":{"items":[{{items}}]},"process":{"builtin":"length"},"chunkSize":800}"""));
        var (chunks, turns) = (0, 0);
        while (job.Phase == JobPhase.Reading)
        {
            var cut = job.Cut(100, 0);
            Assert.InRange(cut.Sum(static chunk => chunk.Segment.Length), 1, JobCore.MostCutBytes);
            (chunks, turns) = (chunks + cut.Length, turns + 1);
        }

        Assert.Equal((25, 20_000), (chunks, job.ItemsRead));
        Assert.InRange(turns, 5, 8);
    }

    [Fact]
    public void EndedInbox_MoreThanItKeeps_SaysThatTheStoreHasTheRest()
    {
        var inbox = new EndedInbox();
        var report = new byte[EndedInbox.MostBytes / 4];
        var chunks = Enumerable.Range(1, 6).Select(no => new EndedChunk(no, TaskState.Succeeded, 1, "w", EndReason.Exit, 1, 1, report));
        inbox.Add([.. chunks]);
        Assert.True(inbox.TakeDropped());
        Assert.False(inbox.TakeDropped());
        var taken = 0;
        while (inbox.TryTake(out _))
            taken++;
        Assert.Equal((4, true), (taken, inbox.IsEmpty));
        inbox.Add([.. chunks.Take(1)]);
        Assert.False(inbox.TakeDropped());
    }

    [Fact]
    public void Alarm_DueInMonths_IsAWaitThatATimerTakes()
    {
        using var timer = TimeProvider.System.CreateTimer(static _ => { }, null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        Assert.Throws<ArgumentOutOfRangeException>(() => timer.Change(TimeSpan.FromDays(115), Timeout.InfiniteTimeSpan));
        foreach (var wait in (long[])[(long)TimeSpan.FromDays(115).TotalMilliseconds, long.MaxValue - 1])
            Assert.True(timer.Change(JobAlarm.Until(null, wait)!.Value, Timeout.InfiniteTimeSpan));
        Assert.Equal(TimeSpan.FromMilliseconds(7), JobAlarm.Until(9, null, 7));
        Assert.Equal(TimeSpan.FromMilliseconds(1), JobAlarm.Until(-5));
        Assert.Null(JobAlarm.Until(null, null));
    }

    [Fact]
    public void SavePace_DearProgress_IsStoredSeldom()
    {
        var pace = new SavePace();
        Assert.False(pace.IsDue(63, 100_000, isSilent: false));
        Assert.True(pace.IsDue(64, 100_000, isSilent: false));
        pace.Note(100_000, 100_500);
        foreach (var isSilent in (bool[])[false, true])
        {
            Assert.False(pace.IsDue(64, 110_499, isSilent));
            Assert.True(pace.IsDue(64, 110_500, isSilent));
        }

        // A silent job keeps reading the results of unsaved chunks.
        Assert.True(pace.IsDue(1, 110_500, isSilent: true));
        Assert.False(pace.IsDue(0, 110_500, isSilent: true));
    }

    private static void Apply(JobLife life, byte what, long now)
    {
        switch (what % 6)
        {
            case 0:
                life.Start(now);
                break;
            case 1:
                life.Close();
                break;
            case 2:
                life.Cancel(now);
                break;
            case 3:
                life.Fail("x");
                break;
            case 4 when life.Phase == JobPhase.Draining:
                life.Finish(now);
                break;
            case 5 when life.IsStopping:
                life.Stop(now);
                break;
        }
    }

    private static JobSpec Spec(string text) => JobSpecReader.ReadStored(Encoding.UTF8.GetBytes(text));
}
