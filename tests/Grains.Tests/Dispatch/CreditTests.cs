using OrleansTasks.Nodes;
using OrleansTasks.Tasks;

namespace OrleansTasks.Grains.Tests.Dispatch;

/// <summary>Offers, reclaims and wishes.</summary>
public sealed class CreditTests
{
    private readonly CoreRig rig = new();

    [Fact]
    public void Offer_OlderVersionComesLater_IsIgnored()
    {
        rig.Node("n", slots: 4, credit: 0);
        Offer(version: 12, limit: 1);
        Offer(version: 11, limit: 4);
        Submit(4);
        Assert.Equal(1, rig.Core.Status.Running);
        Offer(version: 12, limit: 4);
        Assert.Equal(1, rig.Core.Status.Running);
        Offer(version: 13, limit: 2);
        Assert.Equal(2, rig.Core.Status.Running);
    }

    [Fact]
    public void Offer_OtherEpochOrOlderSession_IsIgnored()
    {
        rig.Node("n", slots: 4, credit: 0, session: 2);
        Submit(4);
        Offer(version: 99, limit: 4, epoch: 7, session: 2);
        Offer(version: 99, limit: 4, session: 1);
        Assert.Equal(0, rig.Core.Status.Running);
    }

    [Fact]
    public void Offer_NewSession_VoidsTheOldLimit()
    {
        rig.Node("n", slots: 4);
        rig.Node("n", slots: 4, credit: 0, session: 2);
        Submit(4);
        Assert.Equal(0, rig.Core.Status.Running);
    }

    [Fact]
    public void Reclaim_UnusedCredit_BindsAtOnce()
    {
        rig.Node("n", slots: 4);
        Submit(1);
        var answer = Reclaim(version: 50, limit: 0);
        Assert.Equal(1, answer.Kept);
        Submit(4);
        Assert.Equal(1, rig.Core.Status.Running);
    }

    [Fact]
    public void Reclaim_OvertakenByANewerOffer_GivesNothingBack()
    {
        rig.Node("n", slots: 4, credit: 0);
        Offer(version: 51, limit: 4);
        Assert.Equal(4, Reclaim(version: 50, limit: 0).Kept);
        Submit(4);
        Assert.Equal(4, rig.Core.Status.Running);
    }

    [Fact]
    public void Reclaim_OfAnOlderEpoch_AnswersWithTheNewOne()
    {
        rig.Node("n", slots: 4);
        Submit(2);
        rig.Restart();
        var answer = Reclaim(version: 50, limit: 0, epoch: 1);
        Assert.Equal((2, 2), (answer.Epoch, answer.Kept));
    }

    [Fact]
    public void Reclaim_BelowWhatIsHeld_ShrinksAsAttemptsEnd()
    {
        rig.Node("n", slots: 2);
        TaskId[] ids = Submit(4);
        Assert.Equal(2, Reclaim(version: 50, limit: 1).Kept);
        rig.Exit(ids[0]);
        Assert.Equal(1, rig.Core.Status.Running);
        rig.Exit(ids[1]);
        Assert.Equal(1, rig.Core.Status.Running);
        Assert.Equal(TaskState.Assigned, rig.State(ids[2]));
    }

    [Fact]
    public void Demands_NoCredit_AskForWhatIsReadyOnceUntilTheWishIsOld()
    {
        rig.Node("n", slots: 4, credit: 0);
        Submit(2);
        var (node, demand) = Assert.Single(rig.Core.TakeDemands(rig.Now));
        Assert.Equal(("n", 2, 0, 1), (node, demand.Count, demand.Held, demand.Session));
        Assert.Empty(rig.Core.TakeDemands(rig.Now));
        Assert.Equal(rig.Now + 5_000, rig.Core.NextTime);
        Submit(1);
        Assert.Equal(3, Assert.Single(rig.Core.TakeDemands(rig.Now)).Demand.Count);
        rig.Advance(5_000);
        Assert.Equal(3, Assert.Single(rig.Core.TakeDemands(rig.Now)).Demand.Count);
    }

    [Fact]
    public void Demands_WishWasAnsweredAndUsedUp_AsksAgainAtOnce()
    {
        rig.Node("n", slots: 4, credit: 0);
        Submit(1);
        rig.Core.TakeDemands(rig.Now);
        Offer(version: 50, limit: 1);
        Submit(1);
        Assert.Equal((1, 1), (Assert.Single(rig.Core.TakeDemands(rig.Now)).Demand.Count, rig.Core.Status.Running));
    }

    [Fact]
    public void Demands_OfferWithoutCredit_DoesNotAskAgain()
    {
        rig.Node("n", slots: 4, credit: 0);
        Submit(1);
        rig.Core.TakeDemands(rig.Now);
        Offer(version: 50, limit: 0);
        Assert.Empty(rig.Core.TakeDemands(rig.Now));
    }

