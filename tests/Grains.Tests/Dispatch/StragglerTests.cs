using OrleansTasks.Jobs;
using OrleansTasks.Jobs.Spec;
using OrleansTasks.Nodes;
using OrleansTasks.Tasks;

namespace OrleansTasks.Grains.Tests.Dispatch;

/// <summary>A chunk that takes far longer than others gets a second run on another node, and ends once.</summary>
public sealed class StragglerTests
{
    private static readonly TaskId Job = new(7, 7);
    private readonly DispatchCore core = new(CoreRig.Key, 1, 0, new DispatchOptions { Lease = TimeSpan.FromMinutes(10) }, new SeededRandomness(1));
    private long now = 1_700_000_000_000;
    private readonly List<FleetNode> known = [];
    private long version;
    private long epoch;

    [Fact]
    public void SecondRun_ThatEndsFirst_EndsTheChunkAndDropsTheFirst()
    {
        var (first, second) = Straggle();
        var draft = Report(Ended(second));
        Assert.Equal([(1L, TaskState.Succeeded, "b")], Ends(draft));
        Assert.Contains(first, Kills(draft, "a"));
        Assert.Equal(new ChunkCounts(0, 0), core.Jobs.CountChunks(Job));
        Assert.Empty(Ends(Report(Ended(first))));
    }

    [Fact]
    public void FirstRun_ThatEndsFirst_EndsTheChunkAndDropsTheSecond()
    {
        var (first, second) = Straggle();
        var draft = Report(Ended(first));
        Assert.Equal([(1L, TaskState.Succeeded, "a")], Ends(draft));
        Assert.Contains(second, Kills(draft, "b"));
        Assert.Empty(Ends(Report(Ended(second))));
    }

    [Fact]
    public void SecondRun_ThatFails_ChangesNothing()
    {
        var (first, second) = Straggle();
        Assert.Empty(Ends(Report(Ended(second, code: 1))));
        Assert.Equal(new ChunkCounts(0, 1), core.Jobs.CountChunks(Job));
        Assert.Equal([(1L, TaskState.Succeeded, "a")], Ends(Report(Ended(first))));
    }

    [Fact]
    public void FirstRun_ThatFailsForGood_SecondGoesOnInItsPlace()
    {
        var (first, second) = Straggle();
        var draft = Report(Ended(first, code: 1));
        Assert.Empty(Ends(draft));
        Assert.Empty(Kills(draft, "b"));
        Assert.Equal(new ChunkCounts(0, 1), core.Jobs.CountChunks(Job));
        Assert.Equal([(1L, TaskState.Succeeded, "b")], Ends(Report(Ended(second))));
        Assert.Equal(new ChunkCounts(0, 0), core.Jobs.CountChunks(Job));
    }

    [Fact]
    public void SecondRun_ThatFailsInTheFirstOnesPlace_EndsTheChunk()
    {
        var (first, second) = Straggle();
        Report(Ended(first, code: 1));
        Assert.Equal([(1L, TaskState.Failed, "b")], Ends(Report(Ended(second, code: 1))));
    }

    [Fact]
    public void SecondRun_ThatTakesTooLongInTheFirstOnesPlace_GetsASecondRunItself()
    {
        var (first, second) = Straggle();
        Report(Ended(first, code: 1));
        Report([second]);
        now += 60_000;
        var third = Assert.Single(Starts(Round()));
        Assert.NotEqual(second.Task, third.Task);
        Assert.Equal([(1L, TaskState.Succeeded, "a")], Ends(Report(Ended(third))));
        Assert.Empty(Ends(Report(Ended(second))));
    }

    [Fact]
    public void Job_ThatStops_DropsBothRuns()
    {
        var (first, second) = Straggle();
        var draft = Round((core, draft) => core.AskJob(Request(stops: true), null, now, draft));
        Assert.Contains(first, Kills(draft, "a"));
        Assert.Contains(second, Kills(draft, "b"));
        Assert.Empty(Ends(Report(Ended(first), Ended(second))));
    }

