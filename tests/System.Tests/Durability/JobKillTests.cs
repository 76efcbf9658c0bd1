using System.Globalization;
using System.Numerics;
using System.Text.Json.Nodes;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.Durability;

/// <summary>
/// Kills workers and the service at random moments while jobs run, and compares what the jobs say with a plain computation.
/// By default five rounds; <c>make campaign-jobs</c> has a hundred.
/// </summary>
public sealed class JobKillTests : DataFolders
{
    private const int Items = 12_000;
    private const int Kills = 2;
    private static readonly int Rounds = Number("OTASK_JOBS_ROUNDS", 3);
    private static readonly TimeSpan EndLimit = TimeSpan.FromMinutes(3);
    private Service service = null!;
    private readonly WorkerProcess[] workers = new WorkerProcess[2];

    [Fact]
    public async Task KillAtRandomMoments_JobsGiveExactlyWhatAPlainComputationGives()
    {
        var rounds = new JsonArray();
        service = await Service.Start(Data, "--slots", "0", "--lease", "8s", "--grpc", RestartAddress.Next());
        try
        {
            for (var i = 0; i < workers.Length; i++)
                workers[i] = await StartWorker(i);
            for (var round = 1; round <= Rounds; round++)
                rounds.Add(await Round(round));
        }
        finally
        {
            foreach (var worker in workers)
                await worker.DisposeAsync();
            await service.DisposeAsync();
        }

        await CampaignEvidence.Write(
            "OTASK_JOBS_EVIDENCE",
            "kill -9 of workers and of the service while jobs run; every aggregate compared with a plain computation",
            new JsonObject { ["rounds"] = rounds });
    }

    private async Task<JsonObject> Round(int round)
    {
        var random = new Random(round);
        var texts = Enumerable.Range(0, Items).Select(static i => $"w{i % 7} W{i % 11}").ToArray();
        var squares = await Submit($$"""{"range":{"from":{{-round}},"to":{{Items - round}} } }""", "square", 17,
            """{"op":"sum"},{"op":"count"},{"op":"distinct"},{"op":"min"},{"op":"max"}""");
        var words = await Submit($$"""{"items":["{{string.Join("\",\"", texts)}}"]}""", "words", 13, """{"op":"groupCount"},{"op":"count"}""");
        var halves = await Submit(
            $$"""{"items":[{{string.Join(',', Enumerable.Range(0, Items).Select(static i => (i / 8.0).ToString("F3", CultureInfo.InvariantCulture)))}}]}""",
            "identity", 1 + round % 5, """{"op":"sum"},{"op":"mean"}""");
        var killed = new JsonArray();
        for (var kill = 0; kill < Kills; kill++)
        {
            var moment = random.Next(Items / 20, Items * (kill + 1) / (Kills + 1));
            await Until.Holds($"{moment} items are done", EndLimit, async () => (long)(await Get(squares))["itemsDone"]! >= moment);
            killed.Add(await Kill(random.Next(4)));
        }

        await Check(squares, new JsonObject
        {
            ["sum"] = Squares(-round, Items - round),
            ["count"] = Items,
            ["distinct"] = Items - round,
            ["min"] = 0,
            ["max"] = (long)(Items - round - 1) * (Items - round - 1),
        });
        await Check(words, new JsonObject
        {
            ["groupCount"] = new JsonArray([.. texts.SelectMany(static text => text.ToLowerInvariant().Split(' '))
                .GroupBy(static word => word).OrderBy(static word => word.Key, StringComparer.Ordinal)
                .Select(static word => new JsonObject { ["key"] = word.Key, ["count"] = word.Count() })]),
            ["count"] = 2 * Items,
        });
        await Check(halves, new JsonObject
        {
            ["sum"] = Items * (Items - 1L) / 16.0,
            ["mean"] = (Items - 1) / 16.0,
        });
        return new JsonObject { ["round"] = round, ["killed"] = killed, ["jobs"] = 3, ["items"] = 3 * Items, ["wrong"] = 0 };
    }

    private async Task<string> Submit(string source, string builtin, int chunkSize, string aggregates)
    {
        var spec = JsonNode.Parse($$"""
            {"source":{{source}},"process":{"builtin":"{{builtin}}"},"chunkSize":{{chunkSize}},"pace":{"itemsPerSecond":{{Items / 2}} },
             "aggregate":[{{aggregates}}]}
            """)!;
        using var response = await service.Post("/api/v1/jobs", spec);
        Assert.Equal(202, (int)response.StatusCode);
        return (string)JsonNode.Parse(await response.Content.ReadAsStringAsync())!["id"]!;
    }

    private async Task<string> Kill(int what)
    {
        if (what == 3)
        {
            var grpc = service.Grpc;
            await service.KillAll();
            await service.DisposeAsync();
            service = await Service.Start(Data, "--slots", "0", "--lease", "8s", "--grpc", grpc);
            return "service";
        }

        var worker = workers[what % 2];
        // The agent alone, so that its supervisor cleans up, or both.
        Signals.Send(worker.Agent, Signals.Kill);
        if (what == 2)
            Signals.Send(worker.Supervisor, Signals.Kill);
        await worker.End();
        await worker.DisposeAsync();
        workers[what % 2] = await StartWorker(what % 2);
        return worker.Name + (what == 2 ? " with its supervisor" : "");
    }

    private Task<WorkerProcess> StartWorker(int number) =>
        WorkerProcess.Start(service, $"w{number + 1}", In($"w{number + 1}"), "--slots", "2");

    private async Task Check(string id, JsonObject expected)
    {
        var job = await Get(id);
        for (var began = TimeProvider.System.GetTimestamp(); (string)job["state"]! == "running";)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < EndLimit, $"{job}\n{service.Log}");
            job = JsonNode.Parse(await service.Http.GetStringAsync($"/api/v1/jobs/{id}?wait=30s"))!;
        }

        Assert.True("succeeded" == (string)job["state"]!, job.ToJsonString());
        Assert.Equal(Items, (long)job["itemsDone"]!);
        Assert.Equal(Items, job["perNode"]!.AsArray().Sum(static share => (long)share!["items"]!));
        Assert.True(JsonNode.DeepEquals(expected, job["aggregate"]), $"{job["aggregate"]!.ToJsonString()}\nis not\n{expected.ToJsonString()}");
    }

    private async Task<JsonNode> Get(string id) => JsonNode.Parse(await service.Http.GetStringAsync($"/api/v1/jobs/{id}"))!;

    private static long Squares(long from, long to)
    {
        BigInteger sum = 0;
        for (var i = from; i < to; i++)
            sum += i * i;
        return (long)sum;
    }

    private static int Number(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var number) ? number : otherwise;
}
