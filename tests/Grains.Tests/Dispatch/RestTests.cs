using OrleansTasks.Tasks;

namespace OrleansTasks.Grains.Tests.Dispatch;

/// <summary>A node that gives back what it is given must not keep others from getting it (scheduling 4b).</summary>
public sealed class RestTests
{
    private readonly CoreRig rig = new();

    [Fact]
    public void Refuse_ThreeTimes_IsNormal()
    {
        rig.Node("n");
        var id = rig.Submit();
        for (var i = 0; i < 3; i++)
            rig.Refuse(id);
        Assert.Equal(TaskState.Assigned, rig.State(id));
    }

    [Fact]
    public void Refuse_FourTimesInARow_NodeRestsAndAnotherGetsTheTask()
    {
        rig.Node("n");
        var id = rig.Submit();
        for (var i = 0; i < 3; i++)
            rig.Refuse(id);
        rig.Node("z");
        rig.Refuse(id);
        Assert.Equal("z", rig[id].Row.Node);
        var next = rig.Submit();
        Assert.Equal(TaskState.Queued, rig.State(next));
    }

    [Fact]
    public void Unable_Once_NodeRestsAtOnceAndNoAttemptIsCounted()
    {
        rig.Node("n");
        var id = rig.Submit();
        rig.CannotStart(id);
        Assert.Equal((TaskState.Queued, 0), (rig.State(id), rig[id].Row.Attempt));
        rig.Node("z");
        Assert.Equal("z", rig[id].Row.Node);
    }

    [Fact]
    public void Refuse_AgainAndAgain_RestsGrowToHalfAMinute()
    {
        rig.Node("n");
        var id = rig.Submit();
        for (var i = 0; i < 3; i++)
            rig.Refuse(id);
        var longest = 50L;
        for (var rest = 0; rest < 14; rest++)
        {
            rig.Refuse(id);
            Assert.Equal(TaskState.Queued, rig.State(id));
            var began = rig.Now;
            while (rig.State(id) == TaskState.Queued)
                rig.Advance(rig.Core.NextTime - rig.Now);
            Assert.InRange(rig.Now - began, longest / 2, longest);
            longest = Math.Min(30_000, 2 * longest);
        }
    }

    [Fact]
    public void Rest_IsOver_OneTaskIsSentToSeeWhetherTheNodeTakesIt()
    {
        rig.Node("n", slots: 4);
        var ids = rig.SubmitMany(4);
        for (var i = 0; i < 4; i++)
            rig.Refuse(ids);
        Assert.All(ids, id => Assert.Equal(TaskState.Queued, rig.State(id)));
        rig.Advance(50);
        Assert.Equal(1, rig.Core.Status.Running);
        rig.Start(ids[0]);
        Assert.Equal(4, rig.Core.Status.Running);
    }

    [Fact]
    public void Rest_ProbeIsRefused_NodeRestsAtOnce()
    {
        rig.Node("n");
        var id = rig.Submit();
        for (var i = 0; i < 4; i++)
            rig.Refuse(id);
        rig.Advance(50);
        rig.Refuse(id);
        Assert.Equal(TaskState.Queued, rig.State(id));
        Assert.InRange(rig.Core.NextTime - rig.Now, 50, 100);
    }

    [Fact]
    public void Start_BetweenRefusals_CountsFromTheBeginning()
    {
        rig.Node("n", slots: 2);
        var (runs, id) = (rig.Submit(), rig.Submit());
        for (var i = 0; i < 3; i++)
            rig.Refuse(id);
        rig.Start(runs);
        for (var i = 0; i < 3; i++)
            rig.Refuse(id);
        Assert.Equal(TaskState.Assigned, rig.State(id));
    }

    [Fact]
    public void Session_IsNew_NodeIsGivenTasksAtOnce()
    {
        rig.Node("n");
        var id = rig.Submit();
        for (var i = 0; i < 4; i++)
            rig.Refuse(id);
        rig.Node("n", session: 2);
        Assert.Equal(TaskState.Assigned, rig.State(id));
    }

    [Fact]
    public void SpawnFailed_AnotherNodeWouldDo_GetsTheNextAttempt()
    {
        rig.Node("a", slots: 8);
        var id = rig.Submit(retry: new RetryPolicy(3, 100, 100, true));
        rig.Node("z");
        var other = rig.Submit();
        rig.End(rig.LeaseOf(id), EndReason.SpawnFailed);
        // The longest idle node is first among equals.
        rig.Pass(1);
        rig.Exit(other);
        rig.Advance(100);
        Assert.Equal(("z", 2), (rig[id].Row.Node, rig[id].Row.Attempt));
    }

    [Fact]
    public void SpawnFailed_NoOtherNodeWouldDo_TheSameOneTriesAgain()
    {
        rig.Node("a");
        var id = rig.Submit(retry: new RetryPolicy(3, 1, 1, true));
        rig.End(rig.LeaseOf(id), EndReason.SpawnFailed);
        rig.Advance(1);
        Assert.Equal(("a", 2), (rig[id].Row.Node, rig[id].Row.Attempt));
    }
}