    [Fact]
    public void Chunk_WithoutAnotherNodeOrBeforeAnyEnded_RunsOnce()
    {
        Node("a");
        var begun = Submit(1);
        Report(Starts(begun));
        Node("b");
        now += 60_000;
        Assert.Empty(Starts(Round()));
    }

    /// <summary>Chunk 1 goes on on node a, chunks 2 and 3 have ended on b; then chunk 1 begins on b, too.</summary>
    private (LeaseRef First, LeaseRef Second) Straggle()
    {
        Node("a");
        Node("b");
        var begun = Starts(Submit(3));
        Assert.Equal(2, begun.Length);
        Report(begun);
        now += 100;
        var third = Starts(Report(Ended(begun[1])));
        Report(third);
        now += 100;
        Assert.Empty(Starts(Report(Ended(Assert.Single(third)))));
        now += 1_000;
        Assert.Empty(Starts(Round()));
        now += 3_000;
        var draft = Round();
        var second = Assert.Single(draft.Commands.Single(static commands => commands.Node == "b").Start);
        Assert.True(draft.IsEmpty);
        Assert.Equal(1, second.Chunk!.Chunk.No);
        Assert.NotEqual(begun[0].Task, second.Lease.Task);
        now += 3_000;
        Assert.Empty(Starts(Round()));
        return (begun[0], second.Lease);
    }

    private CommitDraft Submit(int chunks)
    {
        var json = """{"source":{"range":{"from":0,"to":100}},"process":{"builtin":"identity"},"retry":{"maxAttempts":1}}"""u8.ToArray();
        var spec = JobSpecReader.ReadStored(json);
        var write = new JobWrite(JobState.Running, now, 0, 0, false, null, null, new JobSubmission("j", [], json), []);
        return Round((core, draft) => epoch = core.AskJob(
            new JobRequest(Job, 0, false, write, [.. Enumerable.Range(1, chunks).Select(static no => new ChunkPlan(no, no, 1, default))], false, null, 64),
            spec, now, draft).Epoch);
    }

    private JobRequest Request(bool stops) => new(Job, epoch, false, null, [], stops, null, 64);

    private void Node(string id)
    {
        known.Add(new FleetNode(id, 1, 1, [], Limits.None, true, false, EvaluatesChunks: true));
        Round((core, _) => core.Relations.FleetChanged(new FleetSnapshot(++version, [.. known], IsComplete: true), now));
        Round((core, _) => core.Relations.Offer(new SlotOffer(CoreRig.Key, core.Epoch, id, 1, ++version, 1)));
    }

    private CommitDraft Round(Action<DispatchCore, CommitDraft>? apply = null)
    {
        var draft = new CommitDraft();
        apply?.Invoke(core, draft);
        core.Tick(now, draft);
        core.Match(now, draft);
        return draft;
    }

    private CommitDraft Report(params AttemptResult[] results) =>
        Round((core, draft) => core.Reports.Take(new NodeReport("n", 1, [], [.. results], []), now, draft));

    private CommitDraft Report(LeaseRef[] started) =>
        Round((core, draft) => core.Reports.Take(new NodeReport("n", 1, [.. started], [], []), now, draft));

    private static AttemptResult Ended(LeaseRef lease, int code = 0) => new(lease, EndReason.Exit, code, null, 100, 100, 0, null);

    private static LeaseRef[] Starts(CommitDraft draft) =>
        [.. draft.Commands.SelectMany(static commands => commands.Start).Select(static start => start.Lease)];

    private static IEnumerable<LeaseRef> Kills(CommitDraft draft, string node) =>
        draft.Commands.Where(commands => commands.Node == node).SelectMany(static commands => commands.Kill);

    private static IEnumerable<(long No, TaskState State, string Node)> Ends(CommitDraft draft) =>
        draft.Chunks.Where(static chunk => chunk.Ended is not null)
            .Select(static chunk => (chunk.Ended!.No, chunk.Ended.State, chunk.Ended.Node));
}
