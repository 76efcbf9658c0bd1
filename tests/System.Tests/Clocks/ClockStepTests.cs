using System.Globalization;
using System.Text.Json.Nodes;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.Clocks;

/// <summary>
/// Sets the wall clock of running services, forward and back, and has them do work of every kind. Some rounds are fixed;
/// <c>make campaign-clock</c> draws others.
/// </summary>
[Trait("Needs", "faketime")]
public sealed class ClockStepTests : DataFolders
{
    private static readonly TimeSpan Soon = TimeSpan.FromMinutes(1);

    // Attention rests for 50 times as long as it took.
    private static readonly TimeSpan Judged = TimeSpan.FromMinutes(5);

    private static readonly int Drawn = int.Parse(
        Environment.GetEnvironmentVariable("OTASK_CLOCK_ROUNDS") ?? "0", CultureInfo.InvariantCulture);

    private static readonly int Seed = int.Parse(
        Environment.GetEnvironmentVariable("OTASK_CLOCK_SEED") ?? "1", CultureInfo.InvariantCulture);

    /// <summary>The seen fault: no grain could be activated until the clock had caught up.</summary>
    [Fact]
    public async Task Clock_StartedHoursAheadAndCorrected_ChangesNothingForCallers() =>
        await Round("8h", [TimeSpan.FromHours(8), TimeSpan.Zero]);

    [Fact]
    public async Task Clock_SetForwardAndBack_ChangesNothingForCallers() =>
        await Round("mixed", [TimeSpan.Zero, TimeSpan.FromDays(400), -TimeSpan.FromMinutes(16), TimeSpan.FromHours(3), -TimeSpan.FromDays(400)]);

    /// <summary>The rounds of the campaign. By default there are none.</summary>
    [Fact]
    public async Task Clock_SetAtRandom_ChangesNothingForCallers()
    {
        var steps = new JsonArray();
        for (var round = 0; round < Drawn; round++)
        {
            var leads = Leads(new Random(Seed + round), 5);
            foreach (var lead in leads)
                steps.Add((JsonNode)lead.TotalSeconds);
            await Round($"r{round}", leads);
        }

        Assert.Equal(Drawn * 5, steps.Count);
        await CampaignEvidence.Write(
            "OTASK_CLOCK_EVIDENCE", "the wall clock of one silo is set while it runs; after each step, work of every kind", new JsonObject
            {
                ["seed"] = Seed, ["rounds"] = Drawn, ["secondsFromTheTrueTime"] = steps,
            });
    }

    [Fact]
    public async Task Wait_BeganBeforeAStepBack_EndsInItsTime()
    {
        var clock = new FakeClock(Directory.CreateDirectory(In("clocks")).FullName);
        clock.Set(TimeSpan.FromHours(8));
        await using var service = await Start(clock, "data");
        using var posted = await service.Post("/api/v1/jobs", JsonNode.Parse(
            """{"source":{"range":{"from":0,"to":100000}},"process":{"builtin":"identity"},"pace":{"itemsPerSecond":10}}""")!);
        var job = (string)JsonNode.Parse(await posted.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!["id"]!;
        var task = await service.Submit("sleep 600");

        var waits = new[] { $"/api/v1/jobs/{job}?wait=5s", $"/api/v1/tasks/{task}?wait=5s" }
            .Select(path => service.Http.GetStringAsync(path, TestContext.Current.CancellationToken)).ToArray();
        await clock.Set(TimeSpan.Zero, service.Url);
        var answers = await Task.WhenAll(waits).WaitAsync(Soon, TimeProvider.System, TestContext.Current.CancellationToken);

        Assert.All(answers, static answer => Assert.Null((string?)JsonNode.Parse(answer)!["endedAt"]));
    }

    /// <summary>Orleans notes by the wall clock when a connection failed, to try again a moment later.</summary>
    [Fact]
    public async Task ClockOfAGateway_IsSetBackWhileItsSiloIsAway_FindsTheSiloThatIsBack()
    {
        var clock = new FakeClock(Directory.CreateDirectory(In("clocks")).FullName);
        clock.Set(TimeSpan.FromHours(8));
        string[] place = ["--listen", RestartAddress.Next()];
        var silo = await Service.StartSilo(In("silo"), place);
        await using var gateway = await Service.Start(
            BuiltPrograms.Client, ["--http", "127.0.0.1:0", "--silo", silo.Silo], "", clock.Environment);
        await gateway.Submit("true");
        silo.Terminate();
        Assert.Equal(0, await silo.End());
        await silo.DisposeAsync();
        await Until.Holds("the gateway has noticed", Soon, async () => !await IsReady());

        await clock.Set(TimeSpan.Zero, gateway.Url);
        await using var again = await Service.StartSilo(In("silo"), place);

        await Until.Holds("the gateway has found the silo", TimeSpan.FromMinutes(1), IsReady);
        await gateway.Submit("true");

        async Task<bool> IsReady()
        {
            using var answer = await gateway.Http.GetAsync("/readyz");
            return answer.IsSuccessStatusCode;
        }
    }

    // Up to 400 days in both directions, and from minutes on: one as probable as another of ten times its size.
    internal static TimeSpan[] Leads(Random random, int count) =>
        [.. Enumerable.Range(0, count).Select(_ => TimeSpan.FromMinutes(Math.Pow(400 * 1440, random.NextDouble())) * (random.Next(2) == 0 ? 1 : -1))];

    private static Task<Service> Start(FakeClock clock, string data) => Service.Start(
        BuiltPrograms.AllInOne, ["--data", data, "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0", "--slots", "4"],
        data, clock.Environment);

    private async Task Round(string name, TimeSpan[] leads)
    {
        var data = In(name);
        var clock = new FakeClock(Directory.CreateDirectory(In(name + "-clock")).FullName);
        clock.Set(leads[0]);
        await using var service = await Start(clock, data);
        using var work = new Work(service, clock);
        work.Listen();
        await work.Begin();
        for (var step = 1; step < leads.Length; step++)
        {
            var by = leads[step] - leads[step - 1];
            await clock.Set(leads[step], service.Url);
            await work.Round($"{step}");
            await Until.Holds($"attention tells of the step by {by}", Judged, async () =>
                (await work.Attention("clock-stepped")) is [var told]
                && ((string)told["title"]!).Contains(by < TimeSpan.Zero ? "set back by" : "set forward by", StringComparison.Ordinal));
        }

        // What failed unseen is in the log.
        Assert.DoesNotContain(" fail: ", service.Log, StringComparison.Ordinal);
        service.Terminate();
        Assert.Equal(0, await service.End());
    }
}
