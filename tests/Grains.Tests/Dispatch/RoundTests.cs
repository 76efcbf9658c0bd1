using OrleansTasks.Tasks;

namespace OrleansTasks.Grains.Tests.Dispatch;

/// <summary>A round does no more than its bounds say; what is left is done by the next ones.</summary>
public sealed class RoundTests
{
    private static readonly DispatchOptions Small = new()
    {
        Round = new RoundBounds { DueTasks = 10, Lapses = 10, Assignments = 7 },
    };
    private readonly CoreRig rig = new(Small);

    [Fact]
    public void Tick_ManyTasksAreDueAtOnce_TakesAFewARound()
    {
        var ids = rig.SubmitMany(95, runAt: rig.Now + 1_000);
        rig.Advance(1_000);
        Assert.Equal(10, rig.Rounds);
        Assert.All(ids, id => Assert.Equal(TaskState.Queued, rig.State(id)));
        Assert.Equal(5, rig.Last.Writes.Count);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void Bounds_NotPositive_AreRefused(int value)
    {
        var bounds = new RoundBounds();
        Action[] assignments =
        [
            () => bounds.Operations = value, () => bounds.Bytes = value, () => bounds.DueTasks = value, () => bounds.Releases = value,
            () => bounds.Items = value, () => bounds.Lapses = value, () => bounds.Assignments = value,
        ];
        Assert.Equal(typeof(RoundBounds).GetProperties().Length, assignments.Length);

        Assert.All(assignments, static assign => Assert.Throws<ArgumentOutOfRangeException>(assign));
    }

    [Fact]
    public void Match_ManySlotsAreFree_AssignsAFewARound()
    {
        rig.Node("n", slots: 100);
        var ids = rig.SubmitMany(30);
        Assert.Equal(5, rig.Rounds);
        Assert.All(ids, id => Assert.Equal(TaskState.Assigned, rig.State(id)));
    }

    [Fact]
    public void Tick_ManyLeasesLapse_TakesAFewNodesARound()
    {
        rig.Nodes(35);
        var ids = rig.SubmitMany(35);
        rig.Advance(rig.Lease + 1);
        Assert.Equal(4, rig.Rounds);
        Assert.All(ids, id => Assert.Equal(1, rig[id].Row.NodeLosses));
    }

    [Fact]
    public void IsBehind_NothingIsLeft_IsFalse()
    {
        rig.SubmitMany(20, runAt: rig.Now + 1_000);
        Assert.False(rig.Core.IsBehind(rig.Now));
        Assert.True(rig.Core.IsBehind(rig.Now + 1_000));
    }
}
