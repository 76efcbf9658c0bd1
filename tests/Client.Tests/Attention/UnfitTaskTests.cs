using OrleansTasks.Client.Attention;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Client.Tests.Gateway;
using OrleansTasks.Nodes;
using OrleansTasks.Processing.Resources;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Tests.Attention;

/// <summary>Which queued tasks no node can run, as far as the store tells.</summary>
public sealed class UnfitTaskTests
{
    [Fact]
    public async Task In_OneTaskCannotBeRead_FindsTheOthers()
    {
        var grains = new ScriptedGrains();
        var (unreadable, unfit) = (Records.New(), Records.New());
        grains.Reader.Put(unreadable with { Spec = "[]"u8.ToArray() });
        grains.Reader.Put(unfit with { Spec = """{"cmd":"x","requires":{"gpu":"a100"}}"""u8.ToArray() });

        var found = await new UnfitTasks(new GatewayGrains(grains.Factory)).In(
            "default", [], unfit.QueuedAt!.Value + (long)UnfitTasks.LookAfter.TotalMilliseconds);

        Assert.Equal((1, unfit.Id.ToString(), unfit.QueuedAt!.Value, "no node has registered"), found!.Value);
    }

    [Theory]
    [InlineData(4096L, 1)]
    [InlineData(2048L, 0)]
    [InlineData(null, 0)]
    public async Task In_TheReservationHasGrownAfterOutOfMemory_ComparesNodesWithWhatIsReservedNow(long? reserved, int expected)
    {
        var grains = new ScriptedGrains();
        var task = Records.New() with { Attempt = 1, Spec = """{"cmd":"x","resources":{"memory":1024}}"""u8.ToArray() };
        grains.Reader.Put(task);
        grains.Default.Reasons = WhyReply.None with { ReservedMemory = reserved };
        var node = new NodeView("w1", NodeState.Ready, 1, 0, [], "", "", 0, 0, 0, Limits.Results | Limits.Memory)
        {
            Resources = [new(ResourceName.Memory, Offered: 2048, Reserved: 0)],
        };

        var found = await new UnfitTasks(new GatewayGrains(grains.Factory)).In(
            "default", [node], task.QueuedAt!.Value + (long)UnfitTasks.LookAfter.TotalMilliseconds);

        Assert.Equal(expected, found?.Count ?? 0);
    }

    [Fact]
    public async Task In_TheNodesThatFitAreDraining_NamesThemAndTheWayBack()
    {
        var grains = new ScriptedGrains();
        var unfit = Records.New() with { Spec = """{"cmd":"x"}"""u8.ToArray() };
        grains.Reader.Put(unfit);

        var found = await new UnfitTasks(new GatewayGrains(grains.Factory)).In(
            "default", [Node("w2", NodeState.Draining), Node("w3", NodeState.Draining), Node("w4", NodeState.Lost)],
            unfit.QueuedAt!.Value + (long)UnfitTasks.LookAfter.TotalMilliseconds);

        Assert.Equal("w2, w3 could, but are draining; to resume: otask node resume w2", found!.Value.Why);

        static NodeView Node(string id, NodeState state) => new(id, state, 1, 0, [], "", "", 0, 0, 0, Limits.None);
    }
}
