using System.Diagnostics.CodeAnalysis;
using Orleans.Serialization;
using OrleansTasks.Simulation.Engine;

namespace OrleansTasks.Simulation.Tests;

/// <summary>The simulated mode by itself.</summary>
public sealed class SimClusterTests : IDisposable
{
    private readonly SimCluster cluster = new(new SimClusterOptions
    {
        Seed = 1, GrainAssemblies = [typeof(SimClusterTests).Assembly], ResponseTimeout = TimeSpan.FromSeconds(30),
    });

    public void Dispose() => cluster.Dispose();

    [Fact]
    public void Kill_CallUnderWay_FailsOnlyWhenTheMembershipKnows()
    {
        var silo = cluster.StartSilo("s1");
        var gateway = cluster.StartSilo("gateway", isClient: true);
        Exception? failure = null;
        var began = cluster.Clock.GetUtcNow();
        var call = Client(gateway, async () =>
            failure = await Record.ExceptionAsync(() => gateway.Grains.GetGrain<IEchoGrain>("a").WaitFor(TimeSpan.FromMinutes(1))));
        Pass(TimeSpan.FromSeconds(1));
        silo.Kill();
        Pass(TimeSpan.FromSeconds(2.9));
        Assert.Null(failure);
        Until(call);
        Assert.IsType<SiloUnavailableException>(failure);
        Assert.InRange(cluster.Clock.GetUtcNow() - began, TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(7));
    }

    [Fact]
    public void Kill_LaterCall_ReachesAnActivationElsewhere()
    {
        var first = cluster.StartSilo("s1");
        var gateway = cluster.StartSilo("gateway", isClient: true);
        Until(Client(gateway, () => gateway.Grains.GetGrain<IEchoGrain>("a").Count()));
        cluster.StartSilo("s2");
        first.Kill();
        Pass(TimeSpan.FromSeconds(7));
        var count = 0;
        Until(Client(gateway, async () => count = await gateway.Grains.GetGrain<IEchoGrain>("a").Count()));
        Assert.Equal(1, count);
    }

    [Fact]
    public void Forget_NextCall_MeetsASecondActivation()
    {
        cluster.StartSilo("s1");
        var gateway = cluster.StartSilo("gateway", isClient: true);
        var grain = gateway.Grains.GetGrain<IEchoGrain>("a");
        var counts = new List<int>();
        Until(Client(gateway, async () =>
        {
            counts.Add(await grain.Count());
            counts.Add(await grain.Count());
            Assert.True(cluster.Forget(grain));
            counts.Add(await grain.Count());
        }));
        Assert.Equal([1, 2, 1], counts);
    }

    [Fact]
    public void Cut_CallBetween_TimesOutAndWorksAgainAfterwards()
    {
        cluster.StartSilo("s1");
        var gateway = cluster.StartSilo("gateway", isClient: true);
        var grain = gateway.Grains.GetGrain<IEchoGrain>("a");
        cluster.Network.Cut("gateway", "s1");
        Until(Client(gateway, async () =>
        {
            await Assert.ThrowsAsync<TimeoutException>(grain.Count);
            cluster.Network.Heal("s1", "gateway");
            Assert.Equal(1, await grain.Count());
        }));
    }

    [Fact]
    public void Pause_CallMeanwhile_IsAnsweredWhenTheSiloGoesOn()
    {
        var silo = cluster.StartSilo("s1");
        var gateway = cluster.StartSilo("gateway", isClient: true);
        silo.Pause();
        var count = 0;
        var call = Client(gateway, async () => count = await gateway.Grains.GetGrain<IEchoGrain>("a").Count());
        Pass(TimeSpan.FromSeconds(10));
        Assert.Equal(0, count);
        silo.Continue();
        Until(call);
        Assert.Equal(1, count);
        Assert.True(silo.HeldUp > 0);
    }

