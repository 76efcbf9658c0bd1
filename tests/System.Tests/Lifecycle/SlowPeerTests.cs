using System.Globalization;
using System.Net.Security;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.Lifecycle;

/// <summary>Peers that are slow on purpose cost no memory without a bound, and hold up nobody else.</summary>
[Collection(nameof(Alone))]
public sealed partial class SlowPeerTests : DataFolders
{
    // The budgets of answers and bodies, 192 MiB together, and what is made of them on the way.
    private const int MostGrowth = 450;

    private const int Times = 8;
    private const int Neighbours = 40;

    // With the spec of 1 MB each, more than half a gigabyte.
    private const int Crowd = 600;

    // Without the bound of connections, their answers are 640 MB.
    private const int WindowFlood = 400;
    private const int Refused = 8;
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
        await AnswersAreMade(service);

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
        await AnswersAreMade(service);

        await AssertNeighbourIsServed(service);
        AssertGrewLittle(service, before);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AllEventStreams_ThatNobodyReads_WhileTasksChange_CostLittle(bool isHttp2)
    {
        await using var service = await Service.Start(In("streams"), isHttp2 ? OwnCertificate.Options(In(""), "own") : []);
        using var peers = new SlowPeers(service);
        Task Ask(int times, string call) => isHttp2 ? peers.AskByHttp2(times, call) : peers.Ask(times, call);
        await Ask(ServiceLimits.EventStreams, "events");
        await Ask(ServiceLimits.LiveStreams, "live?topics=tasks,queues,counts&every=250ms");
        // By HTTP/2 the service notices sooner that nobody reads: it may have cut the first before the last is open.
        if (isHttp2)
            await peers.AwaitAnswers().WaitAsync(CutLimit, TimeProvider.System);
        else
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
    public async Task Http2ReadersWithAWindowOfZero_CostLittle_AndOthersSpeakHttp11()
    {
        await using var service = await Service.Start(In("windows"), OwnCertificate.Options(In(""), "own"));
        // Answers of less than 64 KiB are not counted as large, and Kestrel ends their requests before a byte is sent.
        var spec = new JsonObject { ["cmd"] = $": {new string('x', 50_000)}", ["runAt"] = "2199-01-01T00:00:00Z" };
        using var stored = await service.Post("/api/v1/tasks", spec);
        var path = $"/api/v1/tasks/{(string)JsonNode.Parse(await stored.Content.ReadAsStringAsync())!["id"]!}";
        var before = Resident(service, isPeak: false);
        ForgetPeak(service);

        List<RawHttp2> flood = [];
        try
        {
            while (flood.Count < WindowFlood)
            {
                var peer = await RawHttp2.Connect(service.Url, SslApplicationProtocol.Http2, SslApplicationProtocol.Http11);
                flood.Add(peer);
                for (var i = 0; peer.IsHttp2 && i < ServiceLimits.Http2Streams; i++)
                    await peer.Ask(path);
            }

            // A service that no longer keeps up has sent no answer yet.
            var speakers = flood.Where(static peer => peer.IsHttp2).ToArray();
            Assert.Equal(ServiceLimits.Http2Streams, await speakers[^1].ReadMostStreams());
            var closed = 0;
            foreach (var peer in speakers)
            {
                try
                {
                    Assert.Equal((ServiceLimits.Http2Streams, 0), await peer.ReadStreams(ServiceLimits.Http2Streams));
                }
                catch (IOException)
                {
                    // The service has given this one up, and its place is free again.
                    closed++;
                }
            }

            AssertGrewLittle(service, before);
            Assert.InRange(speakers.Length, ServiceLimits.Http2Connections, ServiceLimits.Http2Connections + closed);
            Assert.InRange(await Metric(service, "orleanstasks_http2_connections"), 1, ServiceLimits.Http2Connections);
            await AssertNeighbourIsServed(service);
        }
        finally
        {
            flood.ForEach(static peer => peer.Dispose());
        }

        await Until.Holds("their places are free", CutLimit, async () => await Metric(service, "orleanstasks_http2_connections") == 0);
        using var later = await RawHttp2.Connect(service.Url, SslApplicationProtocol.Http2);
        Assert.True(later.IsHttp2);
    }

    [Fact]
    public async Task Http2_StreamsBeyondTheBound_AreRefused_AndNobodySpeaksItUnasked()
    {
        await using var service = await Service.Start(In("bound"), OwnCertificate.Options(In(""), "own"));
        using var peer = await RawHttp2.Connect(service.Url, SslApplicationProtocol.Http2);
        for (var i = 0; i < ServiceLimits.Http2Streams + Refused; i++)
            await peer.Ask("/api/v1/events");
        Assert.Equal((ServiceLimits.Http2Streams, Refused), await peer.ReadStreams(ServiceLimits.Http2Streams + Refused));

        using var shy = await RawHttp2.Connect(service.Url);
        await shy.Begin();
        Assert.StartsWith("HTTP/1.1 505 ", await shy.ReadToEnd(), StringComparison.Ordinal);
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

    // Making the answers keeps the processor busy for seconds. After that, only the readers can hold up a neighbour.
    private static Task AnswersAreMade(Service service)
    {
        var held = -1.0;
        return Until.Holds("the answers wait for their readers", CutLimit, async () =>
        {
            var last = held;
            held = await Metric(service, "orleanstasks_answers_bytes");
            return held == last;
        });
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
