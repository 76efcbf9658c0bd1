using System.Net;
using System.Text.Json.Nodes;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.Lifecycle;

public sealed class SignalTests : DataFolders
{
    // For what is certain to come. That a drain is not waited for shows by one of an hour.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Terminate_Idle_EndsWithZeroSoon()
    {
        await using var service = await Service.Start(Data, "--drain", "1h");
        service.Terminate();
        Assert.Equal(0, await service.End());
    }

    [Fact]
    public async Task Terminate_WhileATaskRuns_LetsItEndAndTakesNothingNew()
    {
        var (started, goOn) = (In("started"), In("go-on"));
        string id;
        await using (var service = await Service.Start(Data, "--drain", "1h"))
        {
            id = await service.Submit($"touch {started}; while [ ! -e {goOn} ]; do sleep 0.05; done; echo done");
            await Until.Holds("the task runs", Patience, () => Task.FromResult(File.Exists(started)));
            service.Terminate();
            await Until.Holds("it is not ready", Patience, async () =>
                (await service.Http.GetAsync("/readyz")).StatusCode == HttpStatusCode.ServiceUnavailable);

            using var refused = await service.Post("/api/v1/tasks", new JsonObject { ["cmd"] = "true" });
            Assert.Equal(503, (int)refused.StatusCode);
            Assert.Equal("not-ready", (string?)JsonNode.Parse(await refused.Content.ReadAsStringAsync())!["code"]);
            Assert.True(refused.Headers.Contains("Retry-After"));
            var waiting = service.Ended(id);
            // Its worker tells that a task runs after the task has begun to, and tells it although it leaves. The wait is there by then.
            await Until.Holds("the task is told to run", Patience,
                async () => (string?)(await service.Get(id))["state"] == "running");
            await File.WriteAllTextAsync(goOn, "");
            Assert.Equal("succeeded", (string?)(await waiting)["state"]);
            Assert.Equal(0, await service.End());
        }

        await using var restarted = await Service.Start(Data);
        var task = await restarted.Get(id);
        Assert.Equal("succeeded", (string?)task["state"]);
        Assert.Equal(1, (int)task["attempt"]!);
    }

    [Fact]
    public async Task Terminate_TaskOutlastsTheDrain_IsKilledAndPutBackUncounted()
    {
        var (runs, goOn) = (In("runs"), In("go-on"));
        var spec = new JsonObject
        {
            ["cmd"] = $"echo $$ >>{runs}; while [ ! -e {goOn} ]; do sleep 0.05; done",
            ["retry"] = new JsonObject { ["maxAttempts"] = 1, ["onNodeLost"] = false },
        };
        string id;
        await using (var service = await Service.Start(Data, "--drain", "300ms"))
        {
            using var accepted = await service.Post("/api/v1/tasks", spec);
            id = (string)JsonNode.Parse(await accepted.Content.ReadAsStringAsync())!["id"]!;
            await Until.Holds("the task runs", Patience,
                () => Task.FromResult(File.Exists(runs) && File.ReadAllLines(runs).Length == 1));
            service.Terminate();
            Assert.Equal(0, await service.End());
            var pid = int.Parse(File.ReadAllLines(runs)[0], global::System.Globalization.CultureInfo.InvariantCulture);
            Assert.False(Signals.Send(pid, 0), "the task outlived the service");
        }

        await File.WriteAllTextAsync(goOn, "");
        await using var restarted = await Service.Start(Data);
        Assert.Equal("succeeded", (string?)(await restarted.Ended(id))["state"]);
        Assert.Equal(2, File.ReadAllLines(runs).Length);
    }

    [Fact]
    public async Task Terminate_Twice_EndsAtOnce()
    {
        var started = In("started");
        await using var service = await Service.Start(Data, "--drain", "1h");
        await service.Submit($"touch {started}; sleep 1000");
        await Until.Holds("the task runs", Patience, () => Task.FromResult(File.Exists(started)));
        service.Terminate();
        await Until.Holds("it is not ready", Patience, async () =>
            (await service.Http.GetAsync("/readyz")).StatusCode == HttpStatusCode.ServiceUnavailable);
        service.Terminate();
        Assert.Equal(128 + Signals.Terminate, await service.End());
    }
}
