using System.Globalization;

namespace OrleansTasks.Engine.Tests;

/// <summary>Behaviours 16, 20, 21: timers.</summary>
public sealed class TimerTests(ConformanceFixture fixture)
{
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(5);

    private readonly IClusterClient _client = fixture.Client;

    [Fact]
    public async Task B16_Timers_StopBeforeOnDeactivate()
    {
        var (probe, grain) = New();
        await grain.Start(TimeSpan.Zero, Short, false, "").Soon();
        await probe.SeenAsync("tick", 2);
        await grain.EndOnIdle().Soon();
        await probe.SeenAsync("timer stopped first");
        Assert.Equal("timer stopped first", probe.Entries[^1]);
    }

    [Fact]
    public async Task B16_InterleavingTicks_GoOnWhileTheEndWaitsForARunningRequest()
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
    }

    [Fact]
    public async Task B20_Ticks_NeverOverlap()
    {
        var (probe, grain) = New();
        await grain.Start(TimeSpan.Zero, Short, true, "slow").Soon();
        await probe.SeenAsync("tick", 8);
        await grain.Stop().Soon();
        Assert.Equal(1, probe.MostInside);
    }

    [Fact]
    public async Task B20_Period_CountsFromTheEndOfATick()
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
            var pause = TimeProvider.System.GetElapsedTime(ended[i], begun[i + 1]);
            Assert.True(pause >= period - TimeSpan.FromMilliseconds(20), $"Only {pause} between two ticks.");
        }
    }

    [Fact]
    public async Task B20_FailingTick_LeavesTheTimerRunning()
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
    }

    [Fact]
    public async Task B20_PlainTick_WaitsForARunningCall()
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
    }

    [Fact]
    public async Task B20_InterleavingTick_ComesDuringARunningCall()
    {
        var (probe, grain) = New();
        await grain.Start(TimeSpan.Zero, Short, true, "").Soon();
        var call = grain.Hold("gate");
        await probe.GateOf("gate").Entered;
        await probe.SeenAsync("tick", probe.Count("tick") + 3);
        probe.GateOf("gate").Open();
        await call.Soon();
        await grain.Stop().Soon();
    }

    [Fact]
    public async Task B20_ChangeInATick_AppliesAfterIt()
    {
        var (probe, grain) = New();
        await grain.Start(TimeSpan.Zero, Timeout.InfiniteTimeSpan, true, "change").Soon();
        await probe.SeenAsync("changed", 2);
        Assert.Equal(["tick", "changed", "tick", "changed"], probe.Entries);
    }

    [Fact]
    public async Task B20_DisposeInATick_CancelsItsTokenAndEndsTheTimer()
    {
        var (probe, grain) = New();
        await grain.Start(TimeSpan.Zero, TimeSpan.Zero, false, "dispose").Soon();
        await probe.SeenAsync("cancelled");
        probe.GateOf("gate").Open();
        await grain.Hold("gate").Soon();
        Assert.Equal(1, probe.Count("tick"));
    }

    [Fact]
    public async Task B21_DueTimeOver49Days_Throws()
    {
        var (_, grain) = New();
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            () => grain.Start(TimeSpan.FromDays(50), Timeout.InfiniteTimeSpan, false, "").Soon());
        await grain.Start(TimeSpan.FromDays(49), Timeout.InfiniteTimeSpan, false, "").Soon();
    }

    [Fact]
    public async Task B22_AmbientValues_DoNotFlowIntoTimers()
    {
        var (probe, grain) = New();
        await grain.Start(TimeSpan.Zero, Timeout.InfiniteTimeSpan, false, "ambient").Soon();
        await probe.SeenAsync("ambient none none");
    }

    private static long[] Timestamps(Probe probe, string prefix) =>
        [.. probe.Entries.Where(e => e.StartsWith(prefix, StringComparison.Ordinal))
            .Select(e => long.Parse(e[prefix.Length..], CultureInfo.InvariantCulture))];

    private (Probe Probe, ITimerGrain Grain) New()
    {
        var probe = Probe.New("timer");
        return (probe, _client.GetGrain<ITimerGrain>(probe.Key));
    }
}
