using OrleansTasks.Worker.Protocol;
using OrleansTasks.Worker.Tests.Processes;

namespace OrleansTasks.Worker.Tests.Torture;

/// <summary>Each hostile tree in a task of a real agent, ended in each way that a task can end: nothing of it is left.</summary>
[Collection(nameof(AloneCollection))]
public sealed class TortureTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static TheoryData<string> Trees => [.. HostileTree.All.Select(static tree => tree.Name)];

    [Fact]
    public void Trees_AreAsManyAsPromised() => Assert.InRange(HostileTree.All.Count, 25, int.MaxValue);

    [Theory]
    [MemberData(nameof(Trees))]
    public async Task Tree_CommandExits_NothingIsLeft(string name)
    {
        await using var rig = await TortureRig.Started(name, endsByItself: true);
        if (await rig.IsRefusedAsync()) return;

        var result = await rig.EndAsync();

        Assert.Equal(rig.Tree.Reason, result.Reason);
        rig.AssertNothingIsLeft();
    }

    [Theory]
    [MemberData(nameof(Trees))]
    public async Task Tree_TimeIsUp_NothingIsLeft(string name)
    {
        await using var rig = await TortureRig.Started(name, endsByItself: false, static start =>
        {
            start.TimeoutMs = 250;
            start.KillGraceMs = 50;
        });
        if (await rig.IsRefusedAsync()) return;

        var result = await rig.EndAsync();

        Assert.Contains(result.Reason, new[] { Result.Types.Reason.Timeout, rig.Tree.Reason });
        rig.AssertNothingIsLeft();
    }

    [Theory]
    [MemberData(nameof(Trees))]
    public async Task Tree_Cancelled_NothingIsLeft(string name)
    {
        await using var rig = await TortureRig.Started(name, endsByItself: false, static start => start.KillGraceMs = 50);
        if (await rig.IsRefusedAsync()) return;
        await rig.ReadyAsync();

        rig.Master.Send(new Commands { Cancel = { rig.Start.Lease } });
        var result = await rig.EndAsync();

        Assert.Contains(result.Reason, new[] { Result.Types.Reason.Cancelled, rig.Tree.Reason });
        rig.AssertNothingIsLeft();
    }

    [Theory]
    [MemberData(nameof(Trees))]
    public async Task Tree_LeaseIsRevoked_NothingIsLeft(string name)
    {
        await using var rig = await TortureRig.Started(name, endsByItself: false);
        if (await rig.IsRefusedAsync()) return;
        await rig.ReadyAsync();

        rig.Master.Send(new Commands { Kill = { rig.Start.Lease } });

        // There is one slot: the next command runs only when the tree is dead.
        rig.Master.Send(rig.Agent.Shell("echo next"));
        while ((await rig.EndAsync()).Stdout.ToStringUtf8() != "next\n") { }
        rig.AssertNothingIsLeft();
    }
}
