namespace OrleansTasks.Engine.Tests;

/// <summary>Behaviours 9 to 12 and 34: what comes back to the caller.</summary>
public sealed class AnswerTests(ConformanceFixture fixture)
{
    private readonly IClusterClient _client = fixture.Client;

    [Fact]
    public async Task B09_Timeout_IsTheCallersOnlyAndTheCalleeGoesOn()
    {
        var probe = Probe.New("answers");
        var grain = _client.GetGrain<ITurnGrain>(probe.Key);
        await Assert.ThrowsAsync<TimeoutException>(() => grain.HoldBriefly("gate").Soon());
        Assert.Equal(1, probe.Count("start gate"));
        Assert.Equal(0, probe.Count("end gate"));
        probe.GateOf("gate").Open();
        await probe.SeenAsync("end gate");
        Assert.Equal(2, await grain.Ping(1).Soon());
    }

    [Fact]
    public async Task B10_ResponseTimeout_OverridesTheHostsOwn()
    {
        var patient = Probe.New("answers");
        var impatient = Probe.New("answers");
        var waits = _client.GetGrain<ITurnGrain>(patient.Key).Hold("gate");
        await patient.GateOf("gate").Entered;
        await Assert.ThrowsAsync<TimeoutException>(
            () => _client.GetGrain<ITurnGrain>(impatient.Key).HoldBriefly("gate").Soon());
        Assert.False(waits.IsCompleted);
        patient.GateOf("gate").Open();
        impatient.GateOf("gate").Open();
        await waits.Soon();
    }

    [Fact]
    public async Task B11_OneWay_IsDoneWhenSentAndItsExceptionIsLost()
    {
        var probe = Probe.New("answers");
        var grain = _client.GetGrain<ITurnGrain>(probe.Key);
        await grain.HoldOneWay("gate").Soon();
        await probe.GateOf("gate").Entered;
        Assert.Equal(0, probe.Count("end gate"));
        probe.GateOf("gate").Open();
        await probe.SeenAsync("end gate");
        await grain.FailOneWay().Soon();
        await probe.SeenAsync("failing");
        Assert.Equal(2, await grain.Ping(1).Soon());
    }

    [Fact]
    public async Task B12_Exception_ReachesTheCallerWithTypeAndMessageAndIsNotShared()
    {
        var grain = _client.GetGrain<IMessageGrain>(Probe.New("answers").Key);
        var first = await Assert.ThrowsAsync<InvalidOperationException>(() => grain.Throw("always the same").Soon());
        var second = await Assert.ThrowsAsync<InvalidOperationException>(() => grain.Throw("always the same").Soon());
        Assert.Equal("always the same", first.Message);
        Assert.Equal("always the same", second.Message);
        Assert.NotSame(first, second);
    }

    [Fact]
    public async Task B12_SendableException_KeepsItsMembers()
    {
        var grain = _client.GetGrain<IMessageGrain>(Probe.New("answers").Key);
        var refused = await Assert.ThrowsAsync<RefusedException>(() => grain.Refuse("no", 7).Soon());
        Assert.Equal(("no", 7), (refused.Message, refused.Code));
    }

    [Fact]
    public async Task B34_CancellationToken_CancelsTheCallee()
    {
        var probe = Probe.New("answers");
        using var cancellation = new CancellationTokenSource();
        var call = _client.GetGrain<ITurnGrain>(probe.Key).Wait(cancellation.Token);
        await probe.SeenAsync("waiting");
        await cancellation.CancelAsync();
        await probe.SeenAsync("cancelled");
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call.Soon());
    }

    [Fact]
    public async Task B34_TokenCancelledBefore_DoesNotCall()
    {
        var probe = Probe.New("answers");
        using var cancellation = new CancellationTokenSource();
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => _client.GetGrain<ITurnGrain>(probe.Key).Wait(cancellation.Token).Soon());
        Assert.Equal(0, probe.Count("waiting"));
    }
}
