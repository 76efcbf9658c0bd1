using OrleansTasks.Nodes;

namespace OrleansTasks.Client.Tests.Gateway;

/// <summary>Nodes' events: the clock stands still, so one that is shown proves that it was the fleet's word that woke the reader.</summary>
public sealed class NodeEventTests : IAsyncLifetime
{
    private static readonly TimeSpan QuietLook = TimeSpan.FromSeconds(1);
    private readonly ScriptedGrains grains = new();
    private readonly VirtualTime time = new();
    private GatewayHost gateway = null!;

    public async ValueTask InitializeAsync() => gateway = await GatewayHost.Start(grains, time);

    public ValueTask DisposeAsync() => gateway.DisposeAsync();

    [Fact]
    public async Task Get_FleetTellsOfAChange_ShowsItAtOnce()
    {
        using var events = await Listening();
        grains.Events.Add("w1", NodeState.Draining);

        await grains.Fleet.Tell();

        Assert.Equal(("w1", "draining"), await Next(events));
    }

    [Fact]
    public async Task Get_FleetsWordIsLost_IsFoundByTheLook()
    {
        using var events = await Listening();
        grains.Events.Add("w1", NodeState.Draining);

        time.Advance(TimeSpan.FromSeconds(5));

        Assert.Equal(("w1", "draining"), await Next(events));
    }

    private async Task<EventReading> Listening()
    {
        var events = await EventReading.Open(gateway.Http, "/api/v1/events");
        await Eventually.True(() => time.HasTimer(QuietLook));
        return events;
    }

    private static async Task<(string?, string?)> Next(EventReading events)
    {
        var (_, data) = (await Eventually.Within(events.Next()))!.Value;
        return (data.GetProperty("id").GetString(), data.GetProperty("state").GetString());
    }
}
