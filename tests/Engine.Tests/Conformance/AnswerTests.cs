using Orleans.Serialization;

namespace OrleansTasks.Engine.Tests;

/// <summary>Behaviours 9 to 12 and 34: what comes back to the caller.</summary>
public abstract class AnswerTests(IConformanceHosts hosts) : ConformanceTests(hosts)
{
    [Fact]
    public Task B09_Timeout_IsTheCallersOnlyAndTheCalleeGoesOn() => Run(async () =>
    {
        var probe = Probe.New("answers");
        var grain = Client.GetGrain<ITurnGrain>(probe.Key);
        await Assert.ThrowsAsync<TimeoutException>(() => grain.HoldBriefly("gate").Soon());
        Assert.Equal(1, probe.Count("start gate"));
        Assert.Equal(0, probe.Count("end gate"));
        probe.GateOf("gate").Open();
        await probe.SeenAsync("end gate");
        Assert.Equal(2, await grain.Ping(1).Soon());
    });

    [Fact]
    public Task B10_ResponseTimeout_OverridesTheHostsOwn() => Run(async () =>
    {
        var patient = Probe.New("answers");
        var impatient = Probe.New("answers");
        var waits = Client.GetGrain<ITurnGrain>(patient.Key).Hold("gate");
        await patient.GateOf("gate").Entered;
        await Assert.ThrowsAsync<TimeoutException>(
            () => Client.GetGrain<ITurnGrain>(impatient.Key).HoldBriefly("gate").Soon());
        Assert.False(waits.IsCompleted);
        patient.GateOf("gate").Open();
        impatient.GateOf("gate").Open();
        await waits.Soon();
    });

    [Fact]
    public Task B11_OneWay_IsDoneWhenSentAndItsExceptionIsLost() => Run(async () =>
    {
        var probe = Probe.New("answers");
        var grain = Client.GetGrain<ITurnGrain>(probe.Key);
        await grain.HoldOneWay("gate").Soon();
        await probe.GateOf("gate").Entered;
        Assert.Equal(0, probe.Count("end gate"));
        probe.GateOf("gate").Open();
        await probe.SeenAsync("end gate");
        await grain.FailOneWay().Soon();
        await probe.SeenAsync("failing");
        Assert.Equal(2, await grain.Ping(1).Soon());
    });

    [Fact]
    public Task B12_Exception_ReachesTheCallerWithTypeAndMessageAndIsNotShared() => Run(async () =>
    {
        var grain = Client.GetGrain<IMessageGrain>(Probe.New("answers").Key);
        var first = await Assert.ThrowsAsync<InvalidOperationException>(() => grain.Throw("always the same").Soon());
        var second = await Assert.ThrowsAsync<InvalidOperationException>(() => grain.Throw("always the same").Soon());
        Assert.Equal("always the same", first.Message);
        Assert.Equal("always the same", second.Message);
        Assert.NotSame(first, second);
    });

    [Fact]
    public Task B12_SendableException_KeepsItsMembers() => Run(async () =>
    {
        var grain = Client.GetGrain<IMessageGrain>(Probe.New("answers").Key);
        var refused = await Assert.ThrowsAsync<RefusedException>(() => grain.Refuse("no", 7).Soon());
        Assert.Equal(("no", 7), (refused.Message, refused.Code));
    });

    [Fact]
    public Task B12_ExceptionWithoutASerializer_ReachesTheCallerAsTheSerializersOwn() => Run(async () =>
    {
        var grain = Client.GetGrain<IMessageGrain>(Probe.New("answers").Key);
        var failure = await Assert.ThrowsAsync<CodecNotFoundException>(() => grain.ThrowUnsendable().Soon());
        Assert.Contains(nameof(UnsendableException), failure.Message);
    });

    [Fact]
    public Task B34_CancellationToken_CancelsTheCallee() => Run(async () =>
    {
        var probe = Probe.New("answers");
        using var cancellation = new CancellationTokenSource();
        var call = Client.GetGrain<ITurnGrain>(probe.Key).Wait(cancellation.Token);
        await probe.SeenAsync("waiting");
        cancellation.Cancel();
        await probe.SeenAsync("cancelled");
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call.Soon());
    });

    [Fact]
    public Task B34_TokenCancelledBefore_DoesNotCall() => Run(async () =>
    {
        var probe = Probe.New("answers");
        using var cancellation = new CancellationTokenSource();
        cancellation.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => Client.GetGrain<ITurnGrain>(probe.Key).Wait(cancellation.Token).Soon());
        Assert.Equal(0, probe.Count("waiting"));
    });
}

public sealed class AnswerTestsOnOrleans(OrleansHosts hosts) : AnswerTests(hosts);

public sealed class AnswerTestsInSimulation() : AnswerTests(SimulatedHosts.All);
