namespace OrleansTasks.Engine.Tests;

/// <summary>Behaviours 19, 31, 32, 33: faults and ends of hosts. Each test has a host of its own.</summary>
public abstract class FaultTests(IConformanceHosts hosts) : ConformanceTests(hosts)
{
    [Fact]
    public Task B32_KilledHost_FailsItsCallsAndLaterOnesReachANewActivation() => RunAlone(async () =>
    {
        var probe = Probe.New("killed");
        var grain = Host.Client.GetGrain<ITurnGrain>(probe.Key);
        var before = await grain.WhoAmI().Soon();
        var running = grain.Hold("gate");
        await probe.GateOf("gate").Entered;
        await Host.KillHostOfAsync(grain);
        var failure = await Assert.ThrowsAnyAsync<Exception>(
            () => running.Soon());
        Assert.True(failure is SiloUnavailableException or TimeoutException, failure.ToString());
        Assert.NotEqual(before, await UntilAnsweredAsync(() => grain.WhoAmI()));

        // Behaviour 19: whoever is killed is not told.
        Assert.Equal(0, probe.Count("deactivated"));
    });

    [Fact]
    public Task B31_SecondActivation_FencesTheFirstWhichGoes() => RunAlone(async () =>
    {
        var probe = Probe.New("ledger");
        var ledger = Host.Client.GetGrain<ILedgerGrain>(probe.Key);
        Assert.Equal(1, await ledger.Add(1).Soon());
        var late = ledger.AddThrough("gate", 10);
        await probe.GateOf("gate").Entered;
        await Host.ForgetAsync(ledger);
        Assert.Equal(6, await ledger.Add(5).Soon());
        Assert.Equal(["epoch 1", "epoch 2"], probe.Entries);
        probe.GateOf("gate").Open();
        var fenced = await Assert.ThrowsAsync<InvalidOperationException>(() => late.Soon());
        Assert.Equal("fenced", fenced.Message);
        await probe.SeenAsync("gone 1");
        Assert.Equal(7, await ledger.Add(1).Soon());
        Assert.Equal(7, LedgerGrain.Stored(probe.Key));
        Assert.Equal(["epoch 1", "epoch 2", "gone 1"], probe.Entries);
    });

    [Fact]
    public Task B33_GracefulStop_DrainsRunningRequestsThenDeactivates() => RunAlone(async () =>
    {
        var probe = Probe.New("slow-end");
        var idle = Probe.New("stopped");
        await Host.Client.GetGrain<ITurnGrain>(idle.Key).Ping(1).Soon();
        var grain = Host.Client.GetGrain<ITurnGrain>(probe.Key);
        var running = grain.Hold("gate");
        await probe.GateOf("gate").Entered;
        var stopping = Host.StopAsync();
        Assert.Equal(0, probe.Count("end gate"));
        probe.GateOf("gate").Open();
        await probe.GateOf("deactivate").Entered;
        Assert.False(stopping.IsCompleted);
        probe.GateOf("deactivate").Open();
        await stopping.Soon();
        await Task.WhenAny(running);
        // On Orleans a client may lose its host before the answer has come; nothing else may keep it from there.
        Assert.True(
            running.IsCompletedSuccessfully || running.Exception!.InnerException is SiloUnavailableException, running.Exception?.ToString());
        Assert.Equal(
            ["activated", "start gate", "end gate", "deactivating ShuttingDown", "deactivated"], probe.Entries);
        Assert.Equal(["activated", "ping", "deactivating ShuttingDown", "deactivated"], idle.Entries);
    });

    // How soon a host counts as dead is the engine's own: until then calls fail.
    private async Task<string> UntilAnsweredAsync(Func<Task<string>> call)
    {
        var deadline = Host.Time.GetUtcNow() + TimeSpan.FromSeconds(60);
        while (true)
        {
            try
            {
                return await call();
            }
            catch (Exception exception) when (
                exception is OrleansException or TimeoutException && Host.Time.GetUtcNow() < deadline)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), Host.Time);
            }
        }
    }
}

public sealed class FaultTestsOnOrleans(OrleansHosts hosts) : FaultTests(hosts);

public sealed class FaultTestsInSimulation() : FaultTests(SimulatedHosts.All);