    [Fact]
    public void Demands_WishWasForgottenByAReclaim_AsksAgainAtOnce()
    {
        rig.Node("n", slots: 4, credit: 0);
        var ids = Submit(3);
        Assert.Equal(3, Assert.Single(rig.Core.TakeDemands(rig.Now)).Demand.Count);
        foreach (var id in ids)
            rig.Cancel(id);
        Assert.Equal(0, rig.Core.Relations.Reclaim(new SlotOffer(CoreRig.Key, rig.Core.Epoch, "n", 1, 50, 0)).Wanted);
        Assert.Empty(rig.Core.TakeDemands(rig.Now));
        Submit(2);
        Assert.Equal(2, Assert.Single(rig.Core.TakeDemands(rig.Now)).Demand.Count);
        Assert.Empty(rig.Core.TakeDemands(rig.Now));
    }

    [Fact]
    public void Demands_OnlyNodesThatWouldDo_AreAsked()
    {
        rig.Node("a", credit: 0);
        rig.Node("b", credit: 0, labels: "gpu=1");
        rig.Node("c", credit: 0, labels: "gpu=1", accepts: false);
        rig.Node("d", slots: 0, labels: "gpu=1");
        rig.Submit(requires: "gpu=1");
        Assert.Equal("b", Assert.Single(rig.Core.TakeDemands(rig.Now)).Node);
    }

    [Fact]
    public void Demands_ManyNodesAndFewTasks_AsksAFewAndNotInEveryRound()
    {
        for (var i = 0; i < 200; i++)
            rig.Node($"n{i:000}", credit: 0);
        rig.Submit();
        Assert.InRange(rig.Core.TakeDemands(rig.Now).Count, 1, 4);
        rig.Submit();
        Assert.Empty(rig.Core.TakeDemands(rig.Now));
        Assert.Equal(rig.Now + 50, rig.Core.NextTime);
        rig.Advance(50);
        Assert.NotEmpty(rig.Core.TakeDemands(rig.Now));
    }

    [Fact]
    public void Demands_FirstNodesAreFullOfOwnTasks_AnIdleNodeBehindThemIsAsked()
    {
        for (var i = 0; i < 8; i++)
            rig.Node($"n{i}", slots: 1, credit: 1);
        Submit(8);
        Assert.Equal(8, rig.Core.Status.Running);
        rig.Node("n9", slots: 1, credit: 0);
        rig.Submit();
        var asked = rig.Core.TakeDemands(rig.Now).Select(static demand => demand.Node).ToArray();
        Assert.Contains("n9", asked);
        Assert.InRange(asked.Length, 2, 5);
    }

    [Fact]
    public void Demands_NodesWithAFewFreeSlots_CountForThese()
    {
        for (var i = 0; i < 8; i++)
            rig.Node($"n{i}", slots: 4, credit: 3);
        Submit(24);
        Assert.Equal(24, rig.Core.Status.Running);
        rig.Submit();
        rig.Submit();
        Assert.Equal(6, rig.Core.TakeDemands(rig.Now).Count);
    }

    [Fact]
    public void Demands_FirstNodesGiveNothing_TheNextOnesAreAskedSoon()
    {
        for (var i = 0; i < 9; i++)
            rig.Node($"n{i}", slots: 1, credit: 0);
        rig.Submit();
        var asked = new List<string>();
        for (var pass = 0; pass < 3; pass++)
        {
            var demands = rig.Core.TakeDemands(rig.Now);
            Assert.InRange(demands.Count, 1, 4);
            asked.AddRange(demands.Select(static demand => demand.Node));
            Assert.Equal(rig.Now + (pass < 2 ? 250 : 4_500), rig.Core.NextTime);
            if (pass < 2)
                rig.Advance(250);
        }

        Assert.Equal(Enumerable.Range(0, 9).Select(static i => $"n{i}"), asked.Order());
        rig.Advance(3_600_000);
        Assert.InRange(rig.Core.TakeDemands(rig.Now).Count, 1, 4);
    }

    [Fact]
    public void Fleet_NodeComesBackAfterAnAbsence_AnOldOfferOfItsSessionStaysOld()
    {
        rig.Node("n", slots: 4, credit: 0);
        Assert.Equal(0, Reclaim(version: 60, limit: 0).Kept);
        rig.NodeGone("n");
        rig.Round(rig.TellFleet);
        Offer(version: 55, limit: 4);
        Submit(4);
        rig.Node("n", slots: 4, credit: 0);
        Assert.Equal(0, rig.Core.Status.Running);
    }

    private TaskId[] Submit(int count) => [.. Enumerable.Range(0, count).Select(_ => rig.Submit())];

    private void Offer(long version, int limit, long? epoch = null, long session = 1) =>
        rig.Round((core, _) => core.Relations.Offer(new SlotOffer(CoreRig.Key, epoch ?? core.Epoch, "n", session, version, limit)));

    private SlotReturn Reclaim(long version, int limit, long? epoch = null)
    {
        SlotReturn? answer = null;
        rig.Round((core, _) => answer = core.Relations.Reclaim(new SlotOffer(CoreRig.Key, epoch ?? core.Epoch, "n", 1, version, limit)));
        return answer!;
    }
}
