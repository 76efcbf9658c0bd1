using OrleansTasks.Nodes;
using OrleansTasks.Tasks;

namespace OrleansTasks.Grains.Tests.Dispatch;

/// <summary>Renewal, lost commands, lapsed leases.</summary>
public sealed class LeaseTests
{
    private readonly CoreRig rig = new();

    [Fact]
    public void Renew_ByEqualDigest_ExtendsTheTermWithoutWriting()
    {
        rig.Node("n");
        var id = rig.Submit();
        rig.Start(id);
        for (var i = 0; i < 10; i++)
        {
            rig.Advance(rig.Lease - 1);
            Assert.Equal(RenewOutcome.Renewed, rig.RenewByDigest("n", 1, id).Outcome);
            Assert.True(rig.Last.IsEmpty);
        }

        Assert.Equal(TaskState.Running, rig.State(id));
    }

    [Theory]
    [InlineData(3_600_000)]
    [InlineData(-3_600_000)]
    public void Lapse_WallClockIsSet_ComesWhenItWouldHaveCome(long by)
    {
        rig.Node("n");
        var id = rig.Submit();
        rig.Start(id);
        rig.Advance(rig.Lease / 2);
        rig.SetClock(by);
        rig.Offer("n", 0);
        rig.Advance((rig.Lease / 2) - 1);
        Assert.Equal(TaskState.Running, rig.State(id));
        Assert.True(rig.Core.NextTime <= rig.Now + 1);
        rig.Advance(1);
        Assert.Equal(TaskState.Queued, rig.State(id));
    }

    [Fact]
    public void Backoff_WallClockIsSetBack_IsNoLongerThanItsBound()
    {
        rig.Node("n");
        var id = rig.Submit(retry: new RetryPolicy(2, 1_000, 5_000, true));
        rig.Start(id);
        rig.End(rig.LeaseOf(id), EndReason.Exit, 1);
        Assert.Equal(TaskState.Scheduled, rig.State(id));
        rig.Offer("n", 0);
        rig.SetClock(-3_600_000);
        rig.Advance(5_000);
        Assert.Equal(TaskState.Queued, rig.State(id));
    }

    [Fact]
    public void Renew_ByOtherDigestAfterAList_RenewsAndAsksForTheList()
    {
        rig.Node("n", slots: 2);
        var id = rig.Submit();
        rig.Start(id);
        Assert.Equal(RenewOutcome.Renewed, rig.RenewByList("n", 1, rig.LeaseOf(id)).Outcome);
        rig.Advance(rig.Lease - 1);
        var reply = rig.Renew(new NodeLeases("n", 1, 2, 12_345, null));
        Assert.Equal((RenewOutcome.Renewed, true), (reply.Outcome, reply.NeedsList));
        rig.Advance(rig.Lease - 1);
        Assert.Equal(TaskState.Running, rig.State(id));
        rig.Offer("n", 0);
        rig.Advance(1);
        Assert.Equal(TaskState.Queued, rig.State(id));
    }

    [Fact]
    public void Renew_ByOtherDigestBeforeAnyList_AsksForTheListAndExtendsNothing()
    {
        rig.Node("n", slots: 2);
        var id = rig.Submit();
        rig.Start(id);
        rig.Advance(rig.Lease - 1);
        Assert.Equal(RenewOutcome.ListNeeded, rig.Renew(new NodeLeases("n", 1, 2, 12_345, null)).Outcome);
        rig.Offer("n", 0);
        rig.Advance(1);
        Assert.Equal(TaskState.Queued, rig.State(id));
    }

    [Fact]
    public void Lapse_SilentNode_RequeuesElsewhereAndEndsTheSession()
    {
        rig.Node("n", slots: 2);
        var id = rig.Submit();
        rig.Start(id);
        var lost = rig.LeaseOf(id);
        rig.Node("m", credit: 0);
        rig.Advance(rig.Lease);
        Assert.Equal((TaskState.Queued, 1, 1), (rig.State(id), rig[id].Row.Attempt, rig[id].Row.NodeLosses));
        Assert.Equal(RenewOutcome.SessionOver, rig.RenewByList("n", 1, lost).Outcome);
        rig.Offer("m", 1);
        Assert.Equal("m", rig[id].Row.Node);
        rig.End(lost, EndReason.Exit, 0);
        Assert.Equal(TaskState.Assigned, rig.State(id));
    }

