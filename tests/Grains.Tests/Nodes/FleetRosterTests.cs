using OrleansTasks.Nodes;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Grains.Tests.Nodes;

/// <summary>Which nodes report, and what is shown of the others.</summary>
public sealed class FleetRosterTests
{
    private const long Now = 100_000;
    private const long Lease = 10_000;
    private readonly FleetRoster roster = new(Lease);

    [Fact]
    public void Announce_TheSameAgain_IsNoChange()
    {
        Assert.True(Announce(1));
        Assert.False(Announce(1));
        Assert.True(Announce(1, accepts: false));
        Assert.True(Announce(1, accepts: false, knowsEarlier: true));
        Assert.True(Announce(2, accepts: false, knowsEarlier: true));
    }

    [Fact]
    public void Announce_MoreLimitsInTheSameSession_IsAChange()
    {
        Announce(1);

        Assert.True(Announce(1, limits: Limits.Container));
        Assert.False(Announce(1, limits: Limits.Container));

        Assert.Equal(Limits.Container, Assert.Single(roster.Nodes).Enforces);
        Assert.Equal(Limits.Container, roster.View(Row(1), Now).Enforces);
    }

    [Fact]
    public void Announce_OfAnEarlierSession_ChangesNothing()
    {
        Announce(2);
        Assert.False(roster.Announce(Announcement(1, accepts: false), Now, out _));
        Assert.Equal((2L, true), (Assert.Single(roster.Nodes).Session, roster.Nodes[0].Accepts));
    }

    [Fact]
    public void Withdraw_OfAnEarlierSession_ChangesNothing()
    {
        Announce(2);
        Assert.False(roster.Withdraw("n", 1));
        Assert.True(roster.IsReporting("n"));
        Assert.True(roster.Withdraw("n", 2));
        Assert.False(roster.IsReporting("n"));
        Assert.False(roster.Withdraw("n", 2));
    }

    [Fact]
    public void Sweep_SilentForALease_IsLostAndShownWithItsLastReport()
    {
        Announce(1);
        Assert.Empty(roster.Sweep(Now + Lease - 1));
        Assert.Equal("n", Assert.Single(roster.Sweep(Now + Lease)));
        Assert.Empty(roster.Nodes);
        var view = roster.View(Row(1), Now + Lease);
        Assert.Equal((NodeState.Lost, Now - 5), (view.State, view.LastReportAt));
        roster.Forget("n");
        Assert.Equal(50, roster.View(Row(1), Now + Lease).LastReportAt);
    }

    [Fact]
    public void Announce_OfAnEarlierSessionAfterALoss_ListsNothing()
    {
        Announce(2);
        roster.Sweep(Now + Lease);
        Assert.False(roster.Announce(Announcement(1), Now + Lease, out var isChange));
        Assert.False(isChange);
        Assert.Empty(roster.Nodes);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void Announce_OfTheLostSessionOrALaterOne_ListsTheNodeAgain(long session)
    {
        Announce(2);
        roster.Sweep(Now + Lease);
        Assert.True(roster.Announce(Announcement(session), Now + Lease, out var isChange));
        Assert.True(isChange);
        Assert.Equal(session, Assert.Single(roster.Nodes).Session);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Announce_OfAWithdrawnSessionOrAnEarlierOne_ListsNothing(long session)
    {
        Announce(2);
        Assert.True(roster.Withdraw("n", 2));
        Assert.False(roster.Announce(Announcement(session), Now, out var isChange));
        Assert.False(isChange);
        Assert.Empty(roster.Nodes);
    }

    [Fact]
    public void Announce_OfASessionAfterTheWithdrawnOne_ListsTheNode()
    {
        Announce(2);
        roster.Withdraw("n", 2);
        Assert.True(Announce(3));
        Assert.True(roster.IsReporting("n"));
    }

    [Fact]
    public void Withdraw_OfALostNode_KeepsALateAnnouncementOut()
    {
        Announce(2);
        roster.Sweep(Now + Lease);
        Assert.False(roster.Withdraw("n", 2));
        Assert.False(roster.Announce(Announcement(2), Now + Lease, out _));
        Assert.Empty(roster.Nodes);
    }

    [Fact]
    public void Withdraw_BeforeTheFirstAnnouncement_KeepsALateAnnouncementOut()
    {
        Assert.False(roster.Withdraw("n", 2));
        Assert.False(roster.Withdraw("n", 1));
        Assert.False(roster.Announce(Announcement(2), Now, out _));
        Assert.True(Announce(3));
    }

    [Fact]
    public void Forget_AWithdrawnNode_RemembersNoSession()
    {
        Announce(2);
        roster.Withdraw("n", 2);
        roster.Forget("n");
        Assert.True(Announce(1));
    }

    [Fact]
    public void View_ReportingInThatSession_IsWhatTheNodeSays()
    {
        Announce(1);
        Assert.Equal(NodeState.Ready, roster.View(Row(1), Now).State);
        Assert.Equal(NodeState.Lost, roster.View(Row(2), Now).State);
        Assert.Equal(NodeState.Gone, roster.View(Row(2) with { Gone = true }, Now).State);
    }

    private bool Announce(long session, bool accepts = true, bool knowsEarlier = false, Limits limits = Limits.None)
    {
        Assert.True(roster.Announce(Announcement(session, accepts, knowsEarlier, limits), Now, out var isChange));
        return isChange;
    }

    private static NodeAnnouncement Announcement(
        long session, bool accepts = true, bool knowsEarlier = false, Limits limits = Limits.None) => new(
        new FleetNode("n", session, 1, [], limits, accepts, knowsEarlier),
        new NodeView("n", NodeState.Ready, 1, 0, [], "1", "here", Now - 5, 0, 0, limits));

    private static NodeRow Row(long session) =>
        new("n", session, "i", 1, [], Limits.None, "1", "here", Draining: false, Gone: false, SeenAt: 50, EvaluatesChunks: false);
}
