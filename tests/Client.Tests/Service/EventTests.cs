using Microsoft.Extensions.DependencyInjection;
using OrleansTasks.Client.Feed;
using OrleansTasks.Client.Tests.Gateway;

namespace OrleansTasks.Client.Tests.Service;

public sealed class EventTests(RunningService service) : IClassFixture<RunningService>
{
    private const string Events = "/api/v1/events";
    private readonly ServiceClient client = service.Client;

    private NodeFeed Told => service.Services.GetRequiredService<NodeFeed>();

    [Fact]
    public async Task Get_TaskRuns_ShowsEveryStateInOrder()
    {
        using var events = await EventReading.Open(client.Http, Events);
        Assert.Equal("text/event-stream", events.Type);
        await Eventually.True(() => service.IsSubscribed("default"));
        var id = await Submit();
        Assert.Equal(await StatesOf(id, events, "succeeded"), await Replay(id));
    }

    [Fact]
    public async Task Get_LastEventId_GoesOnWithoutAGap()
    {
        string? from;
        using (var events = await EventReading.Open(client.Http, Events))
        {
            // The position comes at once, before anything has happened.
            var next = events.Next();
            await Eventually.True(() => events.LastId is not null);
            from = events.LastId;
        }

        var ids = new List<string>();
        for (var i = 0; i < 5; i++)
        {
            ids.Add(await Submit());
            await client.Get($"/api/v1/tasks/{ids[^1]}?wait=30s");
        }

        using var resumed = await EventReading.Open(client.Http, Events, from);
        var ended = new List<string>();
        while (ended.Count < ids.Count)
        {
            var (name, data) = (await Eventually.Within(resumed.Next()))!.Value;
            Assert.Equal("message", name);
            // Tasks of the other tests here may end meanwhile.
            if (TaskLifeTests.Text(data, "state") == "succeeded" && ids.Contains(TaskLifeTests.Text(data, "id")!))
                ended.Add(TaskLifeTests.Text(data, "id")!);
        }

        Assert.Equal(ids, ended);
    }

    [Fact]
    public async Task Get_PositionThatWasNever_IsReset()
    {
        await client.Get($"/api/v1/tasks/{await Submit()}?wait=30s");
        var ahead = System.Buffers.Text.Base64Url.EncodeToString("00000000;999999;0"u8);
        using var events = await EventReading.Open(client.Http, Events, ahead);
        Assert.Equal("reset", (await Eventually.Within(events.Next()))!.Value.Name);
        Assert.NotNull(events.LastId);
    }

    private static async Task Read(EventReading events, string state)
    {
        while (true)
        {
            var (_, data) = (await Eventually.Within(events.Next()))!.Value;
            if (TaskLifeTests.Text(data, "type") == "node" && TaskLifeTests.Text(data, "state") == state)
                return;
        }
    }

    [Fact]
    public async Task Get_ManyQueues_PositionsStayShortAndResume()
    {
        var hub = service.Services.GetRequiredService<FeedHub>();
        using var events = await EventReading.Open(client.Http, Events);
        var next = events.Next();
        await Eventually.True(() => events.LastId is not null);
        var from = events.LastId;
        var ids = new List<string>();
        for (var i = 0; i < 100; i++)
            ids.Add(TaskLifeTests.Text((await client.Post("/tasks", $$"""{"cmd":"true","queue":"a-queue-of-many-{{i}}"}""")).Json, "id")!);

        using var resumed = await EventReading.Open(client.Http, Events, from);
        var seen = new HashSet<string>();
        while (!ids.TrueForAll(seen.Contains))
        {
            var (name, data) = (await Eventually.Within(resumed.Next()))!.Value;
            Assert.Equal("message", name);
            Assert.InRange(resumed.LastId!.Length, 1, 43);
            seen.Add(TaskLifeTests.Text(data, "id")!);
        }

        Assert.Equal("message", (await Eventually.Within(next))!.Value.Name);
        Assert.InRange(hub.Count, 1, 120);
    }

