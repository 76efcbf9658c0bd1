using System.Text;
using OrleansTasks.Jobs;
using OrleansTasks.Jobs.Spec;
using OrleansTasks.Nodes;
using OrleansTasks.Tasks;

namespace OrleansTasks.Grains.Tests.Dispatch;

/// <summary>
/// Chunks of jobs in the dispatcher: leased as tasks are, written when they are there and when they have ended.
/// </summary>
public sealed class ChunkTests
{
    private static readonly TaskId Job = new(7, 7);
    private readonly CoreRig rig = new();
    private readonly List<EndedChunk> ended = [];
    private long epoch;

    [Fact]
    public void RoundRobin_HundredChunksOnThreeNodes_AreSpreadEvenly()
    {
        foreach (var node in (string[])["w1", "w2", "w3"])
            rig.Node(node);
        var running = new Queue<(string Node, LeaseRef Lease)>();
        var perNode = new SortedDictionary<string, int>();
        Open("\"strategy\":\"roundRobin\"");
        for (var no = 1; no <= 100; no++)
        {
            Note(Ask(chunks: [Plan(no)]));
            // Two are under way at a time, as with 200 ms of work and ten chunks a second.
            if (running.Count == 2)
                End(running.Dequeue());
            rig.Advance(100);
        }

        Assert.Equal([33, 33, 34], perNode.Values.Order());

        void Note(JobReply reply)
        {
            Assert.Equal(JobOutcome.Done, reply.Outcome);
            foreach (var (node, lease) in Started())
            {
                running.Enqueue((node, lease));
                perNode[node] = perNode.GetValueOrDefault(node) + 1;
            }
        }
    }

    [Fact]
    public void Resources_OfAJob_AreThoseOfEachChunk()
    {
        rig.Node("n", slots: 8, credit: 8, resources: "license=2");
        Open("\"resources\":{\"license\":1}", [Plan(1), Plan(2), Plan(3)]);
        Assert.Empty(Started());

        rig.Offer("n", 2, shape: "license=1");

        var started = Started();
        Assert.Equal([1, 2], started.Select(static start => No(start.Lease)));
        Assert.Equal("license=1", rig.Last.Commands.Single().Start[0].Resources!.ToString());
        // What one chunk had is the next one's, in the same commit.
        End(started[0]);
        Assert.Equal([3], Started().Select(static start => No(start.Lease)));
    }

    [Fact]
    public void RoundRobin_OneChunkAtATime_GoesAroundAllTheSame()
    {
        foreach (var node in (string[])["w1", "w2", "w3"])
            rig.Node(node, slots: 2);
        Open("\"strategy\":\"roundRobin\"");
        var nodes = new List<string>();
        for (var no = 1; no <= 6; no++)
        {
            Ask(chunks: [Plan(no)]);
            var start = Assert.Single(Started());
            nodes.Add(start.Node);
            End(start);
        }

        Assert.Equal(["w1", "w2", "w3", "w1", "w2", "w3"], nodes);
    }

    [Fact]
    public void RoundRobin_NodeThatMayBeSentMoreThanItsSlots_GetsNoMoreThanTheOthers()
    {
        rig.Node("w1", slots: 1, credit: 9);
        rig.Node("w2", slots: 1);
        Open("\"strategy\":\"roundRobin\"");
        Ask(chunks: [.. Enumerable.Range(1, 5).Select(no => Plan(no))]);
        var started = Started();
        Assert.Equal(["w1", "w2"], started.Select(static start => start.Node));
        End(started[0]);
        Assert.Equal("w1", Assert.Single(Started()).Node);
    }

    [Fact]
    public void RoundRobin_JobIsOpened_EveryNodeIsAskedForASlotBeforeThereAreChunks()
    {
        rig.Node("w1", credit: 0);
        rig.Node("w2", credit: 0);
        Open("\"strategy\":\"roundRobin\"");
        Assert.Equal(["w1", "w2"], rig.Core.TakeDemands(rig.Now).Select(static demand => demand.Node).Order());
    }

    [Theory]
    [InlineData("\"order\":\"any\"")]
    [InlineData("\"strategy\":\"roundRobin\"")]
    public void Chunks_NodeThatEvaluatesNone_GetsCommandsOnly(string job)
    {
        rig.Node("commands", slots: 4, chunks: false);
        rig.Node("able", slots: 1);
        Open(job);
        Ask(chunks: [Plan(1), Plan(2)]);
        var first = Assert.Single(Started());
        rig.Submit();
        var command = Assert.Single(Started());
        End(first);
        var second = Assert.Single(Started());

        Assert.Equal(("able", "commands", "able"), (first.Node, command.Node, second.Node));
    }

    [Fact]
    public void RoundRobin_NodeThatEvaluatesNone_IsNotAskedForASlot()
    {
        rig.Node("commands", credit: 0, chunks: false);
        rig.Node("able", credit: 0);
        Open("\"strategy\":\"roundRobin\"");
        Assert.Equal("able", Assert.Single(rig.Core.TakeDemands(rig.Now)).Node);
    }

