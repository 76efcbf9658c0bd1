using System.Net;
using System.Text.Json.Nodes;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.Apart;

/// <summary>A silo and a gateway as two processes on one machine.</summary>
public sealed class OrleansApartTests : DataFolders
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task MakeSiloAndMakeGateway_Together_DoWhatOneProcessDoes()
    {
        await using var silo = await Service.Start("make",
            [.. BuiltPrograms.MakeAsBuilt, "silo", $"ARGS=--data {Data} --listen 127.0.0.1:0 --grpc 127.0.0.1:0"], Data);
        await using var gateway = await Service.Start("make",
            [.. BuiltPrograms.MakeAsBuilt, "gateway", $"ARGS=--silo {silo.Silo} --http 127.0.0.1:0"], "");
        var file = In("hello");
        using var events = await OpenEvents(gateway);

        var curl = await Finished.Run("curl", "-sS", "-X", "POST", "-H", "Content-Type: application/json",
            "-d", $$"""{"cmd":"touch {{file}}; echo made"}""", $"{gateway.Url}tasks");
        Assert.Equal(0, curl.ExitCode);
        var id = (string)JsonNode.Parse(curl.Output)!["id"]!;
        Assert.Equal("succeeded", (string?)(await gateway.Ended(id))["state"]);
        Assert.True(File.Exists(file));
        Assert.Equal("made\n", await gateway.Http.GetStringAsync($"/api/v1/tasks/{id}/output/stdout"));
        Assert.Contains("event: end", await gateway.Http.GetStringAsync($"/api/v1/tasks/{id}/logs?follow=true"), StringComparison.Ordinal);
        Assert.Contains(id, await NextEvent(events, id), StringComparison.Ordinal);

        using var batch = await gateway.Post("/api/v1/tasks/batch",
            new JsonObject { ["tasks"] = new JsonArray([.. Enumerable.Range(0, 50).Select(static _ => new JsonObject { ["cmd"] = "true" })]) });
        var batchId = (string)JsonNode.Parse(await batch.Content.ReadAsStringAsync())!["batch"]!;
        var counts = JsonNode.Parse(await gateway.Http.GetStringAsync($"/api/v1/batches/{batchId}?wait=60s"))!;
        Assert.True((bool)counts["ended"]!, counts.ToString());
        Assert.Equal(50, (int)counts["byState"]!["succeeded"]!);

        var cluster = JsonNode.Parse(await gateway.Http.GetStringAsync("/api/v1/cluster"))!;
        Assert.Equal("Orleans", (string?)cluster["engine"]);
        Assert.Equal("Active", (string?)cluster["silos"]![0]!["state"]);
        Assert.Equal("healthy", (string?)cluster["store"]!["health"]);
        Assert.True(cluster["calls"]!.AsArray().Any(static call => (string?)call!["method"] == "Submit"), cluster.ToString());
        Assert.Equal("ready\n", await gateway.Http.GetStringAsync("/readyz"));
        Assert.Contains("<html", await gateway.Http.GetStringAsync("/dashboard/"), StringComparison.OrdinalIgnoreCase);
        await Until.Holds("the dashboard has the silo's figures", Patience, async () =>
            JsonNode.Parse(await gateway.Http.GetStringAsync("/dashboard/DashboardCounters"))!["hosts"]!.AsArray().Count == 1);
    }

    [Fact]
    public async Task SiloKilled_GatewayAnswers503UntilItIsBack_AndNothingIsLost()
    {
        var silo = await Service.StartSilo(Data, "--lease", "8s", "--slots", "2");
        await using var gateway = await Service.StartGateway(silo.Silo);
        using var events = await OpenEvents(gateway);
        // The wait is under way long before the silo dies: 100 more tasks are accepted first.
        var waited = gateway.Ended(await gateway.Submit("sleep 3"));
        var tasks = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => gateway.Submit("sleep 0.05")));

        await silo.KillAll();
        await Until.Holds("the gateway knows that the silo is gone", Patience, async () =>
        {
            using var ready = await gateway.Http.GetAsync("/readyz");
            return (int)ready.StatusCode == 503;
        });
        using (var refused = await gateway.Post("/tasks", new JsonObject { ["cmd"] = "true" }))
        {
            var problem = JsonNode.Parse(await refused.Content.ReadAsStringAsync())!;
            Assert.Equal(503, (int)refused.StatusCode);
            Assert.Equal("not-ready", (string?)problem["code"]);
            Assert.NotNull(refused.Headers.RetryAfter);
        }

        Assert.Equal("alive\n", await gateway.Http.GetStringAsync("/livez"));
        using (var page = await gateway.Http.GetAsync("/plain"))
            Assert.Equal(503, (int)page.StatusCode);

        await using var restarted = await Service.StartSilo(Data, "--lease", "8s", "--slots", "2", "--listen", silo.Silo);
        await silo.DisposeAsync();
        await Until.Holds("the gateway takes tasks again", Patience, async () =>
        {
            using var ready = await gateway.Http.GetAsync("/readyz");
            return ready.IsSuccessStatusCode;
        });
        var later = await gateway.Submit("echo later");
        // A read that was on its way to the silo that died may still be answered 503 (docs/cluster.md).
        await Until.Holds("the task has run on the silo that took over", Patience, async () =>
        {
            using var answer = await gateway.Http.GetAsync($"/api/v1/tasks/{later}?wait=5s");
            var told = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;
            if (answer.IsSuccessStatusCode)
                return (string?)told["state"] == "succeeded";
            Assert.Equal((503, "not-ready"), ((int)answer.StatusCode, (string?)told["code"]));
            Assert.NotNull(answer.Headers.RetryAfter);
            return false;
        });
        // Whoever waited, or read events, when the silo died need not come again.
        Assert.Equal("succeeded", (string?)(await waited)["state"]);
        Assert.Contains(later, await NextEvent(events, later), StringComparison.Ordinal);
        foreach (var id in tasks)
            Assert.Equal("succeeded", (string?)(await gateway.Ended(id))["state"]);
    }

    [Fact]
    public async Task GatewayFirst_AnswersAsSoonAsASiloDoes_AnotherTakesItsPlace_AndTheSiloEndsInOrder()
    {
        // Without a silo it refuses tasks, and takes them as soon as there is one.
        var address = RestartAddress.Next();
        await using var killed = await Service.StartGateway(address);
        using (var refused = await killed.Post("/tasks", new JsonObject { ["cmd"] = "true" }))
            Assert.Equal(503, (int)refused.StatusCode);
        await using var silo = await Service.StartSilo(
            Data, "--listen", address, "--drain", "2m", "--health", "127.0.0.1:0");
        await Until.Holds("the gateway takes tasks", Patience, async () =>
        {
            using var ready = await killed.Http.GetAsync("/readyz");
            return ready.IsSuccessStatusCode;
        });
        Assert.Equal("succeeded", (string?)(await killed.Ended(await killed.Submit("true")))["state"]);

        // It is killed. Its task goes on, and another gateway shows it.
        var id = await killed.Submit("sleep 1; echo done");
        await killed.Kill();
        await using var gateway = await Service.StartGateway(silo.Silo);
        Assert.Equal("succeeded", (string?)(await gateway.Ended(id))["state"]);
        Assert.Equal("done\n", await gateway.Http.GetStringAsync($"/api/v1/tasks/{id}/output/stdout"));

        // The silo is told to end. It lets the running task end, and ends with zero.
        using var probes = new HttpClient { BaseAddress = silo.Health };
        await Until.Holds("the silo is ready", Patience, async () =>
        {
            using var ready = await probes.GetAsync("/readyz");
            return ready.IsSuccessStatusCode;
        });
        var file = In("ended");
        var started = In("started");
        await gateway.Submit($"touch {started}; while [ -e {started} ]; do sleep 0.1; done; touch {file}");
        await Until.Holds("the task runs", Patience, () => Task.FromResult(File.Exists(started)));
        silo.Terminate();
        await Until.Holds("the silo is ready no more, and alive", Patience, async () =>
        {
            using var ready = await probes.GetAsync("/readyz");
            using var live = await probes.GetAsync("/livez");
            return (ready.StatusCode, live.StatusCode) is (HttpStatusCode.ServiceUnavailable, HttpStatusCode.OK);
        });
        File.Delete(started);
        Assert.Equal(0, await silo.End());
        Assert.True(File.Exists(file));
        gateway.Terminate();
        Assert.Equal(0, await gateway.End());
    }

    private static async Task<StreamReader> OpenEvents(Service gateway)
    {
        var response = await gateway.Http.SendAsync(new HttpRequestMessage(HttpMethod.Get, "/api/v1/events"), HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(200, (int)response.StatusCode);
        return new StreamReader(await response.Content.ReadAsStreamAsync());
    }

    private static async Task<string> NextEvent(StreamReader events, string containing)
    {
        using var limit = new CancellationTokenSource(Patience, TimeProvider.System);
        while (await events.ReadLineAsync(limit.Token) is { } line)
            if (line.Contains(containing, StringComparison.Ordinal))
                return line;
        return "the stream ended";
    }
}
