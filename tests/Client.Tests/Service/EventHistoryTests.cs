using System.Text.Json;
using OrleansTasks.Client.Tests.Gateway;

namespace OrleansTasks.Client.Tests.Service;

/// <summary>Stored events over HTTP, through the real silo and store.</summary>
public sealed class EventHistoryTests(RunningService service) : IClassFixture<RunningService>
{
    private const string History = "/api/v1/events/history";
    private readonly ServiceClient client = service.Client;

    [Fact]
    public async Task Get_Id_ShowsWhatHappenedNewestFirst()
    {
        var id = await Run();
        await Run();
        var (items, isComplete) = await Read($"?id={id}");
        Assert.Equal(["succeeded", "running", "assigned", "queued"], items.Select(static item => Text(item, "state")));
        Assert.All(items, item => Assert.Equal(("task", id), (Text(item, "type"), Text(item, "id"))));
        Assert.Equal([1, 1, 1, 0], items.Select(static item => item.GetProperty("attempt").GetInt32()));
        Assert.True(isComplete);
        Assert.Empty((await Read($"?id={id}&type=job")).Items);
    }

    [Fact]
    public async Task Get_All_HasEveryTypeInTheOrderOfTime()
    {
        await Run();
        Assert.Equal(200, (await client.Send(HttpMethod.Put, "/api/v1/queues/told", """{"maxRunning":3}""")).Status);
        var id = await Run();
        var (items, isComplete) = await Read("");
        Assert.True(isComplete);
        Assert.Equal(["node", "queue", "task"], items.Select(static item => Text(item, "type")).Distinct().Order());
        var times = items.Select(static item => item.GetProperty("at").GetDateTimeOffset()).ToList();
        Assert.Equal(times.OrderDescending(), times);
        Assert.Equal(id, Text(items[0], "id"));
        Assert.Equal(["changed"], (await Read("?type=queue&id=told")).Items.Select(static item => Text(item, "state")));
    }

    [Fact]
    public async Task Get_Times_BoundWhatIsShown()
    {
        var id = await Run();
        var all = (await Read($"?id={id}")).Items;
        var end = Uri.EscapeDataString(Text(all[0], "at"));
        var from = (await Read($"?id={id}&from={end}")).Items;
        var until = (await Read($"?id={id}&to={end}")).Items;
        Assert.Contains(from, static item => Text(item, "state") == "succeeded");
        Assert.DoesNotContain(until, static item => Text(item, "state") == "succeeded");
        Assert.Equal(all.Count, from.Count + until.Count);
        Assert.Equal(all.Count, (await Read($"?id={id}&from=-1h")).Items.Count);
        Assert.Empty((await Read($"?id={id}&to=-1h")).Items);
    }

    [Fact]
    public async Task Get_MoreThanTheLimit_IsIncomplete()
    {
        var id = await Run();
        var (items, isComplete) = await Read($"?id={id}&limit=1");
        Assert.Equal("succeeded", Text(Assert.Single(items), "state"));
        Assert.False(isComplete);
        Assert.True((await Read($"?id={id}&limit=4")).IsComplete);
    }

    [Theory]
    [InlineData("?type=webhook")]
    [InlineData("?limit=0")]
    [InlineData("?limit=1001")]
    [InlineData("?from=yesterday")]
    [InlineData("?from=-1h&to=-2h")]
    [InlineData("?cursor=x")]
    public async Task Get_Wrong_IsRefused(string query) => (await client.Get(History + query)).Problem(400, "bad-parameter");

    private static string Text(JsonElement item, string field) => item.GetProperty(field).GetString()!;

    private async Task<string> Run()
    {
        var id = Text((await client.Post("/tasks", """{"cmd":"true"}""")).Json, "id");
        await client.Get($"/api/v1/tasks/{id}?wait=30s");
        return id;
    }

    private async Task<(List<JsonElement> Items, bool IsComplete)> Read(string query)
    {
        var list = (await client.Get(History + query)).Json;
        Assert.Equal(JsonValueKind.Null, list.GetProperty("nextCursor").ValueKind);
        return ([.. list.GetProperty("items").EnumerateArray()], list.GetProperty("complete").GetBoolean());
    }
}