    [Theory]
    [InlineData("nonsense!")]
    [InlineData("AAAA")]
    public async Task Get_LastEventIdOfSomebodyElse_Is400(string id) =>
        (await client.Get(Events, ("Last-Event-ID", id))).Problem(400, "bad-cursor");

    [Fact]
    public async Task Drain_Node_IsShownAsAnEvent()
    {
        using var events = await EventReading.Open(client.Http, Events);
        var node = TaskLifeTests.Text((await client.Get("/api/v1/nodes")).Json.GetProperty("items")[0], "id")!;
        var drained = await client.Post($"/api/v1/nodes/{node}/drain");
        Assert.Equal((200, "draining"), (drained.Status, TaskLifeTests.Text(drained.Json, "state")));
        await Read(events, "draining");

        (await client.Send(HttpMethod.Delete, $"/api/v1/nodes/{node}")).Problem(409, "node-active");
        var told = Told.Changes;
        Assert.Equal("ready", TaskLifeTests.Text((await client.Post($"/api/v1/nodes/{node}/resume")).Json, "state"));
        await Read(events, "ready");
        // Or it was found by the look every 5 s alone; that the fleet's word is heeded at once is NodeEventTests' matter.
        await Eventually.True(() => Told.Changes > told);
        (await client.Post("/api/v1/nodes/nobody/drain")).Problem(404, "not-found");
        (await client.Get("/api/v1/nodes/nobody")).Problem(404, "not-found");
        (await client.Get("/api/v1/queues/nothing")).Problem(404, "not-found");
        Assert.Equal("default", TaskLifeTests.Text((await client.Get("/api/v1/queues/default")).Json, "name"));
    }

    [Fact]
    public async Task PutQueue_Strategy_MakesItOrChangesItAndIsStrict()
    {
        const string Path = "/api/v1/queues/ring";
        Assert.Equal("leastLoaded", TaskLifeTests.Text((await Put("{}")).Json, "strategy"));
        Assert.Equal("roundRobin", TaskLifeTests.Text((await Put("""{"strategy":"roundRobin"}""")).Json, "strategy"));
        Assert.Equal("roundRobin", TaskLifeTests.Text((await Put("{}")).Json, "strategy"));
        Assert.Equal(("ring", "roundRobin"),
            (TaskLifeTests.Text((await client.Get(Path)).Json, "name"), TaskLifeTests.Text((await client.Get(Path)).Json, "strategy")));
        Assert.Contains((await client.Get("/api/v1/queues")).Json.GetProperty("items").EnumerateArray(),
            static queue => TaskLifeTests.Text(queue, "name") == "ring");

        (await Put("""{"strategy":"random"}""")).Problem(422, "invalid-queue");
        (await Put("""{"stratgy":"roundRobin"}""")).Problem(422, "invalid-queue");
        (await Put("""{"strategy":"roundRobin","strategy":"roundRobin"}""")).Problem(400, "malformed-json");
        (await client.Send(HttpMethod.Put, "/api/v1/queues/Ring", "{}")).Problem(422, "invalid-queue");

        Task<Reply> Put(string body) => client.Send(HttpMethod.Put, Path, body);
    }

    private async Task<string> Submit() => TaskLifeTests.Text((await client.Post("/tasks", """{"cmd":"true"}""")).Json, "id")!;

    private async Task<List<string>> Replay(string id)
    {
        using var events = await EventReading.Open(client.Http, Events, System.Buffers.Text.Base64Url.EncodeToString("00000000;0;0"u8));
        return await StatesOf(id, events, "succeeded");
    }

    private static async Task<List<string>> StatesOf(string id, EventReading events, string last)
    {
        var states = new List<string>();
        while (!states.Contains(last))
        {
            var (_, data) = (await Eventually.Within(events.Next()))!.Value;
            if (TaskLifeTests.Text(data, "id") == id)
                states.Add(TaskLifeTests.Text(data, "state")!);
        }

        return states;
    }
}
