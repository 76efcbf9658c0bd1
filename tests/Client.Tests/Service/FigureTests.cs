using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using OrleansTasks.Client.Figures;
using OrleansTasks.Client.Tests.Gateway;
using OrleansTasks.Cluster.Status;

namespace OrleansTasks.Client.Tests.Service;

/// <summary>Series, attention and the figures of grains over HTTP, through the real silo, store and worker.</summary>
public sealed class FigureTests(RunningService service) : IClassFixture<RunningService>
{
    private readonly ServiceClient client = service.Client;

    [Fact]
    public async Task GetSeries_TasksRan_ShowsThemByQueueWithTheirWait()
    {
        var id = (await client.Post("/tasks", """{"cmd":"exit 3","queue":"series"}""")).Json.GetProperty("id")
            .GetString();
        Assert.Equal("failed", (await client.Get($"/api/v1/tasks/{id}?wait=10s")).Json.GetProperty("state")
            .GetString());

        var reading = default(JsonElement);
        await Eventually.True(() =>
        {
            reading = client.Get(
                "/api/v1/series?names=tasks.failed,wait.p99,run.p50&by=queue&key=series&from=-5m&step=1s")
                .GetAwaiter().GetResult().Json;
            return reading.GetProperty("series").GetArrayLength() == 3
                && reading.GetProperty("series").EnumerateArray().All(static one => Values(one).Any());
        });
        Assert.Equal("1s", reading.GetProperty("step").GetString());
        Assert.NotNull(reading.GetProperty("since").GetString());
        Assert.Equal(1, Values(reading.GetProperty("series")[0]).Sum());
        var names = reading.GetProperty("series").EnumerateArray()
            .Select(static one => $"{one.GetProperty("name")} {one.GetProperty("unit")} {one.GetProperty("key")}");
        Assert.Equal(["tasks.failed tasks series", "wait.p99 ms series", "run.p50 ms series"], names);
        var whole = (await client.Get("/api/v1/series?names=slots.total,commit.p99,grain.calls&from=-5m&step=1s")).Json;
        Assert.Contains(2, Values(whole.GetProperty("series")[0]));
        Assert.Equal(JsonValueKind.Null, whole.GetProperty("series")[0].GetProperty("key").ValueKind);
        Assert.Equal(3, whole.GetProperty("series").GetArrayLength());
    }

    [Fact]
    public async Task GetAttention_QueueIsPausedWithATask_TellsSoToListAndStreamUntilItIsSnoozed()
    {
        await client.Send(
            HttpMethod.Put, "/api/v1/queues/halted", """{"paused":true}""", ("Otask-Actor", "olga"), ("Otask-Reason", "down"));
        using var live = await EventReading.Open(client.Http, "/api/v1/live?every=250ms&topics=attention");
        _ = await client.Post("/tasks", """{"cmd":"true","queue":"halted"}""");

        var told = await TickOf(live, "halted");
        Assert.Equal(("queue-paused", "halted", 1),
            (Text(told, "code"), Text(told, "target"), told.GetProperty("count").GetInt32()));
        Assert.False(told.GetProperty("fix")[0].GetProperty("body").GetProperty("paused").GetBoolean());
        var before = Assert.Single(told.GetProperty("before").EnumerateArray());
        Assert.Equal(("queue.put", "down"), (Text(before, "action"), Text(before, "reason")));
        Assert.Equal("olga", Text(before.GetProperty("actor"), "says"));
        Assert.Equal(JsonValueKind.Null, before.GetProperty("address").ValueKind);
        Assert.Contains("halted", Targets(await client.Get("/api/v1/attention")));

        var hidden = await client.Post("/api/v1/attention/snooze",
            """{"code":"queue-paused","target":"halted","for":"1h"}""");
        Assert.Equal(204, hidden.Status);
        Assert.DoesNotContain("halted", Targets(await client.Get("/api/v1/attention")));
        Assert.True((await TickOf(live, "halted")).GetProperty("deleted").GetBoolean());
    }

    [Fact]
    public async Task GetAttention_TaskNeedsALabelThatNoNodeHas_IsFoundWithWhatIsMissing()
    {
        var id = (await client.Post("/tasks",
            """{"cmd":"true","queue":"unfit","requires":{"gpu":"a100"}}""")).Json.GetProperty("id").GetString();
        var grains = service.Services.GetRequiredService<OrleansTasks.Client.Tasks.GatewayGrains>();
        var later = new ShiftedTime(TimeSpan.FromSeconds(30));

        var facts = await new OrleansTasks.Client.Attention.AttentionReading(
            grains, service.Services.GetRequiredService<FigureCollector>(), service.Services.GetRequiredService<ActivationProbe>(),
            service.Services.GetRequiredService<ClockWatch>(), later).Read();

        var unfit = facts.Queues.Single(static queue => queue.Name == "unfit").Unfit!.Value;
        Assert.Equal((1, id, "no node has the label gpu=a100"), (unfit.Count, unfit.Task, unfit.Why));
    }

