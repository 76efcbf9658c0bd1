using System.Diagnostics.CodeAnalysis;
using OrleansTasks.Engine.Embedded;

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
            await code();
            done.SetResult();
        });
        return done.Task;
    }

    private void Until(Task task)
    {
        while (!task.IsCompleted)
            Assert.True(cluster.Step(), "It waits for ever.");
    }

    private void Pass(TimeSpan time)
    {
        var isOver = false;
        cluster.After(time, () => isOver = true);
        while (!isOver)
            cluster.Step();
    }
}
