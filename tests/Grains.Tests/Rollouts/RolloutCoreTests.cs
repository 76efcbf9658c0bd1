using System.Globalization;
using OrleansTasks.Rollouts;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Grains.Tests.Rollouts;

/// <summary>One rollout against a queue that does what it is told.</summary>
public sealed class RolloutCoreTests
{
    private const int Second = 1_000;
    private readonly FakeQueue queue = new();
    private RolloutCore core = null!;
    private long now = 1_000_000;

    [Theory]
    [InlineData(10, "1,10%,100%", "1 1 10")]
    [InlineData(25, "1,10%,100%", "1 3 25")]
    [InlineData(3, "5,100%", "3 3")]
    [InlineData(1_000, "0.1%,33.3%,100%", "1 333 1000")]
    [InlineData(20, "5,10%,100%", "5 5 20")]
    public void Totals_CountsAndPercents_RoundedUpAndNeverFalling(int nodes, string waves, string totals) =>
        Assert.Equal(totals, string.Join(' ', PlanOf(waves).Totals(nodes)));

    // Each step is a wave: the nodes that start, and those of them that fail.
    [Theory]
    [InlineData("1,50%,100%", "0", "a | b | c d", RolloutState.Succeeded)]
    [InlineData("1,50%,100%", "0", "a!", RolloutState.Halted)]
    [InlineData("1,50%,100%", "1", "a! | b | c d", RolloutState.Succeeded)]
    [InlineData("1,50%,100%", "1", "a! | b!", RolloutState.Halted)]
    [InlineData("100%", "1", "a b! c! d", RolloutState.Failed)]
    [InlineData("100%", "50%", "a b! c! d", RolloutState.Succeeded)]
    [InlineData("1,100%", "24%", "a!", RolloutState.Halted)]
    [InlineData("1,100%", "25%", "a! | b c d", RolloutState.Succeeded)]
    public void Waves_ByThreshold_GoOnHaltOrEnd(string waves, string maxFailed, string steps, RolloutState end)
    {
        Begin("a b c d", waves, maxFailed);
        foreach (var step in steps.Split(" | "))
        {
            Assert.Equal(step.Replace("!", ""), Started());
            foreach (var node in step.Split(' '))
                End(node.TrimEnd('!'), node.EndsWith('!') ? TaskState.Failed : TaskState.Succeeded);
            Advance();
        }

        Assert.Equal("", Started());
        Assert.Equal(end, core.Row.State);
        Assert.Equal(long.MaxValue, core.Next);
    }

