using OrleansTasks.Nodes;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Tests.Gateway;

/// <summary>What callers who drain or forget nodes are told when nobody knows whether a call was carried out.</summary>
public sealed class UnknownNodeOutcomeTests : IAsyncLifetime
{
    private static readonly NodeView Node = new("n", NodeState.Ready, 2, 0, [], "1", "", 1, 0, 0, Limits.None);
    private readonly ScriptedGrains grains = new();
    private GatewayHost gateway = null!;

    public async ValueTask InitializeAsync() => gateway = await GatewayHost.Start(grains);

    public ValueTask DisposeAsync() => gateway.DisposeAsync();

    [Theory]
    [InlineData("drain")]
    [InlineData("resume")]
    public async Task SetDraining_NoAnswer_Is504(string action)
    {
        grains.Fleet.Nodes = [Node];
        grains.Node.OnSetDraining = static () => throw new TimeoutException();
        (await gateway.Post($"/api/v1/nodes/n/{action}")).Problem(504, "outcome-unknown");
    }

    [Fact]
    public async Task SetDraining_DoneAndThenUnreadable_Is504()
    {
        grains.Fleet.Nodes = [Node];
        grains.Node.OnSetDraining = () => grains.Fleet.OnRead = static () => throw new TimeoutException();
        (await gateway.Post("/api/v1/nodes/n/drain")).Problem(504, "outcome-unknown");
    }

    [Fact]
    public async Task SetDraining_StoreOutOfReach_Is503()
    {
        grains.Fleet.Nodes = [Node];
        grains.Node.OnSetDraining = static () => throw new StoreUnavailableException();
        (await gateway.Post("/api/v1/nodes/n/drain")).Problem(503, "store-unavailable");
    }

    [Fact]
    public async Task Forget_NoAnswer_Is504()
    {
        grains.Fleet.Nodes = [Node with { State = NodeState.Lost }];
        grains.Fleet.OnForget = static () => throw new TimeoutException();
        (await gateway.Send(HttpMethod.Delete, "/api/v1/nodes/n")).Problem(504, "outcome-unknown");
    }

    [Theory]
    [InlineData("n", true, 204)]
    [InlineData("n", false, 404)]
    [InlineData("a%20b", true, 404)]
    public async Task Forget_NodeHasNeverRegistered_Is204IfItHadACertificate(string node, bool isForgotten, int status)
    {
        grains.Fleet.OnForget = () => isForgotten;
        Assert.Equal(status, (await gateway.Send(HttpMethod.Delete, $"/api/v1/nodes/{node}")).Status);
    }

    [Fact]
    public async Task Forget_Done_Is204()
    {
        grains.Fleet.Nodes = [Node with { State = NodeState.Lost }];
        grains.Fleet.OnForget = static () => true;
        Assert.Equal(204, (await gateway.Send(HttpMethod.Delete, "/api/v1/nodes/n")).Status);
    }
}