    [Fact]
    public void Pause_TimerDueMeanwhile_TicksAsSoonAsTheSiloGoesOn()
    {
        var silo = cluster.StartSilo("s1");
        var gateway = cluster.StartSilo("gateway", isClient: true);
        var call = Client(gateway, () => gateway.Grains.GetGrain<IEchoGrain>("a").WaitFor(TimeSpan.FromSeconds(5)));
        Pass(TimeSpan.FromSeconds(1));
        silo.Pause();
        Pass(TimeSpan.FromSeconds(20));
        Assert.False(call.IsCompleted);
        silo.Continue();
        Pass(TimeSpan.FromMilliseconds(10));
        Assert.True(call.IsCompleted);
    }

    [Fact]
    public void Pause_LongerThanTheMembershipWaits_SiloIsDeclaredDeadAndDiesWhenItGoesOn()
    {
        var silo = cluster.StartSilo("s1");
        var gateway = cluster.StartSilo("gateway", isClient: true);
        var grain = gateway.Grains.GetGrain<IEchoGrain>("a");
        Until(Client(gateway, grain.Count));
        cluster.StartSilo("s2");
        silo.Pause();
        Pass(TimeSpan.FromSeconds(7));
        var count = 0;
        Until(Client(gateway, async () => count = await grain.Count()));
        Assert.Equal(1, count);
        Assert.True(silo.IsAlive);
        silo.Continue();
        Pass(TimeSpan.FromSeconds(3));
        Assert.False(silo.IsAlive);
    }

    [Fact]
    public void DeclareDead_LivingSilo_ItsCallersHearThatItIsDeadWhileItsGrainGoesOn()
    {
        var silo = cluster.StartSilo("s1");
        var gateway = cluster.StartSilo("gateway", isClient: true);
        var grain = gateway.Grains.GetGrain<IEchoGrain>("a");
        var isOver = false;
        var call = Client(gateway, async () =>
        {
            await Assert.ThrowsAsync<SiloUnavailableException>(() => grain.WaitFor(TimeSpan.FromSeconds(2)));
            isOver = true;
        });
        Pass(TimeSpan.FromSeconds(1));
        cluster.StartSilo("s2");
        // It learns at a time of chance: so late that the rest comes first.
        cluster.DeclareDead(silo, learns: TimeSpan.FromHours(1));
        Until(call);
        Assert.True(isOver);
        Assert.Single(silo.Instances);
        Until(Client(silo, () => silo.Grains.GetGrain<IEchoGrain>("a").Count()));
        Assert.Single(silo.Instances);
        Pass(TimeSpan.FromHours(1));
        Assert.False(silo.IsAlive);
    }

    [Fact]
    public void Kill_CallFromTheKilledSilo_RunsAtItsCallee()
    {
        var silo = cluster.StartSilo("s1");
        var caller = cluster.StartSilo("gateway", isClient: true);
        var counted = 0;
        _ = Client(caller, () => caller.Grains.GetGrain<IEchoGrain>("a").Count());
        while (!silo.Instances.Any())
            cluster.Step();
        caller.Kill();
        Pass(TimeSpan.FromSeconds(1));
        var other = cluster.StartSilo("other", isClient: true);
        Until(Client(other, async () => counted = await other.Grains.GetGrain<IEchoGrain>("a").Count()));
        Assert.Equal(2, counted);
    }

    [Fact]
    public void Call_FailsWithAnExceptionThatCannotBeSent_IsToldAndTheCallerElsewhereGetsTheSerializersOwn()
    {
        cluster.StartSilo("s1");
        var gateway = cluster.StartSilo("gateway", isClient: true);
        var grain = gateway.Grains.GetGrain<IEchoGrain>("a");
        Exception? odd = null, plain = null, told = null;
        cluster.SerializationFailed = failure => told = failure;
        Until(Client(gateway, async () =>
        {
            odd = await Record.ExceptionAsync(() => grain.Fail(oddly: true));
            plain = await Record.ExceptionAsync(() => grain.Fail(oddly: false));
        }));
        Assert.IsType<CodecNotFoundException>(odd);
        Assert.IsType<CodecNotFoundException>(told);
        Assert.Contains(nameof(OddException), odd.Message, StringComparison.Ordinal);
        Assert.IsType<InvalidOperationException>(plain);
    }