    [Fact]
    public void Wave_OneOfSeveralFailed_HaltsOnlyWhenAllHaveEnded()
    {
        Begin("a b c", "2,100%");
        queue.AtNodes.Add(queue.TaskOf("b"));
        End("a", TaskState.Failed);
        Advance();
        Assert.Equal((RolloutState.Running, 1), (core.Row.State, core.Open.Count));
        End("b");
        Advance();
        Assert.Equal(RolloutState.Halted, core.Row.State);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void TooManyFailed_TasksThatHaveNotStarted_AreTakenBackAndWaitForAResume(bool isAway)
    {
        Begin("a b c", "100%");
        queue.AtNodes.Add(queue.TaskOf("b"));
        End("a", TaskState.Failed);
        Advance();
        Assert.Equal((0, 1, 1), Counts());
        Assert.Equal((RolloutState.Running, 1, 0), (core.Row.State, core.Row.Pending, core.Nodes[2].Tries));
        Assert.Equal(TaskState.Cancelled, queue.Ended[queue.TaskOf("c")]);
        End("b");
        Advance();
        Assert.Equal((RolloutState.Halted, "a b c"), (core.Row.State, Started()));

        if (isAway)
            queue.Away.Add("c");
        core.Resume();
        Advance();

        // The command never ran on node c, so it has not failed.
        Assert.Equal(isAway ? "" : "c", Started());
        Assert.Equal(isAway ? (1, 0, 1) : (0, 1, 1), Counts());
    }

    [Fact]
    public void TooManyFailed_TaskThatWaitsForAnotherAttempt_GoesOn()
    {
        Begin("a b", "100%");
        queue.HaveRun.Add(queue.TaskOf("b"));
        End("a", TaskState.Failed);
        Advance();
        Assert.Equal((0, 1, 1), Counts());
    }

    [Fact]
    public void TooManyFailed_AmongThoseThatAreRetried_TakesTheOthersBack()
    {
        Begin("a b c", "2,100%", pause: 60 * Second);
        End("a", TaskState.Failed);
        End("b", TaskState.Failed);
        Advance();
        Assert.Equal(2, core.Retry());
        Advance();
        Assert.Equal("a b a b", Started());

        End("a", TaskState.Failed);
        Advance();

        Assert.Equal((0, 0, 1), Counts());
        Assert.Equal(RolloutState.Halted, core.Row.State);
        core.Resume();
        Advance(by: 120 * Second);
        Assert.Equal("b", Started());
        End("b");
        Advance();
        // The pause counts from the end of the node that was retried.
        Assert.Equal((now + (60 * Second), ""), (core.Next, Started()));
    }

    [Fact]
    public void Resume_AfterAHalt_ToleratesThoseThatFailedAndHaltsAtTheNext()
    {
        Begin("a b c", "1,2,100%");
        End("a", TaskState.Failed);
        Advance();
        core.Resume();
        Advance();
        Assert.Equal("a b", Started());
        End("b", TaskState.Failed);
        Advance();
        Assert.Equal(RolloutState.Halted, core.Row.State);
        core.Resume();
        Advance();
        End("c");
        Advance();
        // A resume does not raise maxFailed.
        Assert.Equal(RolloutState.Failed, core.Row.State);
    }

    [Fact]
    public void Retry_OfAHaltedOne_GivesOnlyTheFailedTheCommandOnceMore()
    {
        Begin("a b c", "2,100%");
        End("a", TaskState.Failed);
        End("b");
        Advance();
        Assert.Equal("a b", Started());
        Assert.Equal(1, core.Retry());
        Advance();
        Assert.Equal((RolloutState.Running, "a"), (core.Row.State, Started()));
        End("a");
        Advance();
        Assert.Equal("c", Started());
        End("c");
        Advance();
        Assert.Equal(RolloutState.Succeeded, core.Row.State);
        Assert.Equal(0, core.Retry());
    }

    [Fact]
    public void Retry_OfANodeThatIsAway_LeavesItFailed()
    {
        Begin("a b", "100%");
        End("a", TaskState.Failed);
        End("b");
        Advance();
        Assert.Equal("a b", Started());
        queue.Away.Add("a");
        Assert.Equal(1, core.Retry());
        Advance();
        Assert.Equal((RolloutState.Failed, 1, ""), (core.Row.State, Counts().Failed, Started()));
    }

    [Fact]
    public void Retry_OneNodeIsAway_StillReachesTheOthers()
    {
        Begin("a b", "100%");
        End("a", TaskState.Failed);
        End("b", TaskState.Failed);
        Advance();
        queue.Away.Add("a");
        Assert.Equal(2, core.Retry());
        Advance();
        core.FleetChanged();
        Advance();
        Assert.Equal("a b b", Started());
        Assert.Equal((0, 1, 1), Counts());
    }

    [Fact]
    public void Pause_BetweenWaves_CountsFromTheEndOfTheWave()
    {
        Begin("a b", "1,100%", pause: 60 * Second);
        now += 10 * Second;
        End("a");
        Advance();
        Assert.Equal(now + (60 * Second), core.Next);
        Advance(by: (60 * Second) - 1);
        Assert.Equal("a", Started());
        Advance(by: 1);
        Assert.Equal("b", Started());
    }

    [Fact]
    public void Pause_ClockWasAhead_LastsNoLonger()
    {
        Begin("a b", "1,100%", pause: 60 * Second);
        now += 3_600 * Second;
        End("a");
        Advance();
        now -= 3_600 * Second;
        core.ClockStepped(-3_600 * Second);
        Advance();
        Assert.Equal(now + (60 * Second), core.Next);

        now += 60 * Second;
        Advance();

        Assert.Equal("b", Started().Split(' ')[^1]);
    }

    [Fact]
    public void CatchUp_ClockWasAheadAtTheStart_LastsNoLonger()
    {
        queue.Away.Add("a");
        now += 3_600 * Second;
        Begin("a", "100%", catchUp: 60 * Second);
        now -= 3_600 * Second;
        core.ClockStepped(-3_600 * Second);
        Advance();
        Assert.Equal((RolloutState.Running, now + (60 * Second)), (core.Row.State, core.Next));

        now += 60 * Second;
        Advance();

        Assert.Equal(RolloutState.Succeeded, core.Row.State);
    }

    [Fact]
    public void Pause_ClockIsWrongForAWhile_LastsAsLongAsWithout()
    {
        Begin("a b", "1,100%", pause: 60 * Second);
        End("a");
        Advance();
        var due = core.Next;
        Step(-3_600 * Second);
        Advance(by: 10 * Second);
        Step(3_600 * Second);
        Advance();
        Assert.Equal((due, "a"), (core.Next, Started()));

        Advance(by: 50 * Second);

        Assert.Equal("b", Started());
    }

    [Fact]
    public void CatchUp_ClockIsWrongForAWhile_LastsAsLongAsWithout()
    {
        queue.Away.Add("a");
        Begin("a", "100%", catchUp: 60 * Second);
        Step(-3_600 * Second);
        Advance(by: 10 * Second);
        Step(3_600 * Second);
        Advance();
        Assert.Equal((RolloutState.Running, now + (50 * Second)), (core.Row.State, core.Next));

        Advance(by: 50 * Second);

        Assert.Equal(RolloutState.Succeeded, core.Row.State);
    }

    [Fact]
    public void Pause_WaveThatAddsNoNode_IsSkipped()
    {
        Begin("a b c", "1,10%,100%", pause: 60 * Second);
        End("a");
        Advance();
        Advance(by: 60 * Second);
        Assert.Equal("a b c", Started());
        Assert.Equal(2, core.Row.Wave);
    }

    [Fact]
    public void Away_AtItsTurn_IsNoFailureAndNotWaitedFor()
    {
        queue.Away.Add("b");
        Begin("a b c", "100%");
        Assert.Equal("a c", Started());
        End("a");
        End("c");
        Advance();
        Assert.Equal((RolloutState.Succeeded, 1), (core.Row.State, Counts().Away));
    }

    [Fact]
    public void FirstWave_FirstNodeIsAway_TakesOneThatIsThere()
    {
        queue.Away.Add("a");
        Begin("a b c", "1,100%");
        Assert.Equal("b", Started());
        Assert.Equal((0, 2), (Counts().Away, core.Row.Pending));
    }

    [Fact]
    public void CatchUp_NodeThatComesBackInTime_GetsTheCommand()
    {
        queue.Away.Add("a");
        Begin("a b", "100%", catchUp: 60 * Second);
        End("b");
        Advance();
        Assert.Equal((RolloutState.Running, now + (60 * Second)), (core.Row.State, core.Next));
        Advance(by: 59 * Second);
        queue.Away.Clear();
        core.FleetChanged();
        Advance();
        Assert.Equal("b a", Started());
        End("a");
        Advance();
        Assert.Equal(RolloutState.Succeeded, core.Row.State);
    }

    [Fact]
    public void CatchUp_NobodyIsThere_WavesWaitAndGoOnAsPlanned()
    {
        queue.Away.UnionWith(["a", "b", "c", "d"]);
        Begin("a b c d", "1,3,100%", catchUp: 60 * Second);
        Assert.Equal((RolloutState.Running, 0, now + (60 * Second)), (core.Row.State, core.Row.Wave, core.Next));
        Assert.Equal((0, 0, 0), Counts());

        queue.Away.Clear();
        core.FleetChanged();
        Advance(by: 10 * Second);
        Assert.Equal("a", Started());

        // Also a later wave waits, but not for all of its nodes.
        queue.Away.UnionWith(["b", "c", "d"]);
        End("a");
        core.FleetChanged();
        Advance();
        Assert.Equal((1, ""), (core.Row.Wave, Started()));
        queue.Away.Remove("c");
        core.FleetChanged();
        Advance();
        Assert.Equal((1, "c"), (core.Row.Wave, Started()));
        Assert.Equal((1, 1, 0), Counts());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(60)]
    public void CatchUp_NobodyIsThereUntilItIsOver_EndsWithoutThem(int seconds)
    {
        queue.Away.UnionWith(["a", "b"]);
        Begin("a b", "1,100%", catchUp: seconds * Second);
        Advance(by: seconds * Second);
        Assert.Equal((RolloutState.Succeeded, 2, ""), (core.Row.State, Counts().Away, Started()));
    }

    [Fact]
    public void Pause_NobodyIsThereForTheFirstWave_StartsNoLaterWave()
    {
        queue.Away.UnionWith(["a", "b", "c"]);
        Begin("a b c", "1,100%", pause: 60 * Second);
        queue.Away.Clear();
        core.FleetChanged();
        Advance(by: 60 * Second);

        Assert.Equal((RolloutState.Succeeded, 3, ""), (core.Row.State, Counts().Away, Started()));
    }

    [Fact]
    public void Pause_NobodyIsThereForALaterWave_StartsNoFurtherWave()
    {
        Begin("a b c d", "1,2,100%", pause: 60 * Second);
        End("a");
        Advance();
        queue.Away.UnionWith(["b", "c", "d"]);
        core.FleetChanged();
        Advance(by: 60 * Second);
        queue.Away.Clear();
        core.FleetChanged();
        Advance(by: 60 * Second);

        Assert.Equal((RolloutState.Succeeded, 3, "a"), (core.Row.State, Counts().Away, Started()));
    }

    [Fact]
    public void NobodyIsThere_MoreNodesThanTheBound_AllAreAwayAtOnce()
    {
        var nodes = string.Join(' ', Enumerable.Range(10, 10));
        queue.Away.UnionWith(nodes.Split(' '));
        Begin(nodes, "1,100%", most: 4);
        // A node that comes between two rounds finds no wave.
        queue.Away.Clear();
        core.FleetChanged();
        Advance();

        Assert.Equal((RolloutState.Succeeded, 10, ""), (core.Row.State, Counts().Away, Started()));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(60)]
    public void CatchUp_NodeThatComesBackTooLate_StaysAway(int seconds)
    {
        queue.Away.Add("a");
        Begin("a b", "100%", catchUp: seconds * Second);
        Advance(by: seconds * Second);
        queue.Away.Clear();
        core.FleetChanged();
        Advance();
        Assert.Equal("b", Started());
        End("b");
        Advance();
        Assert.Equal((RolloutState.Succeeded, 1), (core.Row.State, Counts().Away));
    }

    [Fact]
    public void CatchUp_TooManyFailed_GivesNobodyTheCommand()
    {
        queue.Away.Add("a");
        Begin("a b", "100%", catchUp: 60 * Second);
        End("b", TaskState.Failed);
        queue.Away.Clear();
        core.FleetChanged();
        Advance();
        Assert.Equal((RolloutState.Halted, "b"), (core.Row.State, Started()));
        // After the time to catch up, no node is left.
        Advance(by: 60 * Second);
        Assert.Equal(RolloutState.Failed, core.Row.State);
    }

    [Fact]
    public void CatchUp_FailsAfterTheWaveHasEnded_HaltsThen()
    {
        queue.Away.UnionWith(["a", "b"]);
        Begin("a b c d", "3,100%", pause: 3_600 * Second, catchUp: 3_600 * Second);
        Assert.Equal("c d", Started());
        End("c");
        End("d");
        Advance();
        queue.Away.Clear();
        core.FleetChanged();
        Advance(by: 60 * Second);
        Assert.Equal((RolloutState.Running, now - (60 * Second)), (core.Row.State, core.Row.WaveEndedAt));
        End(Started(), TaskState.Failed);
        Advance(by: Second);
        Assert.Equal((RolloutState.Halted, now), (core.Row.State, core.Row.WaveEndedAt));
        core.FleetChanged();
        Advance(by: Second);
        Assert.Equal(now - Second, core.Row.WaveEndedAt);
    }

    [Fact]
    public void Wave_HaltedPartWay_PausesAfterItsRest()
    {
        Begin("a b c d", "3,100%", pause: 60 * Second, most: 1);
        Assert.Equal("a", Started());
        End("a", TaskState.Failed);
        Advance();
        Assert.Equal(RolloutState.Halted, core.Row.State);
        core.Resume();
        Advance(by: 120 * Second);
        Assert.Equal((0, "b c"), (core.Row.WaveEndedAt, Started()));
        End("b");
        End("c");
        Advance();
        Assert.Equal("", Started());
        Advance(by: 60 * Second);
        Assert.Equal("d", Started());
    }

    [Fact]
    public void Open_NodeGoesAwayBeforeItStarts_IsTakenBackAfterAWhile()
    {
        Begin("a b", "100%", catchUp: 3_600 * Second);
        queue.AtNodes.Add(queue.TaskOf("b"));
        queue.Away.UnionWith(["a", "b"]);
        core.FleetChanged();
        Advance();
        Assert.Equal(now + RolloutCore.AwayAfter, core.Next);
        Advance(by: (int)RolloutCore.AwayAfter - 1);
        Assert.Equal((2, 0), (Counts().Open, Counts().Away));
        Advance(by: 1);
        // Node b holds its task, and may still end it.
        Assert.Equal((1, 1), (Counts().Open, Counts().Away));
        Assert.Equal(TaskState.Cancelled, queue.Ended[queue.TaskOf("a")]);

        queue.Away.Clear();
        core.FleetChanged();
        Advance();
        Assert.Equal("a b a", Started());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void FirstWave_ItsNodeGoesAwayBeforeItStarts_AnotherTakesItsPlace(bool isRestarted)
    {
        Begin("a b c", "1,100%", pause: 60 * Second, catchUp: 3_600 * Second);
        LoseBeforeTheStart("a");
        Assert.Equal((0, "a b"), (core.Row.Wave, Started()));
        Assert.Equal((0, 1, 0), Counts());
        Assert.Equal((2, 0), (core.Row.Pending, core.Nodes[0].Tries));
        if (isRestarted)
            Restart();

        // The first node is back, and waits for its turn like all others.
        queue.Away.Clear();
        core.FleetChanged();
        Advance();
        Assert.Equal("", Started());
        End("b");
        Advance();
        Advance(by: 60 * Second);
        Assert.Equal((1, "a c"), (core.Row.Wave, Started()));
    }

    [Fact]
    public void FirstWave_EachOfItsNodesGoesAwayBeforeItStarts_AllGetTheCommandInWaves()
    {
        Begin("a b c", "1,100%", catchUp: 3_600 * Second);
        LoseBeforeTheStart("a");
        LoseBeforeTheStart("b");
        LoseBeforeTheStart("c");
        Assert.Equal("a b c", Started());
        Assert.Equal((0, 0, 0), Counts());

        queue.Away.Clear();
        core.FleetChanged();
        Advance();

        Assert.Equal((0, "a"), (core.Row.Wave, Started()));
        End("a");
        Advance();
        Assert.Equal((1, "b c"), (core.Row.Wave, Started()));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Wave_AllThatStartInItGoAwayBeforeTheyRun_StartsNoLaterWave(bool isLater)
    {
        Begin("a b c d e", isLater ? "1,3,100%" : "2,100%", pause: 60 * Second);
        queue.Away.UnionWith(["c", "d", "e"]);
        if (isLater)
        {
            End("a");
            Advance();
            Advance(by: 60 * Second);
        }
        else
            LoseBeforeTheStart("a");

        Assert.Equal("a b", Started());
        LoseBeforeTheStart("b");
        queue.Away.Clear();
        core.FleetChanged();
        Advance(by: 60 * Second);

        Assert.Equal((RolloutState.Succeeded, ""), (core.Row.State, Started()));
        Assert.Equal(isLater ? 4 : 5, Counts().Away);
    }

    [Fact]
    public void Wave_OneOfSeveralNodesGoesAwayBeforeItStarts_TheOthersProveIt()
    {
        Begin("a b c d", "2,100%");
        queue.Away.UnionWith(["c", "d"]);
        LoseBeforeTheStart("a");
        Assert.Equal((1, 1, 0), Counts());
        Assert.Equal("a b", Started());
        queue.Away.Clear();
        core.FleetChanged();
        End("b");
        Advance();

        Assert.Equal((1, "c d"), (core.Row.Wave, Started()));
    }

    [Fact]
    public void Open_NodeGoesAwayWhileItRunsTheCommand_HasFailedAndDoesNotCatchUp()
    {
        Begin("a b c", "2,100%", catchUp: 3_600 * Second);
        End("b");
        queue.HaveRun.Add(queue.TaskOf("a"));
        queue.Away.Add("a");
        core.FleetChanged();
        Advance();
        Advance(by: (int)RolloutCore.AwayAfter);
        Assert.Equal(TaskState.Cancelled, queue.Ended[queue.TaskOf("a")]);
        Assert.Equal((0, 0, 1), Counts());
        Assert.Equal(RolloutState.Halted, core.Row.State);

        queue.Away.Clear();
        core.FleetChanged();
        Advance();
        Assert.Equal("a b", Started());
    }

    [Fact]
    public void Open_NodeIsBackInTime_KeepsItsTask()
    {
        Begin("a", "100%");
        queue.Away.Add("a");
        core.FleetChanged();
        Advance();
        Advance(by: (int)RolloutCore.AwayAfter - 1);
        queue.Away.Clear();
        Advance(by: 1);
        Assert.Equal((1, "a"), (Counts().Open, Started()));
        Assert.Empty(queue.Ended);
    }

    [Fact]
    public void Cancel_EndsOpenTasks_AndNodesThatNeverRanItAreNotFailed()
    {
        Begin("a b c", "2,100%");
        queue.AtNodes.Add(queue.TaskOf("b"));
        Assert.True(core.Cancel(now));
        Assert.False(core.Cancel(now));
        Advance();
        Assert.Equal((RolloutState.Running, 1), (core.Row.State, Counts().Open));
        End("b", TaskState.Cancelled);
        Advance();
        Assert.Equal((RolloutState.Cancelled, 2, 1), (core.Row.State, core.Row.Pending, Counts().Failed));
        Assert.Equal(0, core.Retry());
    }

    [Fact]
    public void Cancel_OfAHaltedOne_EndsAtOnce()
    {
        Begin("a b", "1,100%");
        End("a", TaskState.Failed);
        Advance();
        core.Cancel(now);
        Advance();
        Assert.Equal(RolloutState.Cancelled, core.Row.State);
    }

    [Fact]
    public void Advance_Bound_StopsThereAndIsDueAtOnce()
    {
        Begin(string.Join(' ', Enumerable.Range(10, 10)), "100%", most: 4);
        Assert.Equal((4, 0L), (core.Open.Count, core.Next));
        Advance();
        Assert.Equal(10, core.Open.Count);
    }

    /// <summary>
    /// In any order of events, no node gets the command twice without a retry or while it has it, a node that is away
    /// does not fail, no node starts before its wave or after too many failures, no wave begins unless a command has
    /// run in the one before, and a rollout that is left alone ends.
    /// </summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    public void AnyEvents_KeepTheRules(int seed)
    {
        var ends = new HashSet<RolloutState>();
        for (var run = 0; run < 200; run++)
            ends.Add(new RandomRollout(new Random((seed * 1_000) + run)).Run());
        Assert.Equal([RolloutState.Succeeded, RolloutState.Failed, RolloutState.Cancelled], ends.Order());
    }

    internal static RolloutPlan PlanOf(string waves, string maxFailed = "0", long pause = 0, long catchUp = 0) =>
        new([.. waves.Split(',').Select(ShareOf)], ShareOf(maxFailed), pause, catchUp);

    private static RolloutShare ShareOf(string text) =>
        RolloutShare.TryParse(text, out var share)
            ? share
            : new RolloutShare(int.Parse(text, CultureInfo.InvariantCulture), IsPercent: false);

    private static RolloutCore New(string[] nodes, RolloutPlan plan, long now) => new(
        new RolloutRow(1, new TaskId(1, 1), "", nodes.Length, now, false), plan,
        nodes.Select(static (node, place) => new RolloutNodeRow(1, place, node)));

    private void Begin(
        string nodes, string waves, string maxFailed = "0", long pause = 0, long catchUp = 0, int most = 1_000)
    {
        core = New(nodes.Split(' '), PlanOf(waves, maxFailed, pause, catchUp), now);
        queue.Core = core;
        Advance(most: most);
    }

    private void Advance(int by = 0, int most = 1_000)
    {
        now += by;
        core.Advance(now, ref most, queue);
    }

    private void Step(int by)
    {
        now += by;
        core.ClockStepped(by);
    }

    // A node goes away, and its task, which it has not started, is taken back.
    private void LoseBeforeTheStart(string node)
    {
        queue.Away.Add(node);
        core.FleetChanged();
        Advance();
        Advance(by: (int)RolloutCore.AwayAfter);
        Assert.Equal(TaskState.Cancelled, queue.Ended[queue.TaskOf(node)]);
    }

    // The next owner reads what was stored.
    private void Restart()
    {
        core.Flush(new RolloutDraft([]));
        core = queue.Core = new RolloutCore(core.Row, core.Plan, core.Nodes);
        Advance();
    }

    private void End(string node, TaskState state = TaskState.Succeeded) => queue.End(queue.TaskOf(node), state);

    // The nodes that were given the command since the last call.
    private string Started()
    {
        var started = string.Join(' ', queue.Started);
        queue.Started.Clear();
        return started;
    }

    private (int Away, int Open, int Failed) Counts()
    {
        core.Flush(new RolloutDraft([]));
        return (core.Row.Away, core.Row.Open, core.Row.Failed);
    }

    private sealed class FakeQueue : IRolloutQueue
    {
        private readonly Dictionary<TaskId, string> nodes = [];
        private ulong last;

        public RolloutCore Core { get; set; } = null!;

        public HashSet<string> Away { get; } = [];

        /// <summary>The tasks that nodes hold.</summary>
        public HashSet<TaskId> AtNodes { get; } = [];

        /// <summary>Tasks that nodes had, and that wait again.</summary>
        public HashSet<TaskId> HaveRun { get; } = [];

        public List<string> Started { get; } = [];

        public Dictionary<TaskId, TaskState> Ended { get; } = [];

        public Dictionary<string, int> Given { get; } = [];

        public TaskId TaskOf(string node) => nodes.Last(entry => entry.Value == node).Key;

        public void End(TaskId task, TaskState state)
        {
            Ended.Add(task, state);
            AtNodes.Remove(task);
            Core.Ended(task, state);
        }

        public bool Accepts(string node) => !Away.Contains(node);

        public bool IsWaiting(TaskId task) => !AtNodes.Contains(task) && !Ended.ContainsKey(task);

        public bool IsUnstarted(TaskId task) => IsWaiting(task) && !HaveRun.Contains(task);

        public TaskId Start(string node)
        {
            Assert.True(Accepts(node), $"{node} was given the command while away.");
            Assert.True(
                nodes.All(given => given.Value != node || Ended.ContainsKey(given.Key)),
                $"{node} was given the command while it had it.");
            var task = new TaskId(2, ++last);
            nodes.Add(task, node);
            Started.Add(node);
            Given[node] = Given.GetValueOrDefault(node) + 1;
            return task;
        }

        public bool Cancel(TaskId task)
        {
            if (!IsWaiting(task))
                return false;
            End(task, TaskState.Cancelled);
            return !HaveRun.Contains(task);
        }
    }

    private sealed class RandomRollout(Random random)
    {
        private readonly FakeQueue queue = new();
        private long now = 1_000;
        private int retried;
        private int takenBack;

        // The latest wave, and how many nodes had run the command when it began.
        private int wave;
        private int ranBefore;

        public RolloutState Run()
        {
            string[] nodes = [.. Enumerable.Range(10, random.Next(1, 12)).Select(static no => $"n{no}")];
            var plan = new RolloutPlan(
                [
                    new RolloutShare(random.Next(1, 4), false), new RolloutShare(random.Next(10, 90), true),
                    RolloutShare.All,
                ],
                new RolloutShare(random.Next(0, 3), false), random.Next(3) * 1_000, random.Next(3) * 20_000);
            foreach (var node in nodes.Where(_ => random.Next(4) == 0))
                queue.Away.Add(node);
            var core = queue.Core = New(nodes, plan, now);
            for (var step = 0; step < 80 && !core.Row.State.IsFinal(); step++)
            {
                Step(core, nodes);
                Advance(core, plan);
                // The next owner reads what was stored.
                if (random.Next(10) == 0)
                    core = queue.Core = new RolloutCore(Flushed(core), plan, core.Nodes);
            }

            while (!core.Row.State.IsFinal())
            {
                foreach (var task in core.Open.ToArray())
                    queue.End(task, TaskState.Succeeded);
                if (core.Row.State == RolloutState.Halted)
                    core.Resume();
                Advance(core, plan);
                if (core.Next != long.MaxValue)
                    now = Math.Max(now, core.Next);
                else
                {
                    Assert.True(
                        core.Open.Count > 0 || core.Row.State != RolloutState.Running, "A rollout sleeps forever.");
                }
            }

            return core.Row.State;
        }

        private void Step(RolloutCore core, string[] nodes)
        {
            var node = nodes[random.Next(nodes.Length)];
            var task = core.Open.Count > 0 ? core.Open.ElementAt(random.Next(core.Open.Count)) : default;
            switch (random.Next(12))
            {
                case < 3 when task != default:
                    queue.AtNodes.Add(task);
                    break;
                case < 6 when task != default:
                    queue.End(task, random.Next(5) == 0 ? TaskState.Failed : TaskState.Succeeded);
                    break;
                case 6:
                    queue.Away.Add(node);
                    core.FleetChanged();
                    break;
                case 7:
                    queue.Away.Remove(node);
                    core.FleetChanged();
                    break;
                case 8 when random.Next(3) == 0:
                    retried += core.Retry();
                    break;
                case 9:
                    core.Resume();
                    break;
                case 10 when random.Next(20) == 0:
                    core.Cancel(now);
                    break;
                default:
                    now += random.Next(10_000);
                    break;
            }
        }

        private void Advance(RolloutCore core, RolloutPlan plan)
        {
            var before = queue.Ended.Count;
            var most = random.Next(1, 5);
            var (stored, given) = (Flushed(core), queue.Given.Values.Sum());
            core.Advance(now, ref most, queue);
            // Tasks that ended in the call were taken back or cancelled, so their nodes may get another.
            takenBack += queue.Ended.Count - before;
            var row = Flushed(core);
            Assert.True(
                stored.Failed - stored.Tolerated <= plan.MaxFailed.RoundedDown(row.Count)
                || queue.Given.Values.Sum() == given,
                "A node was given the command after too many had failed.");
            Assert.True(
                row.Failed <= stored.Failed || row.CancelRequestedAt != 0 || retried > 0,
                "A node failed that was away.");
            Assert.True(
                queue.Given.Values.Sum(static given => given - 1) <= retried + takenBack,
                "A node was given the command twice.");
            Assert.True(
                core.Nodes.Count(static node => node.Tries > 0) <= plan.Totals(row.Count)[row.Wave],
                "A node was given the command before its wave.");
            if (row.Wave > wave)
            {
                var ran = core.Nodes.Count(
                    static node => node is { Tries: > 0 } and not { State: RolloutNodeState.Open });
                Assert.True(ran > ranBefore, "A wave began, and no command has run in the one before.");
                (wave, ranBefore) = (row.Wave, ran);
            }

            Assert.True(row.State != RolloutState.Halted || row.Open == 0, "A rollout halted while nodes were open.");
            Assert.True(
                retried > 0 || most <= 0 || row.Failed - row.Tolerated <= plan.MaxFailed.RoundedDown(row.Count)
                || !core.Open.Any(queue.IsUnstarted),
                "A task may still start after too many nodes have failed.");
        }

        private static RolloutRow Flushed(RolloutCore core)
        {
            core.Flush(new RolloutDraft([]));
            return core.Row;
        }
    }
}
