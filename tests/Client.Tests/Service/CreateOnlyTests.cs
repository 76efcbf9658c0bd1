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

    [Theory, MemberData(nameof(Kinds))]
    public async Task Put_ManyAtOnce_OneCreates(string kind, int created, string body, string other)
    {
        var path = $"/api/v1/{kind}/raced";

        var replies = await Task.WhenAll(Enumerable.Range(0, 10).Select(i => Put(path, i % 2 == 0 ? body : other, OnlyCreate)));

        Assert.Single(replies, reply => reply.Status == created);
        Assert.All(replies.Where(reply => reply.Status != created), static reply => reply.Problem(412, "already-exists"));
        Assert.Equal(1, Version(await client.Get(path)));
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

    private Task<Reply> Put(string path, string body, params (string, string)[] headers) =>
        client.Send(HttpMethod.Put, path, body, headers);

    private static int Version(Reply reply) => reply.Json.GetProperty("version").GetInt32();
}
