using System.Text.Json;
using Microsoft.AspNetCore.Http;
using OrleansTasks.Client.Tests.Gateway;
using OrleansTasks.Client.Tests.Webhooks;

namespace OrleansTasks.Client.Tests.Service;

/// <summary>Webhooks over HTTP, through the real silo, store, worker and sender, to a real target.</summary>
public sealed class WebhookTests(RunningService service) : IClassFixture<RunningService>, IAsyncLifetime
{
    private const string Root = "/api/v1/webhooks";
    private readonly ServiceClient client = service.Client;
    private WebhookReceiver target = null!;

    public async ValueTask InitializeAsync() => target = await WebhookReceiver.Start();

    public async ValueTask DisposeAsync()
    {
        foreach (var webhook in (await client.Get(Root)).Json.GetProperty("items").EnumerateArray())
            await client.Send(HttpMethod.Delete, $"{Root}/{webhook.GetProperty("id").GetString()}");
        await target.DisposeAsync();
    }

    [Fact]
    public async Task Post_IsAnsweredWithTheSecret_WhichIsShownThisOnce()
    {
        var made = await Make("task", "schedule");

        Assert.Equal(201, made.Status);
        Assert.Equal("no-store", made.Headers["Cache-Control"]);
        var id = made.Json.GetProperty("id").GetString();
        Assert.Equal($"{Root}/{id}", made.Headers["Location"]);
        Assert.StartsWith("whsec_", made.Json.GetProperty("secret").GetString(), StringComparison.Ordinal);
        var shown = await client.Get($"{Root}/{id}");
        Assert.False(shown.Json.TryGetProperty("secret", out _));
        Assert.Equal(["task", "schedule"], shown.Json.GetProperty("types").EnumerateArray().Select(static type => type.GetString()));
        Assert.Equal(JsonValueKind.Null, shown.Json.GetProperty("failingSince").ValueKind);
        var list = (await client.Get(Root)).Json;
        Assert.Equal(JsonValueKind.Null, list.GetProperty("nextCursor").ValueKind);
        Assert.DoesNotContain("whsec_", list.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Events_OfATask_ArriveSigned_AsTheEventStreamHasThem()
    {
        using var events = await EventReading.Open(client.Http, "/api/v1/events");
        var made = await Make("task");
        var secret = made.Json.GetProperty("secret").GetString()!;

        var task = (await client.Post("/tasks", """{"cmd":"true"}""")).Json.GetProperty("id").GetString()!;

        await Eventually.True(() => target.Of(task, "succeeded").Length > 0);
        var received = target.All.Where(one => one.Event.GetProperty("id").GetString() == task).ToArray();
        Assert.All(received, one => Assert.True(one.IsSignedWith(secret), one.ToString()));
        Assert.All(received, static one => Assert.Equal("application/json", one.ContentType));
        Assert.Equal(received.Length, received.Select(static one => one.Id).Distinct().Count());
        var left = received.Select(static one => one.Event).ToList();
        while (left.Count > 0)
        {
            var streamed = (await Eventually.Within(events.Next()))!.Value.Data;
            left.RemoveAll(one => streamed.EnumerateObject().All(
                field => one.TryGetProperty(field.Name, out var value) && value.ToString() == field.Value.ToString()));
        }

        Assert.All(received, static one => Assert.Equal("default", one.Event.GetProperty("queue").GetString()));
    }

    [Fact]
    public async Task Events_OfAFailedTask_SayItsNameWhyItFailedAndTheEndOfItsOutput()
    {
        await Post("""{"types":["task"],"states":["failed"]}""");

        var task = await Submit("""{"cmd":"head -c 5000 /dev/zero | tr '\\0' x; echo the end; exit 3","name":"backup","queue":"etl"}""");

        await Eventually.True(() => target.Of(task, "failed").Length == 1);
        var failed = Assert.Single(target.All).Event;
        Assert.Equal(("backup", "etl", "exit", 3), (failed.GetProperty("name").GetString(), failed.GetProperty("queue").GetString(),
            failed.GetProperty("reason").GetString(), failed.GetProperty("exitCode").GetInt32()));
        var tail = failed.GetProperty("tail").GetString()!;
        Assert.EndsWith("xthe end\n", tail, StringComparison.Ordinal);
        Assert.InRange(tail.Length, 1_000, 2_048);
    }

    [Fact]
    public async Task Filter_ByNameQueueLabelAndSchedule_LetsOnlyTheseThrough()
    {
        await client.Send(HttpMethod.Put, "/api/v1/schedules/hooked", """{"every":"365d","task":{"cmd":"true"}}""");
        await Post("""{"types":["task"],"states":["succeeded"],"names":["wanted"]}""", "/name");
        await Post("""{"types":["task"],"states":["succeeded"],"queues":["hooks"]}""", "/queue");
        await Post("""{"types":["task"],"states":["succeeded"],"labels":{"team":"data"}}""", "/label");
        await Post("""{"types":["task","schedule"],"states":["succeeded","started"],"schedules":["hooked"]}""", "/schedule");
        await Post("""{"types":["task"],"states":["succeeded"]}""", "/all");

        var named = await Submit("""{"cmd":"true","name":"wanted"}""");
        var queued = await Submit("""{"cmd":"true","queue":"hooks"}""");
        var labelled = await Submit("""{"cmd":"true","labels":{"team":"data"}}""");
        Assert.Equal(202, (await client.Post("/api/v1/schedules/hooked/trigger")).Status);

        await Eventually.True(() => target.All.Count == 9);
        Assert.Equal([named], Ids("/name"));
        Assert.Equal([queued], Ids("/queue"));
        Assert.Equal([labelled], Ids("/label"));
        var scheduled = target.All.Where(static one => one.Path == "/schedule").Select(static one => one.Event).ToArray();
        Assert.Equal(["schedule started", "task succeeded"], scheduled.Select(static one =>
            $"{one.GetProperty("type").GetString()} {one.GetProperty("state").GetString()}").Order());
        Assert.Equal("hooked", scheduled.Single(static one => one.GetProperty("type").GetString() == "task").GetProperty("schedule").GetString());
        Assert.Equal(4, Ids("/all").Length);

        string[] Ids(string path) => [.. target.All.Where(one => one.Path == path).Select(static one => one.Event.GetProperty("id").GetString()!)];
    }

    [Fact]
    public async Task Put_OfOneListOfTheFilter_KeepsTheOthers()
    {
        var id = (await Post("""{"types":["task"],"states":["failed"],"queues":["etl"],"labels":{"team":"data"}}""")).Json
            .GetProperty("id").GetString();

        await client.Send(HttpMethod.Put, $"{Root}/{id}", """{"queues":[],"names":["x"]}""");

        var shown = (await client.Get($"{Root}/{id}")).Json;
        Assert.Equal(("""["failed"]""", """["x"]""", "[]", "[]", """{"team":"data"}"""),
            (Text("states"), Text("names"), Text("queues"), Text("schedules"), Text("labels")));

        string Text(string field) => shown.GetProperty(field).GetRawText();
    }

    [Fact]
    public async Task Target_ThatIsGone_PausesTheWebhook_WhichNeedsAttentionUntilItIsResumed()
    {
        target.Answer = static (_, context) =>
        {
            context.Response.StatusCode = 410;
            return Task.CompletedTask;
        };
        var id = (await Make("queue")).Json.GetProperty("id").GetString()!;

        await client.Send(HttpMethod.Put, "/api/v1/queues/gone", "{}");
        await Eventually.True(() => Shown().GetProperty("paused").GetBoolean());
        Assert.NotEqual(JsonValueKind.Null, Shown().GetProperty("goneAt").ValueKind);
        Assert.Single(target.All);
        await Eventually.True(() => client.Get("/api/v1/attention").GetAwaiter().GetResult().Json.GetProperty("items").EnumerateArray()
            .Any(item => item.GetProperty("code").GetString() == "webhook-gone" && item.GetProperty("target").GetString() == id));

        target.Answer = static (_, _) => Task.CompletedTask;
        await client.Post($"{Root}/{id}/resume");

        await Eventually.True(() => target.Of("gone", "changed").Length == 2);
        Assert.Equal((false, JsonValueKind.Null), (Shown().GetProperty("paused").GetBoolean(), Shown().GetProperty("goneAt").ValueKind));

        JsonElement Shown() => client.Get($"{Root}/{id}").GetAwaiter().GetResult().Json;
    }

    [Fact]
    public async Task Events_OfAQueue_AreChangedAndDeleted()
    {
        await Make("queue");

        await client.Send(HttpMethod.Put, "/api/v1/queues/hooked", """{"maxRunning":3}""");
        await client.Send(HttpMethod.Delete, "/api/v1/queues/hooked");

        // Several are sent at once, so either may come first.
        await Eventually.True(() => target.Of("hooked", "deleted").Length == 1 && target.Of("hooked", "changed").Length == 1);
        Assert.All(target.All, static one => Assert.Equal("queue", one.Event.GetProperty("type").GetString()));
    }

    [Fact]
    public async Task Delivery_ThatFails_IsTriedAgainUnderTheSameId()
    {
        var isLookedAt = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        target.Answer = async (_, context) =>
        {
            context.Response.StatusCode = target.All.Count == 1 ? 500 : 204;
            // The second try ends after what is to be seen before it.
            if (target.All.Count > 1)
                await isLookedAt.Task;
        };
        var id = (await Make("queue")).Json.GetProperty("id").GetString()!;

        await client.Send(HttpMethod.Put, "/api/v1/queues/again", "{}");
        await Eventually.True(() => target.All.Count == 1);
        JsonElement open = default;
        await Eventually.True(() => TryFirst(id, "open", out open));
        Assert.Equal((1, 500), (open.GetProperty("tries").GetInt32(), open.GetProperty("status").GetInt32()));
        Assert.NotEqual(JsonValueKind.Null, open.GetProperty("nextTryAt").ValueKind);
        Assert.NotEqual(JsonValueKind.Null, (await client.Get($"{Root}/{id}")).Json.GetProperty("failingSince").ValueKind);

        isLookedAt.SetResult();
        await Eventually.True(() => target.All.Count == 2);
        // The 25 s that are promised are held in virtual time: TargetsThatHang_GetEverySecondTryWithin25Seconds.
        Assert.Single(target.All.Select(static one => (one.Id, one.Body)).Distinct());
        JsonElement done = default;
        await Eventually.True(() => TryFirst(id, "delivered", out done));
        Assert.Equal((1, 2, 204), (done.GetProperty("n").GetInt32(), done.GetProperty("tries").GetInt32(), done.GetProperty("status").GetInt32()));
        Assert.Equal(JsonValueKind.Null, done.GetProperty("nextTryAt").ValueKind);
        Assert.Equal("again", done.GetProperty("event").GetProperty("id").GetString());
        Assert.Equal(JsonValueKind.Null, (await client.Get($"{Root}/{id}")).Json.GetProperty("failingSince").ValueKind);
    }

    [Fact]
    public async Task Pause_HoldsWhatHappens_AndResumeSendsIt()
    {
        var id = (await Make("queue")).Json.GetProperty("id").GetString()!;
        Assert.True((await client.Post($"{Root}/{id}/pause")).Json.GetProperty("paused").GetBoolean());

        await client.Send(HttpMethod.Put, "/api/v1/queues/held", "{}");
        var test = await client.Post($"{Root}/{id}/test");
        Assert.Equal(("delivered", 1), (test.Json.GetProperty("state").GetString(), test.Json.GetProperty("tries").GetInt32()));
        // What another webhook gets, made later, this one would have got as well.
        await Make("queue");
        await client.Send(HttpMethod.Put, "/api/v1/queues/seen", "{}");
        await Eventually.True(() => target.Of("seen", "changed").Length == 1);
        Assert.Equal(["seen", "test"], target.All.Select(static one => one.Event).Select(static one =>
            one.GetProperty("type").GetString() == "test" ? "test" : one.GetProperty("id").GetString()!).Order());

        Assert.False((await client.Post($"{Root}/{id}/resume")).Json.GetProperty("paused").GetBoolean());
        await Eventually.True(() => target.Of("held", "changed").Length == 1 && target.Of("seen", "changed").Length == 2);
    }

    [Fact]
    public async Task Rotate_SignsWithBothSecrets()
    {
        var made = (await Make("queue")).Json;
        var (id, before) = (made.GetProperty("id").GetString(), made.GetProperty("secret").GetString()!);

        var after = (await client.Post($"{Root}/{id}/rotate")).Json.GetProperty("secret").GetString()!;
        await client.Post($"{Root}/{id}/test");

        Assert.NotEqual(before, after);
        var received = Assert.Single(target.All);
        Assert.True(received.IsSignedWith(after) && received.IsSignedWith(before));
        Assert.True(received.Signature.Split(' ')[0] is var first && (received with { Signature = first }).IsSignedWith(after));
    }

    [Fact]
    public async Task Resend_SendsTheSameAgain_AndCountsTheTry()
    {
        var id = (await Make("queue")).Json.GetProperty("id").GetString()!;
        await client.Post($"{Root}/{id}/test");
        target.Answer = static (_, context) =>
        {
            context.Response.StatusCode = 400;
            return context.Response.WriteAsync("no\u0000é");
        };

        var again = await client.Post($"{Root}/{id}/deliveries/1/resend");

        Assert.Equal((200, 1, 2, 400), (again.Status, again.Json.GetProperty("n").GetInt32(), again.Json.GetProperty("tries").GetInt32(),
            again.Json.GetProperty("status").GetInt32()));
        Assert.Equal("no\uFFFDé", again.Json.GetProperty("answer").GetString());
        Assert.Equal(2, target.All.Count);
        Assert.Single(target.All.Select(static one => (one.Id, one.Body)).Distinct());
        (await client.Post($"{Root}/{id}/deliveries/7/resend")).Problem(404, "not-found");
        (await client.Post($"{Root}/{id}/deliveries/x/resend")).Problem(404, "not-found");
    }

    [Fact]
    public async Task Deliveries_ComeInPages_NewestFirst()
    {
        var id = (await Make("queue")).Json.GetProperty("id").GetString()!;
        for (var i = 0; i < 3; i++)
            await client.Post($"{Root}/{id}/test");

        var first = (await client.Get($"{Root}/{id}/deliveries?limit=2")).Json;
        Assert.Equal([3, 2], Numbers(first));
        var second = (await client.Get($"{Root}/{id}/deliveries?limit=2&cursor={first.GetProperty("nextCursor").GetString()}")).Json;
        Assert.Equal([1], Numbers(second));
        Assert.Equal(JsonValueKind.Null, second.GetProperty("nextCursor").ValueKind);
        (await client.Get($"{Root}/{id}/deliveries?cursor=x")).Problem(400, "bad-cursor");
        (await client.Get($"{Root}/{id}/deliveries?limits=2")).Problem(400, "bad-parameter");

        static int[] Numbers(JsonElement page) =>
            [.. page.GetProperty("items").EnumerateArray().Select(static one => one.GetProperty("n").GetInt32())];
    }

    [Fact]
    public async Task Put_ChangesWhatItNames()
    {
        var id = (await Make("queue")).Json.GetProperty("id").GetString()!;
        await using var other = await WebhookReceiver.Start();

        var changed = await client.Send(HttpMethod.Put, $"{Root}/{id}", $$"""{"url":"{{other.Url}}/x"}""");

        Assert.Equal((200, $"{other.Url}/x"), (changed.Status, changed.Json.GetProperty("url").GetString()));
        Assert.Equal("queue", Assert.Single(changed.Json.GetProperty("types").EnumerateArray()).GetString());
        await client.Post($"{Root}/{id}/test");
        Assert.Equal("/x", Assert.Single(other.All).Path);
        Assert.Empty(target.All);
    }

    [Fact]
    public async Task Delete_EndsIt_AndATryThatIsUnderWay()
    {
        target.Answer = static (_, context) => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted);
        var id = (await Make("queue")).Json.GetProperty("id").GetString()!;
        var test = client.Post($"{Root}/{id}/test");
        await Eventually.True(() => target.All.Count == 1);

        Assert.Equal(204, (await client.Send(HttpMethod.Delete, $"{Root}/{id}")).Status);

        (await test).Problem(404, "not-found");
        (await client.Get($"{Root}/{id}")).Problem(404, "not-found");
        (await client.Get($"{Root}/{id}/deliveries")).Problem(404, "not-found");
        (await client.Send(HttpMethod.Delete, $"{Root}/{id}")).Problem(404, "not-found");
        (await client.Send(HttpMethod.Put, $"{Root}/{id}", "{}")).Problem(404, "not-found");
        foreach (var call in new[] { "pause", "resume", "rotate", "test" })
            (await client.Post($"{Root}/{id}/{call}")).Problem(404, "not-found");
    }

    [Theory]
    [InlineData("""{}""", "url", "types")]
    [InlineData("""{"url":"http://a.example"}""", "types")]
    [InlineData("""{"url":"http://a.example","types":[]}""", "types")]
    [InlineData("""{"url":"http://a.example","types":["tasks"]}""", "types[0]")]
    [InlineData("""{"url":"http://a.example","types":["task","task"]}""", "types[1]")]
    [InlineData("""{"url":"http://a.example","types":"task"}""", "types")]
    [InlineData("""{"url":"ftp://a.example","types":["task"]}""", "url")]
    [InlineData("""{"url":"file:///etc/passwd","types":["task"]}""", "url")]
    [InlineData("""{"url":"/hook","types":["task"]}""", "url")]
    [InlineData("""{"url":"http://","types":["task"]}""", "url")]
    [InlineData("""{"url":"http://user:pw@a.example","types":["task"]}""", "url")]
    [InlineData("""{"url":"http://a.example/#x","types":["task"]}""", "url")]
    [InlineData("""{"url":"http://a.example/ x","types":["task"]}""", "url")]
    [InlineData("""{"url":"http:\\\\a.example\\x","types":["task"]}""", "url")]
    [InlineData("""{"url":"http://a.example","types":["task"],"secret":"whsec_x"}""", "secret")]
    [InlineData("""{"url":"http://a.example","types":["task"],"paused":true}""", "paused")]
    [InlineData("""{"url":"http://a.example","types":["task"],"states":["fialed","failed","failed"]}""", "states[0]", "states[2]")]
    [InlineData("""{"url":"http://a.example","types":["task"],"states":"failed"}""", "states")]
    [InlineData("""{"url":"http://a.example","types":["task"],"queues":["."]}""", "queues[0]")]
    [InlineData("""{"url":"http://a.example","types":["task"],"schedules":["A b"]}""", "schedules[0]")]
    [InlineData("""{"url":"http://a.example","types":["task"],"names":[""]}""", "names[0]")]
    [InlineData("""{"url":"http://a.example","types":["task"],"labels":["a"]}""", "labels")]
    [InlineData("""{"uri":"http://a.example","types":["task"]}""", "uri", "url")]
    public async Task Post_WrongBody_Is422WithThePlaces(string body, params string[] paths)
    {
        var problem = (await client.Post(Root, body)).Problem(422, "invalid-webhook");

        var places = problem.GetProperty("errors").EnumerateObject().Select(static error => error.Name).ToArray();
        Assert.Equal(paths.Order(), places.Order());
    }

    [Fact]
    public async Task Post_ANearMiss_IsTold()
    {
        Assert.Contains("did you mean 'task'", (await client.Post(Root, """{"url":"http://a.example","types":["tsak"]}""")).Text, StringComparison.Ordinal);
        Assert.Contains("did you mean 'types'", (await client.Post(Root, """{"url":"http://a.example","type":["task"]}""")).Text, StringComparison.Ordinal);
    }

    /// <summary>Makes a webhook whose other settings are given.</summary>
    private Task<Reply> Post(string settings, string path = "/hook") =>
        client.Post(Root, $$"""{"url":"{{target.Url}}{{path}}",{{settings[1..]}}""");

    private async Task<string> Submit(string task) => (await client.Post("/tasks", task)).Json.GetProperty("id").GetString()!;

    private Task<Reply> Make(params string[] types) =>
        client.Post(Root, $$"""{"url":"{{target.Url}}/hook","types":{{JsonSerializer.Serialize(types)}}}""");

    private bool TryFirst(string id, string state, out JsonElement found)
    {
        var items = client.Get($"{Root}/{id}/deliveries").GetAwaiter().GetResult().Json.GetProperty("items");
        found = items.EnumerateArray().FirstOrDefault(one => one.GetProperty("state").GetString() == state);
        return found.ValueKind == JsonValueKind.Object;
    }
}
