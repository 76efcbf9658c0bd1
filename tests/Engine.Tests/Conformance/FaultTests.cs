namespace OrleansTasks.Engine.Tests;

/// <summary>Behaviours 19, 31, 32, 33: faults and ends of hosts. Each test has a host of its own.</summary>
public sealed class FaultTests
{
    [Fact]
    public async Task B32_KilledHost_FailsItsCallsAndLaterOnesReachANewActivation()
    {
        await using var host = await ConformanceHosts.StartAsync();
        var probe = Probe.New("killed");
        var grain = host.Client.GetGrain<ITurnGrain>(probe.Key);
        var before = await grain.WhoAmI().Soon();
        var running = grain.Hold("gate");
        await probe.GateOf("gate").Entered;
        await host.KillHostOfAsync(grain);
        var failure = await Assert.ThrowsAnyAsync<Exception>(
            () => running.WaitAsync(TimeSpan.FromSeconds(60), TimeProvider.System));
        Assert.True(failure is SiloUnavailableException or TimeoutException, failure.ToString());
        Assert.NotEqual(before, await UntilAnsweredAsync(() => grain.WhoAmI()));

        // Behaviour 19: whoever is killed is not told.
        Assert.Equal(0, probe.Count("deactivated"));
    }

    [Fact]
    public async Task B31_SecondActivation_FencesTheFirstWhichGoes()
    {
        await using var host = await ConformanceHosts.StartAsync();
        var probe = Probe.New("ledger");
        var ledger = host.Client.GetGrain<ILedgerGrain>(probe.Key);
        Assert.Equal(1, await ledger.Add(1).Soon());
        var late = ledger.AddThrough("gate", 10);
        await probe.GateOf("gate").Entered;
        await host.ForgetAsync(ledger);
        Assert.Equal(6, await ledger.Add(5).Soon());
        Assert.Equal(["epoch 1", "epoch 2"], probe.Entries);
        probe.GateOf("gate").Open();
        var fenced = await Assert.ThrowsAsync<InvalidOperationException>(() => late.Soon());
        Assert.Equal("fenced", fenced.Message);
        await probe.SeenAsync("gone 1");
        Assert.Equal(7, await ledger.Add(1).Soon());
        Assert.Equal(7, LedgerGrain.Stored(probe.Key));
        Assert.Equal(["epoch 1", "epoch 2", "gone 1"], probe.Entries);
    }

    [Fact]
    public async Task B33_GracefulStop_DrainsRunningRequestsThenDeactivates()
    {
        await using var host = await ConformanceHosts.StartAsync();
        var probe = Probe.New("slow-end");
        var idle = Probe.New("stopped");
        await host.Client.GetGrain<ITurnGrain>(idle.Key).Ping(1).Soon();
        var grain = host.Client.GetGrain<ITurnGrain>(probe.Key);
        var running = grain.Hold("gate");
        await probe.GateOf("gate").Entered;
        var stopping = host.StopAsync();
        Assert.Equal(0, probe.Count("end gate"));
        probe.GateOf("gate").Open();
        await probe.GateOf("deactivate").Entered;
        Assert.False(stopping.IsCompleted);
        probe.GateOf("deactivate").Open();
        await stopping.WaitAsync(TimeSpan.FromSeconds(60), TimeProvider.System);
        await Task.WhenAny(running);
        // On Orleans a client may lose its host before the answer has come; nothing else may keep it from there.
        Assert.True(
            running.IsCompletedSuccessfully || running.Exception!.InnerException is SiloUnavailableException, running.Exception?.ToString());
        Assert.Equal(
            ["activated", "start gate", "end gate", "deactivating ShuttingDown", "deactivated"], probe.Entries);
        Assert.Equal(["activated", "ping", "deactivating ShuttingDown", "deactivated"], idle.Entries);
    }

    // How soon a host counts as dead is the engine's own: until then calls fail.
    private static async Task<string> UntilAnsweredAsync(Func<Task<string>> call)
    {
        var deadline = TimeProvider.System.GetUtcNow() + TimeSpan.FromSeconds(60);
        while (true)
        {
            try
            {
                return await call();
            }
            catch (Exception exception) when (
                exception is OrleansException or TimeoutException && TimeProvider.System.GetUtcNow() < deadline)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
            }
        }
    }
}
