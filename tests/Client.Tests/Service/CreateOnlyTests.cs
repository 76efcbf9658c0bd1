using System.Text.Json.Nodes;
using OrleansTasks.Client.Tests.Gateway;

namespace OrleansTasks.Client.Tests.Service;

/// <summary>Calls with If-None-Match: *, which only create, through the real silo and store.</summary>
public sealed class CreateOnlyTests(RunningService service) : IClassFixture<RunningService>
{
    private static readonly (string, string) OnlyCreate = ("If-None-Match", "*");
    private readonly ServiceClient client = service.Client;

    public static TheoryData<string, int, string, string> Kinds => new()
    {
        { "definitions", 201, """{"task":{"argv":["true"]}}""", """{"task":{"argv":["false"]}}""" },
        { "schedules", 201, """{"every":"366d","task":{"cmd":"true"}}""", """{"every":"366d","task":{"cmd":"false"}}""" },
        { "calendars", 201, """{"days":["2098-12-24"]}""", """{"days":["2098-12-25"]}""" },
        { "queues", 200, """{"maxRunning":3}""", """{"maxRunning":4}""" },
    };

    public static TheoryData<string, int, string, string> KindsWithoutVersions => new()
    {
        {
            "triggers", 201, """{"definition":"started","signature":{"kind":"github"}}""",
            """{"definition":"started","signature":{"kind":"github"},"paused":true}"""
        },
        {
            "notifications", 201, """{"on":["failed"],"to":{"slack":"https://chat.example/x"}}""",
            """{"on":["failed"],"to":{"slack":"https://chat.example/x"},"paused":true}"""
        },
    };

    [Theory, MemberData(nameof(Kinds))]
    public async Task Put_OfATakenName_IsRefusedAndChangesNothing(string kind, int created, string body, string other)
    {
        var path = $"/api/v1/{kind}/taken";
        Assert.Equal(created, (await Put(path, body, OnlyCreate)).Status);

        foreach (var again in (string[])[body, other])
        {
            var refused = (await Put(path, again, OnlyCreate)).Problem(412, "already-exists");
            Assert.Contains($"A {kind[..^1]} with this name", refused.GetProperty("detail").GetString(), StringComparison.Ordinal);
        }

        Assert.Equal(1, Version(await client.Get(path)));
        var replaced = await Put(path, other);
        Assert.Equal((200, 2), (replaced.Status, Version(replaced)));
        Assert.Equal(204, (await client.Send(HttpMethod.Delete, path)).Status);
        Assert.Equal(created, (await Put(path, body, OnlyCreate)).Status);
    }