    [Fact]
    public void Lapse_AnotherNodesLeaseOfAnEqualSession_LeavesAHealthyNodesSession()
    {
        rig.Node("silent");
        var first = rig.Submit();
        rig.Node("healthy");
        var second = rig.Submit();
        rig.Restart();
        rig.Advance(rig.Lease / 2);
        rig.RenewByList("healthy", 1, rig.LeaseOf(second));

        rig.Advance(rig.Lease / 2);

        Assert.Equal((TaskState.Queued, TaskState.Assigned), (rig.State(first), rig.State(second)));
        Assert.Equal(RenewOutcome.Renewed, rig.RenewByDigest("healthy", 1, second).Outcome);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3_600_000)]
    public void Lapse_PreviousOwnerMayHaveConfirmedTheLease_ComesLaterWhateverIsRenewed(long step)
    {
        var rig = new CoreRig(new DispatchOptions { ProofTerm = TimeSpan.FromSeconds(5) });
        rig.Node("n");
        var id = rig.Submit();
        rig.Start(id);
        rig.Restart();
        Assert.Equal(RenewOutcome.Renewed, rig.RenewByList("n", 1, rig.LeaseOf(id)).Outcome);
        rig.SetClock(step);

        rig.Advance(rig.Lease + 4_999);
        Assert.Equal(TaskState.Running, rig.State(id));
        rig.Advance(1);
        Assert.Equal(TaskState.Queued, rig.State(id));
    }

    [Fact]
    public void Lapse_GrantedWhileThePreviousOwnerMayConfirm_ComesAfterBothTerms()
    {
        var rig = new CoreRig(new DispatchOptions { ProofTerm = TimeSpan.FromSeconds(5) });
        rig.Restart();
        rig.Advance(1_000);
        rig.Node("n");
        var granted = rig.Submit();
        rig.Start(granted);

        rig.Advance(rig.Lease + 3_999);
        Assert.Equal(TaskState.Running, rig.State(granted));
        rig.Advance(1);
        Assert.Equal(TaskState.Queued, rig.State(granted));
    }

    [Fact]
    public void Lapse_GrantedOnceNoPreviousOwnerCanConfirm_ComesAtItsOwnTime()
    {
        var rig = new CoreRig(new DispatchOptions { ProofTerm = TimeSpan.FromSeconds(5) });
        rig.Restart();
        rig.Advance(rig.Lease + 5_000);
        rig.Node("n");
        var granted = rig.Submit();
        rig.Start(granted);

        rig.Advance(rig.Lease - 1);
        Assert.Equal(TaskState.Running, rig.State(granted));
        rig.Advance(1);
        Assert.Equal(TaskState.Queued, rig.State(granted));
    }

    [Fact]
    public void Lapse_SessionIsOver_NodeGetsNothingUntilItRegistersAnew()
    {
        rig.Node("n", slots: 2);
        var id = rig.Submit();
        rig.Advance(rig.Lease);
        Assert.Equal(TaskState.Queued, rig.State(id));
        rig.Offer("n", 2);
        Assert.Equal(TaskState.Queued, rig.State(id));
        Assert.Single(rig.Core.TakeDemands(rig.Now));
        rig.Node("n", slots: 2, session: 2);
        Assert.Equal(TaskState.Assigned, rig.State(id));
    }

    [Fact]
    public void Lapse_LoadedLeaseOfTheCurrentSession_EndsTheSessionThough()
    {
        rig.Node("n", slots: 2);
        var first = rig.Submit();
        rig.Restart();
        rig.Node("n", slots: 2);
        rig.Advance(rig.Lease);
        Assert.Equal(TaskState.Queued, rig.State(first));
        Assert.Equal(RenewOutcome.SessionOver, rig.RenewByDigest("n", 1).Outcome);
    }

    [Fact]
    public void Renew_CommandWasLost_IsSentAgainUnderTheSameTokenToTheSameNode()
    {
        rig.Node("n");
        rig.Node("m");
        var id = rig.Submit();
        var lease = rig.LeaseOf(id);
        var node = rig[id].Row.Node!;
        rig.Advance(rig.Heartbeat - 1);
        rig.RenewByList(node, 1);
        Assert.Empty(rig.Started);
        rig.Advance(1);
        rig.RenewByList(node, 1);
        var commands = Assert.Single(rig.Last.Commands);
        Assert.Equal((node, lease), (commands.Node, Assert.Single(commands.Start).Lease));
        Assert.True(rig.Last.IsEmpty);
        rig.Exit(id);
        Assert.Equal((TaskState.Succeeded, 1), (rig.State(id), rig[id].Row.Attempt));
    }

    [Fact]
    public void Renew_CommandNeverArrives_IsKilledAndPutBackUncounted()
    {
        rig.Node("n");
        var id = rig.Submit(retry: new RetryPolicy(1, 1, 1, OnNodeLost: false));
        var lease = rig.LeaseOf(id);
        for (var i = 0; i < 3; i++)
        {
            rig.Advance(rig.Heartbeat);
            Assert.Empty(rig.RenewByList("n", 1).Kill);
            Assert.Equal([id], rig.Started);
        }

        rig.Advance(rig.Heartbeat);
        Assert.Equal([lease], rig.RenewByList("n", 1).Kill);
        Assert.Empty(rig.Started);
        rig.Advance(rig.Heartbeat);
        Assert.Equal([lease], rig.RenewByList("n", 1).Kill);
        rig.Refuse(id);
        Assert.Equal((TaskState.Assigned, 1, 0), (rig.State(id), rig[id].Row.Attempt, rig[id].Row.Failures));
        Assert.NotEqual(lease.Token, rig[id].Row.Token);
    }

    [Fact]
    public void Start_Command_SaysFromWhichHeartbeatItsLeaseCounts()
    {
        rig.Node("n", slots: 3, offers: false);
        var first = rig.Submit();
        rig.Round((core, _) => core.Relations.Offer(new SlotOffer(CoreRig.Key, core.Epoch, "n", 1, 1, 2, AsOf: 100)));
        Assert.Equal(100, AsOf());
        // The term that runs does not count from a heartbeat of which nothing but an offer has come.
        rig.Round((core, _) => core.Relations.Offer(new SlotOffer(CoreRig.Key, core.Epoch, "n", 1, 2, 3, AsOf: 200)));
        var second = rig.Submit();
        Assert.Equal(100, AsOf());
        rig.Renew(new NodeLeases("n", 1, 1, 12_345, null, SentAt: 300));
        rig.Submit();
        Assert.Equal(100, AsOf());
        rig.Advance(rig.Heartbeat);
        rig.Renew(new NodeLeases("n", 1, 1, 0, [rig.LeaseOf(first)], SentAt: 400));
        Assert.All(rig.Last.Commands.SelectMany(static commands => commands.Start), static start => Assert.Equal(400, start.AsOf));
        Assert.Contains(second, rig.Started);

        long AsOf() => Assert.Single(Assert.Single(rig.Last.Commands).Start).AsOf;
    }

    [Fact]
    public void Start_InALaterSession_SaysNothingOfAnEarlierHeartbeat()
    {
        rig.Node("n");
        rig.Renew(new NodeLeases("n", 1, 0, 0, null, SentAt: 300));
        rig.Node("n", session: 2);
        rig.Submit();
        Assert.Equal(0, Assert.Single(Assert.Single(rig.Last.Commands).Start).AsOf);
    }

    [Fact]
    public void Renew_ListHasUnknownTokens_TellsTheNodeToKillThem()
    {
        rig.Node("n");
        var id = rig.Submit();
        var stray = rig.LeaseOf(id) with { Token = new LeaseToken(7, 8) };
        Assert.Equal([stray], rig.RenewByList("n", 1, rig.LeaseOf(id), stray).Kill);
        Assert.False(rig.Last.IsEmpty, "Only the queue's owner may have an attempt killed: the commit's fence must tell.");
        rig.RenewByList("n", 1, rig.LeaseOf(id));
        Assert.True(rig.Last.IsEmpty);
    }

    [Fact]
    public void Renew_RunningAttemptIsMissingTwice_IsLost()
    {
        rig.Node("n");
        var id = rig.Submit();
        rig.Start(id);
        rig.Offer("n", 0);
        rig.Advance(rig.Heartbeat);
        rig.RenewByList("n", 1);
        Assert.Equal(TaskState.Running, rig.State(id));
        rig.Advance(2 * rig.Heartbeat);
        rig.RenewByList("n", 1);
        Assert.Equal((TaskState.Queued, 1), (rig.State(id), rig[id].Row.NodeLosses));
    }

    [Fact]
    public void Renew_RunningAttemptIsBackInTheDigest_IsNotMissingAnyMore()
    {
        rig.Node("n");
        var id = rig.Submit();
        rig.Start(id);
        rig.Advance(rig.Heartbeat);
        rig.RenewByList("n", 1);
        rig.Advance(rig.Heartbeat);
        rig.RenewByDigest("n", 1, id);
        rig.Advance(rig.Heartbeat);
        rig.RenewByList("n", 1);
        Assert.Equal(TaskState.Running, rig.State(id));
    }

    [Fact]
    public void Renew_SeveralFindingsInOneList_KeepTheOrderOfNodesIntact()
    {
        rig.Node("n", slots: 4);
        rig.Node("m", slots: 4, credit: 0);
        TaskId[] ids = [rig.Submit(), rig.Submit(), rig.Submit()];
        rig.Start(ids[0], ids[1]);
        rig.Advance(rig.Heartbeat);
        rig.RenewByList("n", 1, rig.LeaseOf(ids[2]));
        rig.Advance(2 * rig.Heartbeat);
        rig.Restart();
        rig.Node("n", slots: 4);
        rig.Advance(rig.Heartbeat);
        rig.RenewByList("n", 1, rig.LeaseOf(ids[2]));
        rig.Advance(2 * rig.Heartbeat);
        rig.RenewByList("n", 1, rig.LeaseOf(ids[2]));
        rig.Offer("n", 0);
        rig.Offer("m", 4);
        var id = rig.Submit();
        Assert.Equal("m", rig[id].Row.Node);
    }

    [Fact]
    public void Renew_OlderSession_IsOver()
    {
        rig.Node("n", session: 2);
        Assert.Equal(RenewOutcome.SessionOver, rig.RenewByDigest("n", 1).Outcome);
    }

    [Fact]
    public void Lapse_ThousandsOfNodes_AllAreFound()
    {
        rig.Nodes(4_200);
        TaskId[] ids = rig.SubmitMany(4_096);
        rig.Report(results: [.. ids.Select(id => CoreRig.Result(rig.LeaseOf(id), EndReason.Exit, 0))]);
        TaskId[] more = rig.SubmitMany(4_200);
        rig.Advance((2 * rig.Lease) + 1);
        Assert.All(more, id => Assert.True(rig[id].Row.NodeLosses > 0, "Its lease never lapsed."));
    }
}
