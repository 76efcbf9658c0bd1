using OrleansTasks.Queues;
using OrleansTasks.Tasks;

namespace OrleansTasks.Grains.Tests.Dispatch;

/// <summary>Which tasks run in a sandbox, and on which nodes.</summary>
public sealed class IsolationTests
{
    private static readonly QueueSettings Walled = QueueSettings.DefaultOf(CoreRig.Key) with { MinimumIsolation = Isolation.Sandbox };
    private readonly CoreRig rig = new();

    [Fact]
    public void Sandbox_OfATask_GoesOnlyToNodesThatCan()
    {
        var id = rig.Submit(limits: Limits.Sandbox);
        rig.Node("old");
        Assert.Equal(TaskState.Queued, rig.State(id));

        rig.Node("new", enforces: Limits.Sandbox);

        Assert.Equal("new", rig[id].Row.Node);
        Assert.True(Assert.Single(rig.Last.Commands.SelectMany(static commands => commands.Start)).IsSandboxed);
    }

    [Fact]
    public void SandboxWithListedHosts_GoesOnlyToNodesThatReachThem()
    {
        // A worker of an earlier version would run it without network.
        var id = rig.Submit(limits: Limits.Sandbox | Limits.SandboxHosts);
        rig.Node("old", enforces: Limits.Sandbox);
        Assert.Equal(TaskState.Queued, rig.State(id));

        rig.Node("new", enforces: Limits.Sandbox | Limits.SandboxHosts);

        Assert.Equal("new", rig[id].Row.Node);
    }

    [Fact]
    public void Container_NodeWithRoomCanRunItLaterInItsSession_GetsTheTaskThatWaits()
    {
        var id = rig.Submit(limits: Limits.Container);
        rig.Node("n");
        Assert.Equal(TaskState.Queued, rig.State(id));

        rig.Node("n", enforces: Limits.Container, offers: false);

        Assert.Equal("n", rig[id].Row.Node);
    }

    [Fact]
    public void Container_NodeWithoutAGrantCanRunItLaterInItsSession_IsAskedForASlot()
    {
        rig.Submit(limits: Limits.Container);
        rig.Node("n", credit: 0);
        Assert.Empty(rig.Core.TakeDemands(rig.Now));

        rig.Node("n", credit: 0, enforces: Limits.Container);

        var (node, demand) = Assert.Single(rig.Core.TakeDemands(rig.Now));
        Assert.Equal(("n", 1, 1L), (node, demand.Count, demand.Session));
    }

    [Fact]
    public void Start_WithoutIsolation_IsNotSandboxed()
    {
        rig.Node("new", enforces: Limits.Sandbox);

        rig.Submit();

        Assert.False(Assert.Single(rig.Last.Commands.SelectMany(static commands => commands.Start)).IsSandboxed);
    }

    [Fact]
    public void Minimum_IsSetWhileTasksWait_HoldsForThemToo()
    {
        var id = rig.Submit();
        rig.Configure(Walled);

        rig.Node("old");
        Assert.Equal(TaskState.Queued, rig.State(id));
        rig.Node("new", enforces: Limits.Sandbox);

        Assert.Equal("new", rig[id].Row.Node);
        Assert.True(Assert.Single(rig.Last.Commands.SelectMany(static commands => commands.Start)).IsSandboxed);
    }

    [Fact]
    public void Minimum_IsSetAfterANodeMetTheTasks_TheNodeMeetsThemNoLonger()
    {
        rig.Node("old", slots: 1);
        var running = rig.Submit();
        var waiting = rig.Submit();
        rig.Configure(Walled);

        rig.Exit(running);

        Assert.Equal(TaskState.Queued, rig.State(waiting));
    }

    [Fact]
    public void Minimum_IsTakenBack_TasksGoAnywhere()
    {
        rig.Configure(Walled);
        var id = rig.Submit();
        rig.Node("old");
        Assert.Equal(TaskState.Queued, rig.State(id));

        rig.Configure(Walled with { MinimumIsolation = Isolation.None });

        Assert.Equal("old", rig[id].Row.Node);
    }
}