    [Theory, MemberData(nameof(Kinds)), MemberData(nameof(KindsWithoutVersions))]
    public async Task Put_ManyAtOnce_OneCreates(string kind, int created, string body, string other)
    {
        await DefineStarted();
        var path = $"/api/v1/{kind}/raced";

        var replies = await Task.WhenAll(Enumerable.Range(0, 10).Select(i => Put(path, i % 2 == 0 ? body : other, OnlyCreate)));

        var made = Assert.Single(replies, reply => reply.Status == created).Json;
        Assert.All(replies.Where(reply => reply.Status != created), static reply => reply.Problem(412, "already-exists"));
        // What has no versions shows by its pause which of the two bodies is stored.
        var stored = (await client.Get(path)).Json;
        foreach (var field in (string[])["version", "paused"])
        {
            if (made.TryGetProperty(field, out var value))
                Assert.Equal(value.GetRawText(), stored.GetProperty(field).GetRawText());
        }
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task Put_WithAnotherTag_OrWithAVersion_IsRefused(string kind, int created, string body, string other)
    {
        var path = $"/api/v1/{kind}/odd";
        var versioned = JsonNode.Parse(other)!.AsObject();
        versioned["version"] = 1;

        (await Put(path, body, ("If-None-Match", "\"1\""))).Problem(400, "bad-parameter");
        (await Put(path, versioned.ToJsonString(), OnlyCreate)).Problem(400, "bad-parameter");

        (await client.Get(path)).Problem(404, "not-found");
        Assert.Equal(created, (await Put(path, body, OnlyCreate)).Status);
    }

    [Fact]
    public async Task Put_OfAScheduleInAnotherQueue_IsRefusedForItsName()
    {
        Assert.Equal(201, (await Put("/api/v1/schedules/placed", """{"every":"366d","task":{"cmd":"true","queue":"here"}}""")).Status);

        (await Put("/api/v1/schedules/placed", """{"every":"366d","task":{"cmd":"true","queue":"there"}}""", OnlyCreate))
            .Problem(412, "already-exists");
    }

    [Fact]
    public async Task Put_OfAQueueWithoutSettings_IsRefused()
    {
        Assert.Equal(202, (await client.Post("/api/v1/tasks", """{"cmd":"true","queue":"made-by-a-task"}""")).Status);

        foreach (var queue in (string[])["made-by-a-task", "default"])
            (await Put($"/api/v1/queues/{queue}", """{"paused":true}""", OnlyCreate)).Problem(412, "already-exists");

        Assert.False((await client.Get("/api/v1/queues/default")).Json.GetProperty("paused").GetBoolean());
    }

    [Theory, MemberData(nameof(KindsWithoutVersions))]
    public async Task Put_OfATakenNameWithoutVersions_IsRefusedAndChangesNothing(
        string kind, int created, string body, string other)
    {
        await DefineStarted();
        var path = $"/api/v1/{kind}/taken";
        Assert.Equal(created, (await Put(path, body, OnlyCreate)).Status);

        foreach (var again in (string[])[body, other])
        {
            var refused = (await Put(path, again, OnlyCreate)).Problem(412, "already-exists");
            Assert.Contains($"A {kind[..^1]} with this name", refused.GetProperty("detail").GetString(), StringComparison.Ordinal);
        }

        Assert.False((await client.Get(path)).Json.GetProperty("paused").GetBoolean());
        var replaced = await Put(path, other);
        Assert.Equal((200, true), (replaced.Status, replaced.Json.GetProperty("paused").GetBoolean()));
        Assert.Equal(204, (await client.Send(HttpMethod.Delete, path)).Status);
        Assert.Equal(created, (await Put(path, body, OnlyCreate)).Status);
    }

    [Theory, MemberData(nameof(KindsWithoutVersions))]
    public async Task Put_WithAnotherTagWithoutVersions_IsRefused(string kind, int created, string body, string other)
    {
        await DefineStarted();
        var path = $"/api/v1/{kind}/odd";

        foreach (var tried in (string[])[body, other])
            (await Put(path, tried, ("If-None-Match", "\"1\""))).Problem(400, "bad-parameter");

        (await client.Get(path)).Problem(404, "not-found");
        Assert.Equal(created, (await Put(path, body, OnlyCreate)).Status);
    }

    [Fact]
    public async Task Put_OfAWebhook_IsRefusedAndChangesNothing()
    {
        var made = await client.Post("/api/v1/webhooks", """{"url":"http://127.0.0.1:9/","types":["job"]}""");
        Assert.Equal(201, made.Status);
        var path = $"/api/v1/webhooks/{made.Json.GetProperty("id").GetString()}";

        (await Put(path, """{"types":["workflow"]}""", OnlyCreate)).Problem(412, "already-exists");
        (await Put("/api/v1/webhooks/none", """{"types":["workflow"]}""", OnlyCreate)).Problem(404, "not-found");
        (await Put(path, """{"types":["workflow"]}""", ("If-None-Match", "\"1\""))).Problem(400, "bad-parameter");

        Assert.Equal(
            ["job"], (await client.Get(path)).Json.GetProperty("types").EnumerateArray().Select(static one => one.GetString()));
    }

    private async Task DefineStarted() => Assert.InRange(
        (await Put("/api/v1/definitions/started", """{"task":{"argv":["true"]}}""")).Status, 200, 201);

    private Task<Reply> Put(string path, string body, params (string, string)[] headers) =>
        client.Send(HttpMethod.Put, path, body, headers);

    private static int Version(Reply reply) => reply.Json.GetProperty("version").GetInt32();
}
