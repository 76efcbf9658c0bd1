using System.Text.Json;
using System.Text.Json.Serialization;
using OrleansTasks.Client.Search;
using OrleansTasks.Client.Tests.Gateway;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Tests.Service;

/// <summary>Search over HTTP, through the real silo and store.</summary>
public sealed class SearchTests(RunningService service) : IClassFixture<RunningService>
{
    private static readonly JsonSerializerOptions Omitting = new() { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };
    private readonly ServiceClient client = service.Client;

    [Fact]
    public async Task Get_Text_FindsIdsNamesCommandsAndLabels()
    {
        var task = (await client.Post(
            "/api/v1/tasks", """{"cmd":"tar -x Needle","name":"unpack","queue":"haystack","labels":{"crop":"rye"},"runAt":"2099-01-01T00:00:00Z"}""")).Json;
        var id = task.GetProperty("id").GetString()!;
        string[] found = ["task " + id];

        Assert.Equal(found, await Search(id));
        Assert.Equal(found, await Search(id[..35].ToUpperInvariant()));
        Assert.Contains("task " + id, await Search(id[..10]));
        Assert.Equal(found, await Search("needle"));
        Assert.Equal(found, await Search("UNPACK"));
        Assert.Equal(found, await Search("crop=rye"));
        Assert.Empty(await Search("crop=corn"));
        Assert.Equal(["queue haystack"], await Search("hayst"));
        Assert.Empty(await Search("hayst&type=task"));
        Assert.Equal(found, await Search("unpack&type=task"));
        Assert.Equal("""{"items":[],"nextCursor":null,"complete":true}""", (await Complete("nobody-has-this")).GetRawText());
        var item = (await Complete("unpack")).GetProperty("items")[0];
        Assert.Equal(
            ("unpack", "scheduled, queue haystack"), (item.GetProperty("title").GetString(), item.GetProperty("detail").GetString()));
    }

    [Theory]
    [InlineData("for wheat in a b; do thresh $wheat; done", null)]
    [InlineData("cd /barn/wheat && thresh -v", null)]
    [InlineData("GRAIN=wheat thresh -v", null)]
    [InlineData("thresh wheat", null)]
    [InlineData("cd /barn/wheat && thresh -v", "Threshing of wheat")]
    public async Task Get_TitleOfATask_IsItsNameIfOneWasGivenElseItsCommand(string command, string? name)
    {
        var task = (await client.Post("/api/v1/tasks", JsonSerializer.Serialize(
            new { cmd = command, name, runAt = "2099-01-01T00:00:00Z" }, Omitting))).Json;

        var items = (await Complete(task.GetProperty("id").GetString()!)).GetProperty("items");

        Assert.Equal(name ?? command, items[0].GetProperty("title").GetString());
    }

    [Fact]
    public async Task Get_Text_FindsWorkflowsByIdNameAndLabel()
    {
        var workflow = (await client.Post(
            "/api/v1/workflows",
            """
            {"name":"Grind the flour","queue":"watermill","labels":{"stone":"upper"},
             "nodes":[{"name":"soak","task":{"cmd":"true","runAt":"2099-01-01T00:00:00Z"}}]}
            """)).Json;
        var id = workflow.GetProperty("id").GetString()!;
        string[] found = ["workflow " + id];

        Assert.Equal(found, await Search(id));
        Assert.Equal(found, await Search(id[..35].ToUpperInvariant() + "&type=workflow"));
        Assert.Equal(found, await Search("the+FLOUR"));
        Assert.Equal(found, await Search("stone=upper"));
        Assert.Empty(await Search("stone=lower"));
        Assert.Empty(await Search("flour&type=job"));
        var item = (await Complete("flour")).GetProperty("items")[0];
        Assert.Equal(
            ("Grind the flour", "running, queue watermill"),
            (item.GetProperty("title").GetString(), item.GetProperty("detail").GetString()));
    }

    [Fact]
    public async Task Get_Text_FindsRolloutsByIdAndName()
    {
        var rollout = (await client.Post(
            "/api/v1/rollouts", """{"name":"Sharpen the scythes","task":{"cmd":"true","queue":"smithy"}}""")).Json;
        var id = rollout.GetProperty("id").GetString()!;
        await client.Get($"/api/v1/rollouts/{id}?wait=30s");

        Assert.Equal(["rollout " + id], await Search(id));
        Assert.Equal(["rollout " + id], await Search(id[..35].ToUpperInvariant() + "&type=rollout"));
        Assert.Empty(await Search(id + "&type=workflow"));
        var item = (await Complete("SCYTHES&type=rollout")).GetProperty("items")[0];
        Assert.Equal(
            ("Sharpen the scythes", "succeeded, queue smithy"),
            (item.GetProperty("title").GetString(), item.GetProperty("detail").GetString()));
    }

    [Fact]
    public async Task Get_TaskWithoutANameOfItsOwn_IsCalledByItsCommand()
    {
        await client.Post("/api/v1/tasks", """{"cmd":"weigh --all sacks","runAt":"2099-01-01T00:00:00Z"}""");
        var item = (await Complete("weigh")).GetProperty("items")[0];
        Assert.Equal("weigh --all sacks", item.GetProperty("title").GetString());
    }

    [Fact]
    public async Task Get_BeginningOfAnId_FindsItAmongAllThatWereMadeAtTheSameTime()
    {
        var tasks = string.Join(',', Enumerable.Repeat("""{"cmd":"true","queue":"crowd","runAt":"2099-01-01T00:00:00Z"}""", 2000));
        var accepted = (await client.Post("/api/v1/tasks/batch", $$"""{"tasks":[{{tasks}}]}""")).Json;
        var ids = accepted.GetProperty("ids").EnumerateArray().Select(static id => id.GetString()!).ToArray();

        foreach (var id in (string[])[ids[0], ids[1000], ids[^1]])
            Assert.Equal(["task " + id], await Search(id[..35] + "&type=task&wait=10s"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("?q=x&wait=11s")]
    [InlineData("?q=")]
    [InlineData("?q=x&type=x")]
    [InlineData("?q=x&limit=1")]
    public async Task Get_Wrong_IsRefused(string query) => (await client.Get("/api/v1/search" + query)).Problem(400, "bad-parameter");

    [Fact]
    public void IdPrefix_OfEachLength_MatchesTheIdAndHasItsTime()
    {
        var id = new TaskIdSource(TimeProvider.System, new Random(1)).Next();
        var text = id.ToString();
        for (var length = 4; length <= text.Length; length++)
        {
            var prefix = IdPrefix.Parse(text[..length])!.Value;
            Assert.True(prefix.Matches(id) && prefix.From <= id.CreatedAt && id < prefix.Above, text[..length]);
        }

        Assert.All((string[])["012", text + "0", "0123456789", "echo", "01234567_0123"], static other => Assert.Null(IdPrefix.Parse(other)));
    }

    /// <summary>What was looked through to the end; on a busy machine a search can take longer than it waits.</summary>
    private async Task<JsonElement> Complete(string text)
    {
        JsonElement answer = default;
        await Eventually.True(() => (answer = client.Get("/api/v1/search?q=" + text).GetAwaiter().GetResult().Json).GetProperty("complete").GetBoolean());
        return answer;
    }

    private async Task<string[]> Search(string text) =>
    [
        .. (await Complete(text)).GetProperty("items").EnumerateArray()
            .Select(static item => $"{item.GetProperty("type").GetString()} {item.GetProperty("id").GetString()}"),
    ];
}
