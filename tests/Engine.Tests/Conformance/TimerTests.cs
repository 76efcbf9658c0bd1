using System.Globalization;

namespace OrleansTasks.Engine.Tests;

/// <summary>Behaviours 16, 20, 21: timers.</summary>
public abstract class TimerTests(IConformanceHosts hosts) : ConformanceTests(hosts)
{
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(5);

    [Fact]
    public Task B16_Timers_StopBeforeOnDeactivate() => Run(async () =>
    {
        var (probe, grain) = New();
        await grain.Start(TimeSpan.Zero, Short, false, "").Soon();
        await probe.SeenAsync("tick", 2);
        await grain.EndOnIdle().Soon();
        await probe.SeenAsync("timer stopped first");
        Assert.Equal("timer stopped first", probe.Entries[^1]);
    });

    [Fact]
    public Task B16_InterleavingTicks_GoOnWhileTheEndWaitsForARunningRequest() => Run(async () =>
    {
        var (probe, grain) = New();
        await grain.Start(TimeSpan.Zero, Short, true, "").Soon();
        var running = grain.Hold("gate");
        await probe.GateOf("gate").Entered;
        await grain.EndOnIdleNow().Soon();
        var before = probe.Count("tick");
        await probe.SeenAsync("tick", before + 3);
        probe.GateOf("gate").Open();
        await running.Soon();
        await probe.SeenAsync("timer stopped first");
        Assert.Equal("timer stopped first", probe.Entries[^1]);
    });

    [Fact]
    public Task B20_Ticks_NeverOverlap() => Run(async () =>
    {
        var (probe, grain) = New();
        await grain.Start(TimeSpan.Zero, Short, true, "slow").Soon();
        await probe.SeenAsync("tick", 8);
        await grain.Stop().Soon();
        Assert.Equal(1, probe.MostInside);
    });

    [Fact]
    public Task B20_Period_CountsFromTheEndOfATick() => Run(async () =>
    {
        var (probe, grain) = New();
        var period = TimeSpan.FromMilliseconds(100);
        await grain.Start(TimeSpan.Zero, period, false, "period").Soon();
        await probe.SeenAsync("tick", 3);
        await grain.Stop().Soon();
        var ended = Timestamps(probe, "ended ");
        var begun = Timestamps(probe, "begun ");
        for (var i = 0; i < 2; i++)
        {
            var pause = Host.Time.GetElapsedTime(ended[i], begun[i + 1]);
            Assert.True(pause >= period - TimeSpan.FromMilliseconds(20), $"Only {pause} between two ticks.");
        }
    });

    [Fact]
    public Task B20_FailingTick_LeavesTheTimerRunning() => Run(async () =>
    {
        var (probe, grain) = New();
        await grain.Start(TimeSpan.Zero, Short, false, "fail").Soon();
        await probe.SeenAsync("failing", 4);
        await grain.Stop().Soon();

        // A tick that had begun has ended before a timer that starts now ticks.
        await grain.Start(TimeSpan.Zero, Short, false, "witness").Soon();
        await probe.SeenAsync("witness");
        var failed = probe.Count("failing");
        await probe.SeenAsync("witness", 12);
        Assert.Equal(failed, probe.Count("failing"));
        await grain.Stop().Soon();
    });

    [Fact]
    public Task B20_PlainTick_WaitsForARunningCall() => Run(async () =>
    {
        var (probe, grain) = New();
        await grain.Start(TimeSpan.FromMilliseconds(50), Short, false, "").Soon();
        await grain.Start(TimeSpan.Zero, Short, true, "witness").Soon();
        var call = grain.Hold("gate");
        await probe.GateOf("gate").Entered;
        var begun = probe.Count("tick");

        // Long enough for a dozen ticks, which must not come.
        await probe.SeenAsync("witness", probe.Count("witness") + 24);
        Assert.Equal(begun, probe.Count("tick"));
        probe.GateOf("gate").Open();
        await call.Soon();
        await probe.SeenAsync("tick", begun + 1);
        await grain.Stop().Soon();
    });

    [Fact]
    public Task B20_InterleavingTick_ComesDuringARunningCall() => Run(async () =>
    {
        var (probe, grain) = New();
        await grain.Start(TimeSpan.Zero, Short, true, "").Soon();
        var call = grain.Hold("gate");
        await probe.GateOf("gate").Entered;
        await probe.SeenAsync("tick", probe.Count("tick") + 3);
        probe.GateOf("gate").Open();
        await call.Soon();
        await grain.Stop().Soon();
    });

    [Fact]
    public Task B20_ChangeInATick_AppliesAfterIt() => Run(async () =>
    {
        var (probe, grain) = New();
        await grain.Start(TimeSpan.Zero, Timeout.InfiniteTimeSpan, true, "change").Soon();
        await probe.SeenAsync("changed", 2);
        Assert.Equal(["tick", "changed", "tick", "changed"], probe.Entries);
    });

    [Fact]
    public Task B20_DisposeInATick_CancelsItsTokenAndEndsTheTimer() => Run(async () =>
    {
        var (probe, grain) = New();
        await grain.Start(TimeSpan.Zero, TimeSpan.Zero, false, "dispose").Soon();
        await probe.SeenAsync("cancelled");
        probe.GateOf("gate").Open();
        await grain.Hold("gate").Soon();
        Assert.Equal(1, probe.Count("tick"));
    });

    [Fact]
    public Task B21_DueTimeOver49Days_Throws() => Run(async () =>
    {
        var (_, grain) = New();
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            () => grain.Start(TimeSpan.FromDays(50), Timeout.InfiniteTimeSpan, false, "").Soon());
        await grain.Start(TimeSpan.FromDays(49), Timeout.InfiniteTimeSpan, false, "").Soon();
    });

    [Fact]
    public Task B22_AmbientValues_DoNotFlowIntoTimers() => Run(async () =>
    {
        var (probe, grain) = New();
        await grain.Start(TimeSpan.Zero, Timeout.InfiniteTimeSpan, false, "ambient").Soon();
        await probe.SeenAsync("ambient none none");
    });

    private static long[] Timestamps(Probe probe, string prefix) =>
        [.. probe.Entries.Where(e => e.StartsWith(prefix, StringComparison.Ordinal))
            .Select(e => long.Parse(e[prefix.Length..], CultureInfo.InvariantCulture))];

    private (Probe Probe, ITimerGrain Grain) New()
    {
        var probe = Probe.New("timer");
        return (probe, Client.GetGrain<ITimerGrain>(probe.Key));
    }
}

public sealed class TimerTestsOnOrleans(OrleansHosts hosts) : TimerTests(hosts);

public sealed class TimerTestsInSimulation() : TimerTests(SimulatedHosts.All);