    [Fact]
    public void Stops_ItemOfAMebibyte_IsTold()
    {
        var told = 0;
        cluster.Streams.Happened = what => told += what == "stream-stuck" ? 1 : 0;
        Assert.False(cluster.Streams.Stops((1 << 20) - 1));
        Assert.True(cluster.Streams.Stops(1 << 20));
        Assert.Equal(1, told);
    }

    [Fact]
    public void Forget_OtherSilosCaches_StillReachTheForgottenActivationForAWhile()
    {
        cluster.StartSilo("s1");
        string[] names = ["c1", "c2", "c3", "c4", "c5", "c6", "c7", "c8"];
        SimSilo[] callers = [.. names.Select(name => cluster.StartSilo(name, isClient: true))];
        Assert.Equal(3, CountFrom(callers[0], 3));
        Assert.True(cluster.Forget(callers[0].Grains.GetGrain<IEchoGrain>("a")));
        var counts = callers.Select(caller => CountFrom(caller, 1)).ToArray();
        Assert.Contains(4, counts);
        Assert.Contains(1, counts);
        Pass(TimeSpan.FromSeconds(11));
        var later = callers.Select(caller => CountFrom(caller, 1)).ToArray();
        Assert.Equal(Enumerable.Range(later[0], names.Length), later);
    }

    [Fact]
    [SuppressMessage("Usage", "xUnit1030", Justification = "It is to escape.")]
    public void Step_WorkEscapesToTheThreadPool_FailsWithBothStacks()
    {
        cluster.StartSilo("s1");
        var gateway = cluster.StartSilo("gateway", isClient: true);
        var escaped = new ManualResetEventSlim();
        var hasBegun = false;
        var process = gateway.NewProcess("client");
        process.Run(async () =>
        {
            hasBegun = true;
            await Task.Run(() => { }, CancellationToken.None).ConfigureAwait(false);
            process.Post(escaped.Set);
            escaped.Set();
        });
        while (!hasBegun)
            cluster.Step();
        escaped.Wait(TestContext.Current.CancellationToken);

        var failure = Assert.Throws<SimulationException>(() => cluster.Step());
        Assert.Contains(nameof(Step_WorkEscapesToTheThreadPool_FailsWithBothStacks), failure.Message, StringComparison.Ordinal);
        Assert.Contains("Meanwhile", failure.Message, StringComparison.Ordinal);
    }

    private static Task Client(SimSilo gateway, Func<Task> code)
    {
        var done = new TaskCompletionSource();
        gateway.NewProcess("client").Run(async () =>
        {
            try
            {
                await code();
                done.SetResult();
            }
            catch (Exception failure)
            {
                done.SetException(failure);
            }
        });
        return done.Task;
    }

    private int CountFrom(SimSilo caller, int times)
    {
        var count = 0;
        Until(Client(caller, async () =>
        {
            for (var i = 0; i < times; i++)
                count = await caller.Grains.GetGrain<IEchoGrain>("a").Count();
        }));
        return count;
    }

    private void Until(Task task)
    {
        var isLate = false;
        cluster.After(TimeSpan.FromMinutes(1), () => isLate = true);
        while (!task.IsCompleted)
            Assert.True(cluster.Step() && !isLate, $"It waits for ever; alive: {string.Join(", ", cluster.Silos.Select(static s => s.Name))}.");
        task.GetAwaiter().GetResult();
    }

    private void Pass(TimeSpan time)
    {
        var isOver = false;
        cluster.After(time, () => isOver = true);
        while (!isOver)
            Assert.True(cluster.Step(), "Time stands still.");
    }
}