    [Fact]
    public void Chunks_BeyondTheWindow_WaitTheirTurnInOrder()
    {
        rig.Node("n", slots: 10);
        Open();
        Ask(chunks: [.. Enumerable.Range(1, 5).Select(no => Plan(no))], window: 2);
        Assert.Equal(5, rig.Last.Chunks.Count);
        var started = Started();
        Assert.Equal([1, 2], started.Select(static start => No(start.Lease)));
        Assert.Equal(new ChunkCounts(3, 2), rig.Core.Jobs.CountChunks(Job));
        End(started[0]);
        Assert.Equal(3, No(Assert.Single(Started()).Lease));
    }

    [Fact]
    public void End_OfAChunk_IsInTheCommitThatChecksItsToken()
    {
        rig.Node("n");
        Open();
        Ask(chunks: [Plan(1)]);
        var start = Assert.Single(Started());
        End((start.Node, start.Lease with { Token = new LeaseToken(1, 1) }));
        Assert.Empty(ended);
        End(start);
        Assert.Equal((1, TaskState.Succeeded, 1, "n"), ended.Select(static chunk => (chunk.No, chunk.State, chunk.Attempt, chunk.Node)).Single());
        Assert.Same(ended[0], Assert.Single(rig.Last.Chunks).Ended);
        End(start);
        Assert.Single(ended);
    }

    [Fact]
    public void Refuse_ChunkFourTimes_NodeIsPassedOverForAMoment()
    {
        rig.Node("n", slots: 2);
        Open();
        Ask(chunks: [Plan(1)]);
        var first = Assert.Single(Started());
        RefuseUntilItRests();
        Assert.Empty(Started());
        Assert.InRange(rig.Core.NextTime, rig.Now + 25, rig.Now + 50);
        // What it could not use it does not ask for: another queue would be after the same slot.
        Assert.Empty(rig.Core.TakeDemands(rig.Now));
        Assert.Empty(rig.Round((core, _) => core.Relations.Offer(new SlotOffer(CoreRig.Key, core.Epoch, "n", 1, 9, 0))).Commands);
        Assert.Equal(0, rig.Core.Relations.Reclaim(new SlotOffer(CoreRig.Key, rig.Core.Epoch, "n", 1, 10, 0)).Wanted);
        rig.Round((core, _) => core.Relations.Offer(new SlotOffer(CoreRig.Key, core.Epoch, "n", 1, 11, 2)));
        rig.SetClock(-3_600_000);
        rig.Advance(24);
        Assert.Empty(Started());
        rig.Advance(26);
        Assert.Equal(("n", first.Lease.Attempt), (Assert.Single(Started()).Node, Started()[0].Lease.Attempt));
    }

    [Fact]
    public void Refuse_ChunkUntilTheNodeRests_WishIsForgottenMeanwhile_AsksForAProbeRightAfterIt()
    {
        rig.Node("n", slots: 2);
        Open();
        Ask(chunks: [.. Enumerable.Range(1, 6).Select(no => Plan(no))]);
        Assert.Equal(4, Assert.Single(rig.Core.TakeDemands(rig.Now)).Demand.Count);
        End(Started()[0]);
        RefuseUntilItRests();
        var answer = rig.Core.Relations.Reclaim(new SlotOffer(CoreRig.Key, rig.Core.Epoch, "n", 1, 10, 1));
        Assert.Equal((1, 0), (answer.Kept, answer.Wanted));
        rig.Round((core, _) => core.Relations.Offer(new SlotOffer(CoreRig.Key, core.Epoch, "n", 1, 11, 0)));
        rig.Advance(50);
        Assert.Equal(1, Assert.Single(rig.Core.TakeDemands(rig.Now)).Demand.Count);
    }

    private void RefuseUntilItRests()
    {
        for (var i = 0; i < 4; i++)
            Refuse(Started()[0], session: 1);
    }

    [Fact]
    public void Refuse_Chunk_GoesToAnotherNodeAtOnce()
    {
        rig.Node("n");
        Open();
        Ask(chunks: [Plan(1)]);
        var first = Assert.Single(Started());
        rig.Node("m");
        Refuse(first, session: 1);
        Assert.Equal("m", Assert.Single(Started()).Node);
    }

    [Fact]
    public void Refuse_OfAnEndedSession_NothingIsGivenToItAgain()
    {
        rig.Node("n", slots: 2);
        Open();
        Ask(chunks: [Plan(1)]);
        Refuse(Assert.Single(Started()), session: 2);
        Assert.Empty(Started());
        rig.Advance(1_000);
        Assert.Empty(Started());
        rig.Node("n", slots: 2, session: 2);
        Assert.Equal("n", Assert.Single(Started()).Node);
    }

    [Fact]
    public void Stop_WithChunksUnderWay_RefusesWhatTheyReportLater()
    {
        rig.Node("n", slots: 2);
        Open();
        Ask(chunks: [Plan(1), Plan(2), Plan(3)]);
        var started = Started();
        Ask(stops: true);
        Assert.Equal(started.Select(static start => start.Lease), rig.Last.Commands.SelectMany(static commands => commands.Kill));
        End(started[0]);
        Assert.Empty(ended);
        Assert.Equal((0, 0), (rig.Core.OpenCount, rig.Core.Status.Running));
        // The slots are free for others.
        Assert.Equal(TaskState.Assigned, rig.State(rig.Submit()));
    }

