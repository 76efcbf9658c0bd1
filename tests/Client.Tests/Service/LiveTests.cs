using System.Text.Json;
using OrleansTasks.Client.Tests.Gateway;

namespace OrleansTasks.Client.Tests.Service;

/// <summary>Live ticks over HTTP, through the real silo, store and worker.</summary>
public sealed class LiveTests(RunningService service) : IClassFixture<RunningService>
{
    private const string Live = "/api/v1/live?every=250ms&topics=";
    private readonly ServiceClient client = service.Client;

    [Fact]
    public async Task Get_TaskRuns_TicksItsLastStateOnce()
    {
        using var live = await EventReading.Open(client.Http, Live + "tasks");
        Assert.Equal("text/event-stream", live.Type);
        var next = live.Next();
        await Eventually.True(() => live.LastId is not null);
        var id = await Run("live");

        var version = 0L;
        while (true)
        {
            var tick = await Tick(next);
            Assert.Equal(["at", "tasks", "more"], tick.EnumerateObject().Select(static field => field.Name).Take(3));
            var of = tick.GetProperty("tasks").EnumerateArray().Where(task => Text(task, "id") == id).ToArray();
            if (of.Length > 0)
            {
                var task = Assert.Single(of);
                Assert.True(task.GetProperty("version").GetInt64() > version, task.ToString());
                version = task.GetProperty("version").GetInt64();
                if (Text(task, "state") == "succeeded")
                {
                    Assert.Equal(("exit", 1), (Text(task, "reason"), task.GetProperty("attempt").GetInt32()));
                    Assert.NotNull(Text(task, "node"));
                    break;
                }
            }

            next = live.Next();
        }

        Assert.Equal(version, (await client.Get($"/api/v1/tasks/{id}")).Json.GetProperty("version").GetInt64());
    }

    [Fact]
    public async Task Get_LastEventId_GoesOnWithoutAGap()
    {
        string? from;
        using (var live = await EventReading.Open(client.Http, Live + "tasks,queues"))
        {
            _ = live.Next();
            await Eventually.True(() => live.LastId is not null);
            from = live.LastId;
        }

        var id = await Run("live-gap");
        using var resumed = await EventReading.Open(client.Http, Live + "tasks,queues", from);
        var (tasks, queues) = (new HashSet<string>(), new HashSet<string>());
        while (!tasks.Contains(id) || !queues.Contains("live-gap"))
        {
            var tick = await Tick(resumed.Next());
            tasks.UnionWith(tick.GetProperty("tasks").EnumerateArray().Select(static task => Text(task, "id")!));
            queues.UnionWith(tick.GetProperty("queues").EnumerateArray().Select(static queue => Text(queue, "name")!));
        }
    }

    [Fact]
    public async Task Get_PositionThatIsNone_IsResetAndGetsWhatThereIs()
    {
        using var live = await EventReading.Open(client.Http, Live + "nodes,attention", "nonsense");
        Assert.Equal("reset", (await Eventually.Within(live.Next()))!.Value.Name);
        var tick = await Tick(live.Next());
        Assert.Equal("ready", Text(Assert.Single(tick.GetProperty("nodes").EnumerateArray()), "state"));
        Assert.Equal(["at", "nodes", "attention"], tick.EnumerateObject().Select(static field => field.Name));
    }

    [Fact]
    public async Task Get_DeletedQueue_IsToldAsGone()
    {
        await client.Send(HttpMethod.Put, "/api/v1/queues/live-gone", "{}");
        using var live = await EventReading.Open(client.Http, Live + "queues");
        _ = await client.Send(HttpMethod.Delete, "/api/v1/queues/live-gone");
        while (true)
        {
            var tick = await Tick(live.Next());
            if (tick.GetProperty("queues").EnumerateArray().Any(static queue => queue.GetRawText() == """{"name":"live-gone","deleted":true}"""))
                break;
        }
    }

    [Theory]
    [InlineData("topics=x")]
    [InlineData("topics=")]
    [InlineData("every=249ms")]
    [InlineData("every=11s")]
    [InlineData("ids=x")]
    public async Task Get_WrongParameter_IsRefused(string query) => (await client.Get("/api/v1/live?" + query)).Problem(400, "bad-parameter");

    private static string? Text(JsonElement json, string field) => json.GetProperty(field).GetString();

    private static async Task<JsonElement> Tick(Task<(string Name, JsonElement Data)?> next)
    {
        var (name, data) = (await Eventually.Within(next))!.Value;
        Assert.Equal("tick", name);
        return data;
    }

    private async Task<string> Run(string queue)
    {
        var id = Text((await client.Post("/api/v1/tasks", $$"""{"cmd":"true","queue":"{{queue}}"}""")).Json, "id")!;
        Assert.Equal("succeeded", Text((await client.Get($"/api/v1/tasks/{id}?wait=30s")).Json, "state"));
        return id;
    }
}