    [Fact]
    public async Task GetHistory_NodeRegistered_ListsItsChanges()
    {
        var node = Text((await client.Get("/api/v1/nodes")).Json.GetProperty("items")[0], "id");
        await client.Post($"/api/v1/nodes/{node}/drain");
        await client.Post($"/api/v1/nodes/{node}/resume");
        var states = Array.Empty<string?>();
        await Eventually.True(() =>
        {
            states = [.. client.Get($"/api/v1/nodes/{node}/history").GetAwaiter().GetResult().Json.GetProperty("items")
                .EnumerateArray().Select(static one => Text(one, "state"))];
            return states is ["ready", "draining", "ready"];
        });
        Assert.Single((await client.Get($"/api/v1/nodes/{node}/history?limit=1")).Json.GetProperty("items")
            .EnumerateArray());
        Assert.Equal(404, (await client.Get("/api/v1/nodes/none/history")).Status);
    }

    [Theory]
    [InlineData("{}", "code")]
    [InlineData("""{"code":"x","target":"q","for":"1h"}""", "code")]
    [InlineData("""{"code":"node-lost","target":"q","for":"8d"}""", "for")]
    public async Task PostSnooze_WrongBody_IsRefused(string body, string path)
    {
        var refused = await client.Post("/api/v1/attention/snooze", body);
        Assert.Equal((422, "invalid-snooze"), (refused.Status, Text(refused.Json, "code")));
        Assert.True(refused.Json.GetProperty("errors").TryGetProperty(path, out _), refused.Text);
    }

    [Fact]
    public async Task GetGrains_CallsWereMade_ShowsTypesMethodsAndTheSilo()
    {
        JsonElement reader = default;
        await Eventually.True(() =>
        {
            _ = client.Get("/api/v1/tasks").GetAwaiter().GetResult();
            reader = client.Get("/api/v1/cluster/grains?window=10s").GetAwaiter().GetResult().Json.GetProperty("items")
                .EnumerateArray()
                .FirstOrDefault(static one => Text(one, "type") == "task-reader");
            return reader.ValueKind == JsonValueKind.Object && reader.GetProperty("callsPerSecond").GetDouble() > 0;
        });
        Assert.True(reader.GetProperty("active").GetInt32() > 0 && reader.GetProperty("maxMs")
            .GetDouble() >= reader.GetProperty("p50Ms").GetDouble(), reader.ToString());
        await Eventually.True(() => client.Get("/api/v1/cluster/grains/task-reader?window=5m").GetAwaiter().GetResult()
            .Json.GetProperty("methods").EnumerateArray().Any(static method => Text(method, "method") == "ListBy"));
        Assert.Equal(404, (await client.Get("/api/v1/cluster/grains/none")).Status);

        var silo = Text((await client.Get("/api/v1/cluster")).Json.GetProperty("silos")[0], "name");
        var detail = (await client.Get($"/api/v1/cluster/silos/{silo}")).Json;
        Assert.True(detail.GetProperty("memoryBytes").GetInt64() > 1_000_000 && detail.GetProperty("cpu")
            .GetDouble() >= 0, detail.ToString());
        Assert.Equal(404, (await client.Get("/api/v1/cluster/silos/none")).Status);
    }

    /// <summary>What the stream tells next of a target.</summary>
    private static async Task<JsonElement> TickOf(EventReading live, string target)
    {
        while (true)
        {
            var tick = (await Eventually.Within(live.Next()))!.Value.Data;
            var told = tick.GetProperty("attention").EnumerateArray()
                .FirstOrDefault(item => Text(item, "target") == target);
            if (told.ValueKind == JsonValueKind.Object)
                return told;
        }
    }

    private static IEnumerable<double> Values(JsonElement series) => series.GetProperty("values").EnumerateArray()
        .Where(static value => value.ValueKind == JsonValueKind.Number).Select(static value => value.GetDouble());

    private static IEnumerable<string?> Targets(Reply reply) =>
        reply.Json.GetProperty("items").EnumerateArray().Select(static item => Text(item, "target"));

    private static string? Text(JsonElement json, string name) => json.GetProperty(name).GetString();

    private sealed class ShiftedTime(TimeSpan by) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + by;
    }
}
