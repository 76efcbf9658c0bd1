using System.Collections.Immutable;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansTasks.Client.Figures;
using OrleansTasks.Client.Http;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Client.Tests.Gateway;
using OrleansTasks.Cluster;
using OrleansTasks.Cluster.Link;
using OrleansTasks.Cluster.Status;
using OrleansTasks.Nodes;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Tests.Figures;

/// <summary>
/// What a gateway collects each second, on a clock that a test moves, and what it keeps over a restart.
/// </summary>
public sealed class FigureCollectorTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("orleanstasks-");
    private readonly VirtualTime time = new();
    private readonly ScriptedGrains grains = new();
    private readonly CountingEngine engine = new();

    public void Dispose() => folder.Delete(recursive: true);

    [Fact]
    public async Task Run_EachSecond_NotesCountsAndNodesAndKeepsTheWeekOverARestart()
    {
        grains.Fleet.Nodes = [new NodeView("w1", NodeState.Ready, 4, 3, [], "", "", 0, 0.5, 7, Limits.None)];
        using (var collector = Collector())
        {
            await collector.StartAsync(TestContext.Current.CancellationToken);
            for (var second = 0; second < 520; second++)
                await Second();
            var reading = collector.Read(Query("names=slots.used,tasks.accepted&from=-10s"));
            Assert.Equal(Enumerable.Repeat((double?)3, 10), reading.Series[0].Values);
            Assert.Equal(Enumerable.Repeat((double?)2, 10), reading.Series[1].Values);
            await collector.StopAsync(TestContext.Current.CancellationToken);
        }

        time.Advance(TimeSpan.FromMinutes(10));
        using var next = Collector();
        await next.StartAsync(TestContext.Current.CancellationToken);
        await Second();
        var week = next.Read(Query("names=tasks.accepted&from=-1d")).Series.Single().Values;
        Assert.Contains(600, week);
        Assert.Null(week[^1]);
        await next.StopAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Run_SiloIsAway_NotesNothingAndGoesOn()
    {
        using var collector = Collector();
        await collector.StartAsync(TestContext.Current.CancellationToken);
        for (var second = 0; second < 3; second++)
            await Second();
        engine.IsAway = true;
        await Second();
        await Second();
        engine.IsAway = false;
        await Second();
        await Second();

        var values = collector.Read(Query("names=tasks.accepted&from=-5s")).Series.Single().Values;
        // What happened while the silo was away is told by the first reading after.
        Assert.Equal([2, 2, null, null, 6], values);
        await collector.StopAsync(TestContext.Current.CancellationToken);
    }

    private async Task Second()
    {
        await Eventually.True(() => time.Timers > 0);
        var before = engine.Readings;
        time.Advance(TimeSpan.FromSeconds(1));
        await Eventually.True(() => engine.Readings > before);
        await Eventually.True(() => engine.IsAway || engine.IsRead());
    }

    private FigureCollector Collector()
    {
        var collector = new FigureCollector(
            new GatewayGrains(grains.Factory), engine, new LocalCluster(),
            new FigureOptions(Path.Combine(folder.FullName, "figures")), time, NullLogger<FigureCollector>.Instance);
        engine.IsRead = () => collector.Read((book, now) => book.Now == now);
        return collector;
    }

    private SeriesQuery Query(string query) => SeriesQuery.Read(
        QueryValues.Read(new Microsoft.AspNetCore.Http.QueryString("?" + query), SeriesQuery.Parameters),
        time.GetUtcNow());

    /// <summary>One silo that accepts two tasks between readings.</summary>
    private sealed class CountingEngine : IEngineWatch
    {
        private int readings;

        public bool IsAway { get; set; }

        public int Readings => Volatile.Read(ref readings);

        public Func<bool> IsRead { get; set; } = static () => true;

        public Task<EngineStatus> Read() => throw new NotSupportedException();

        public Task<ImmutableArray<SiloFigures>> Figures()
        {
            var count = Interlocked.Increment(ref readings);
            return IsAway
                ? throw new TimeoutException()
                : Task.FromResult<ImmutableArray<SiloFigures>>(
                    [new SiloFigures(
                        "a", 1, 0, 0, 0, 0, [], [new QueueFigure("q", count * 2, 0, 0, [0], [], [])], [])]);
        }
    }
}