    [Fact]
    public void Ask_OfAnOlderOpening_IsFenced()
    {
        rig.Node("n");
        Open();
        var reply = Ask(opens: true);
        Assert.Equal(JobOutcome.Fenced, Ask(chunks: [Plan(1)]).Outcome);
        Assert.Equal(0, rig.Core.OpenCount);
        epoch = reply.Epoch;
        Assert.Equal(JobOutcome.Done, Ask(chunks: [Plan(1)]).Outcome);
    }

    [Fact]
    public void Ask_CreatesAJobThatIsKnown_SaysSoAndTakesNoChunkAgain()
    {
        Open(chunks: [Plan(1)]);

        var again = Open(chunks: [Plan(1), Plan(2)]);

        Assert.Equal(JobOutcome.Known, again.Outcome);
        Assert.Equal(new ChunkCounts(1, 0), rig.Core.Jobs.CountChunks(Job));
        Assert.Equal(JobOutcome.Done, Ask(chunks: [Plan(2)]).Outcome);
    }

    [Fact]
    public void Chunk_OfALostNode_RunsElsewhereAndEndsOnce()
    {
        rig.Node("a");
        Open();
        Ask(chunks: [Plan(1)]);
        var lost = Assert.Single(Started());
        rig.Node("a", session: 2, treesDead: true, offers: false);
        rig.Node("b");
        var again = Assert.Single(Started());
        Assert.Equal(("b", 2), (again.Node, again.Lease.Attempt));
        End(lost);
        Assert.Empty(ended);
        End(again);
        Assert.Equal(2, Assert.Single(ended).Attempt);
    }

    [Fact]
    public void LoadChunk_OfAPageThatTheGrainWasFasterThan_IsTakenOnce()
    {
        Open();
        Ask(chunks: [Plan(4), Plan(5)], window: 1);
        foreach (var no in (long[])[1, 2, 3, 4, 5])
            rig.Core.Jobs.LoadChunk(Job, Plan(no), rig.Now);
        Assert.Equal(new ChunkCounts(5, 0), rig.Core.Jobs.CountChunks(Job));
    }

    [Fact]
    public void LoadChunk_AfterTheJobHasStoppedItsChunks_IsPassedOver()
    {
        Open();
        Ask(stops: true);
        rig.Core.Jobs.LoadChunk(Job, Plan(1), rig.Now);
        Assert.Equal(new ChunkCounts(0, 0), rig.Core.Jobs.CountChunks(Job));
    }

    private static ChunkPlan Plan(long no) => new(no, no - 1, 1, default);

    [Fact]
    public void Ask_NothingIsToBeWritten_TheOwnerAloneMayAnswer()
    {
        Open();

        Assert.Equal(JobOutcome.Done, Ask().Outcome);

        Assert.True(rig.Last.NeedsOwner);
    }

    private static long No(LeaseRef lease) => (long)lease.Task.Low;

    private JobReply Open(string more = "\"order\":\"any\"", ImmutableArray<ChunkPlan> chunks = default)
    {
        var spec = JobSpecReader.ReadStored(Encoding.UTF8.GetBytes(
            $$"""{"source":{"range":{"from":0,"to":1000} },"process":{"builtin":"identity"},{{more}} }"""));
        var write = new JobWrite(JobState.Running, 0, 0, 0, false, null, null, new JobSubmission("j", [], default), []);
        JobReply? reply = null;
        rig.Round((core, draft) => reply = core.AskJob(
            new JobRequest(Job, 0, false, write, chunks.IsDefault ? [] : chunks, false, null, 64), spec, rig.Now, draft));
        epoch = reply!.Epoch;
        return reply;
    }

    private JobReply Ask(ImmutableArray<ChunkPlan> chunks = default, bool stops = false, bool opens = false, int window = 64)
    {
        JobReply? reply = null;
        rig.Round((core, draft) => reply = core.AskJob(
            new JobRequest(Job, epoch, opens, null, chunks.IsDefault ? [] : chunks, stops, null, window), null, rig.Now, draft));
        return reply!;
    }

    private (string Node, LeaseRef Lease)[] Started() =>
        [.. rig.Last.Commands.SelectMany(static commands => commands.Start.Select(start => (commands.Node, start.Lease)))];

    private void Refuse((string Node, LeaseRef Lease) start, long session) =>
        rig.Round((core, draft) => core.Reports.Take(new NodeReport(start.Node, session, [], [], [start.Lease]), rig.Now, draft));

    private void End((string Node, LeaseRef Lease) start)
    {
        var result = new AttemptResult(start.Lease, EndReason.Exit, 0, null, 1, 1, 0, null, new byte[] { 0 });
        rig.Round((core, draft) => core.Reports.Take(new NodeReport(start.Node, 1, [], [result], []), rig.Now, draft));
        ended.AddRange(rig.Last.Ended.SelectMany(static job => job.Chunks));
    }
}
