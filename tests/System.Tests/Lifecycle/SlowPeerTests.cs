using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.Lifecycle;

/// <summary>Peers that are slow on purpose cost no memory without a bound, and hold up nobody else.</summary>
public sealed partial class SlowPeerTests : DataFolders
{
    // The budgets of answers and bodies, 192 MiB together, and what is made of them on the way.
    private const int MostGrowth = 450;

    private const int Times = 8;
    private const int Neighbours = 40;

    // With the spec of 1 MB each, more than half a gigabyte.
    private const int Crowd = 600;
    private static readonly TimeSpan MostOfNeighbour = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan CutLimit = TimeSpan.FromSeconds(120);

    [Fact]
    public async Task ReadersOfEveryCall_ThatDoNotRead_CostLittle_HoldUpNobody_AndAreCut()
    {
        await using var service = await Service.Start(In("readers"));
        using var peers = new SlowPeers(service);
        await peers.Fill();
        var calls = await peers.Calls();
        Assert.Contains(calls, static call => call is { Method: "GET", Path: "/api/v1/rollouts" });
        var before = Resident(service, isPeak: false);
        ForgetPeak(service);

        foreach (var (_, path, _, query) in calls.Where(static call => call.Method == "GET"))
            await peers.ReadNothing(Times, path, query);
        for (var i = 0; i < Times; i++)
            await peers.ReadNothingOfTool();

        await AssertNeighbourIsServed(service);
        AssertGrewLittle(service, before);
        await Until.Holds(
            "slow readers are cut, and give back what they held", CutLimit,
            async () => await Metric(service, "orleanstasks_answers_cut_total") > 0 && await Metric(service, "orleanstasks_answers_bytes") == 0);
        using var list = await service.Http.GetAsync("/api/v1/tasks?limit=2");
        Assert.Equal(200, (int)list.StatusCode);
    }

    [Theory]
    [InlineData("tasks/{tasks}")]
    [InlineData("tasks/{tasks}?wait=60s")]
    [InlineData("tasks/{tasks}/logs?follow=true")]
    [InlineData("rollouts/{rollouts}?wait=60s")]
    [InlineData("jobs/{jobs}?wait=60s")]
    [InlineData("jobs/{jobs}/failures?limit=1000")]
    public async Task ManyCallsAboutOneLargeThing_ThatNobodyReads_CostLittle(string call)
    {
        await using var service = await Service.Start(In("one"));
        using var peers = new SlowPeers(service);
        await peers.Fill();
        if (call.StartsWith("jobs", StringComparison.Ordinal))
            await peers.FailLargely();
        var before = Resident(service, isPeak: false);
        ForgetPeak(service);

        // Jobs take more each.
        await peers.Ask(call.StartsWith("jobs", StringComparison.Ordinal) ? Crowd / 3 : Crowd, call);

        await AssertNeighbourIsServed(service);
        AssertGrewLittle(service, before);
    }

    [Fact]
    public async Task AllEventStreams_ThatNobodyReads_WhileTasksChange_CostLittle()
    {
        await using var service = await Service.Start(In("streams"));
        using var peers = new SlowPeers(service);
        await peers.Ask(ServiceLimits.EventStreams, "events");
        await peers.Ask(ServiceLimits.LiveStreams, "live?topics=tasks,queues,counts&every=250ms");
        await Until.Holds(
            "all streams are open", CutLimit,
            async () => await Metric(service, "kestrel_active_connections") >= ServiceLimits.EventStreams + ServiceLimits.LiveStreams);
        var before = Resident(service, isPeak: false);
        ForgetPeak(service);

        await peers.Fill();

        await AssertNeighbourIsServed(service);
        AssertGrewLittle(service, before);
    }

    [Fact]
    public async Task SendersOfEveryBody_ThatDoNotEnd_CostLittle_HoldUpNobody_AndAreRefusedOrCut()
    {
        await using var service = await Service.Start(In("senders"));
        using var peers = new SlowPeers(service);
        var before = Resident(service, isPeak: false);
        ForgetPeak(service);

        foreach (var (method, path, _, _) in (await peers.Calls()).Where(static call => call.HasBody))
            await peers.SendAlmostAll(2 * Times, method, path);

        await AssertNeighbourIsServed(service);
        await Until.Holds(
            "bodies that do not come are refused", CutLimit, async () => await Metric(service, "orleanstasks_bodies_refused_total") > 0);
        await Until.Holds(
            "what they held is given back", CutLimit, async () => await Metric(service, "orleanstasks_bodies_bytes") == 0);
        AssertGrewLittle(service, before);

        // Bodies that break off.
        await peers.SendAlmostAll(Times, "POST", "/api/v1/tasks");
        peers.Dispose();
        await Until.Holds(
            "their connections are closed", CutLimit, async () => await Metric(service, "kestrel_active_connections") <= 2);
        Assert.DoesNotContain("Kestrel", service.Log, StringComparison.Ordinal);
    }

    private static void AssertGrewLittle(Service service, int before)
    {
        var growth = Resident(service, isPeak: true) - before;
        Assert.True(growth < MostGrowth, $"{growth} MiB more than {before} MiB");
    }

    private static async Task AssertNeighbourIsServed(Service service)
    {
        for (var i = 0; i < Neighbours; i++)
        {
            var began = TimeProvider.System.GetTimestamp();
            using var answer = await service.Post("/api/v1/tasks", new JsonObject { ["cmd"] = "true", ["queue"] = "neighbour" });
            Assert.Equal(202, (int)answer.StatusCode);
            var took = TimeProvider.System.GetElapsedTime(began);
            Assert.True(took < MostOfNeighbour, $"A neighbour's task took {took}");
        }
    }

    private static async Task<double> Metric(Service service, string name)
    {
        var text = await service.Http.GetStringAsync("/metrics");
        return text.Split('\n').Where(line => line.StartsWith(name, StringComparison.Ordinal) && line.Length > name.Length && line[name.Length] is ' ' or '{')
            .Sum(static line => double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture));
    }

    private static int Resident(Service service, bool isPeak)
    {
        var status = File.ReadAllText($"/proc/{service.Agent}/status");
        var kilobytes = (isPeak ? PeakLine() : NowLine()).Match(status).Groups[1].Value;
        return int.Parse(kilobytes, CultureInfo.InvariantCulture) / 1024;
    }

    // 5 resets the peak of the resident memory.
    private static void ForgetPeak(Service service) => File.WriteAllText($"/proc/{service.Agent}/clear_refs", "5");

    [GeneratedRegex(@"VmRSS:\s+(\d+) kB")]
    private static partial Regex NowLine();

    [GeneratedRegex(@"VmHWM:\s+(\d+) kB")]
    private static partial Regex PeakLine();
}
