using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using OrleansTasks.Access;
using OrleansTasks.Client.Tests.Gateway;
using OrleansTasks.Storage;

namespace OrleansTasks.Client.Tests.Service;

/// <summary>Keys and sessions over HTTP, through the real silo and store.</summary>
public sealed class KeyCallTests(RunningService service) : IClassFixture<RunningService>
{
    private const string Root = "/api/v1/keys";
    private readonly ServiceClient client = service.Client;

    [Fact]
    public async Task Create_ShowsTheKeyOnce_AndItWorksAtOnce()
    {
        var made = await client.Post(Root, """{"name":"ci","scopes":["submit","read"],"expiresAt":"2199-01-01T00:00:00Z"}""");

        Assert.Equal(201, made.Status);
        Assert.Equal("no-store", made.Headers["Cache-Control"]);
        var key = made.Json.GetProperty("key").GetString()!;
        var id = made.Json.GetProperty("id").GetString()!;
        Assert.StartsWith("otk_", key, StringComparison.Ordinal);
        Assert.Equal(202, (await client.Post("/tasks", """{"cmd":"true"}""", ("Authorization", $"Bearer {key}"))).Status);
        (await client.Get(Root, ("Authorization", $"Bearer {key}"))).Problem(403, "forbidden");
        var listed = await Find(id);
        Assert.Equal(
            ("ci", """["read","submit"]""", "2199-01-01T00:00:00.000Z", "127.0.0.1"),
            (listed.GetProperty("name").GetString(), listed.GetProperty("scopes").GetRawText(),
                listed.GetProperty("expiresAt").GetString(), listed.GetProperty("lastAddress").GetString()));
        Assert.True(listed.GetProperty("lastUsedAt").GetDateTimeOffset() >= listed.GetProperty("createdAt").GetDateTimeOffset());
        Assert.DoesNotContain(key, (await client.Get(Root)).Text, StringComparison.Ordinal);
        Assert.DoesNotContain(key, (await client.Get($"/api/v1/audit?target={id}")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Revoke_EndsTheKeyAtOnce_AndBothChangesAreRecorded()
    {
        var (id, key) = await Create("read");
        var by = await Create("admin");

        Assert.Equal(204, (await client.Send(
            HttpMethod.Delete, $"{Root}/{id}", null, ("Authorization", $"Bearer {by.Key}"),
            ("Otask-Reason", "leaked"))).Status);

        (await client.Get("/api/v1/tasks", ("Authorization", $"Bearer {key}"))).Problem(401, "unauthenticated");
        (await client.Send(HttpMethod.Delete, $"{Root}/{id}")).Problem(404, "not-found");
        var records = (await client.Get($"/api/v1/audit?target={id}")).Json.GetProperty("items");
        Assert.Equal(
            ["key.revoke", "key.create"],
            records.EnumerateArray().Select(static record => record.GetProperty("action").GetString()));
        Assert.Equal(by.Id, records[0].GetProperty("actor").GetProperty("key").GetString());
        Assert.Equal("leaked", records[0].GetProperty("reason").GetString());
        Assert.Equal("""{"name":"test","scopes":["read"]}""", records[0].GetProperty("before").GetRawText());
        Assert.Equal("""{"name":"test","scopes":["read"]}""", records[1].GetProperty("after").GetRawText());
    }

    [Fact]
    public async Task Revoke_TheLastAdmin_IsRefusedAndNotRecorded()
    {
        var (id, key) = await Create("admin");
        foreach (var other in (await Items(Root)).Where(one => one.GetProperty("id").GetString() != id))
            await client.Send(HttpMethod.Delete, $"{Root}/{other.GetProperty("id").GetString()}");

        (await client.Send(HttpMethod.Delete, $"{Root}/{id}", null, ("Authorization", $"Bearer {key}"))).Problem(
            409, "last-admin-key");

        Assert.Equal(200, (await client.Get(Root, ("Authorization", $"Bearer {key}"))).Status);
        Assert.Single(await Items($"/api/v1/audit?target={id}"));
        await Create("admin");
        Assert.Equal(204, (await client.Send(HttpMethod.Delete, $"{Root}/{id}")).Status);
    }

    [Fact]
    public async Task KeyThatHasExpired_IsListed_AndMayBeRevoked()
    {
        var store = service.Services.GetRequiredService<IKeyStore>();
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        var key = NewKey.Make("old", Scopes.Admin, now - 1);
        await store.Add(key.Record, now - 2);

        (await client.Get("/api/v1/tasks", ("Authorization", $"Bearer {key.Text}"))).Problem(401, "unauthenticated");
        Assert.Equal("old", (await Find(key.Record.Id)).GetProperty("name").GetString());
        Assert.Equal(204, (await client.Send(HttpMethod.Delete, $"{Root}/{key.Record.Id}")).Status);
        Assert.DoesNotContain(await Items(Root), one => one.GetProperty("id").GetString() == key.Record.Id);
    }

    [Theory]
    [InlineData("""{"scopes":["read"]}""", "name")]
    [InlineData("""{"name":"a"}""", "scopes")]
    [InlineData("""{"name":"a","scopes":[]}""", "scopes")]
    [InlineData("""{"name":"a","scopes":["reed"]}""", "scopes[0]")]
    [InlineData("""{"name":"a","scopes":["read,admin"]}""", "scopes[0]")]
    [InlineData("""{"name":"a","scopes":["read","read"]}""", "scopes[1]")]
    [InlineData("""{"name":"a\u0007","scopes":["read"]}""", "name")]
    [InlineData("""{"name":"a","scopes":["read"],"expiresAt":"2020-01-01T00:00:00Z"}""", "expiresAt")]
    [InlineData("""{"name":"a","scopes":["read"],"key":"otk_mine"}""", "key")]
    public async Task Create_WhatIsNotAllowed_Is422WithThePlace(string body, string path)
    {
        var reply = await client.Post(Root, body);

        reply.Problem(422, "invalid-key");
        Assert.Contains($"\"{path}\"", reply.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sessions_AreListedWithoutTheirSecrets_AndEnded()
    {
        var (keyId, key) = await Create("read");
        using var browser = new HttpClient(new SocketsHttpHandler { UseCookies = false }) { BaseAddress = client.Http.BaseAddress };
        var begun = await Send(browser, HttpMethod.Post, "/api/v1/session", ("Authorization", $"Bearer {key}"));
        var cookie = begun.Headers["Set-Cookie"].Split(';')[0];
        Assert.Equal(200, (await Send(browser, HttpMethod.Get, "/api/v1/tasks", ("Cookie", cookie))).Status);

        var list = await client.Get("/api/v1/sessions");
        var session = Assert.Single(
            list.Json.GetProperty("items").EnumerateArray(), one => one.GetProperty("keyId").GetString() == keyId);
        Assert.DoesNotContain(cookie.Split('=')[1], list.Text, StringComparison.Ordinal);
        Assert.Equal(
            ("test", "127.0.0.1"),
            (session.GetProperty("name").GetString(), session.GetProperty("lastAddress").GetString()));
        var path = $"/api/v1/sessions/{session.GetProperty("id").GetString()}";
        Assert.Equal(204, (await client.Send(HttpMethod.Delete, path)).Status);
        (await Send(browser, HttpMethod.Get, "/api/v1/tasks", ("Cookie", cookie))).Problem(401, "unauthenticated");
        (await client.Send(HttpMethod.Delete, path)).Problem(404, "not-found");
    }

    [Fact]
    public async Task Session_BegunAgain_EndsTheFormerOne()
    {
        var (keyId, key) = await Create("read");
        var bearer = ("Authorization", $"Bearer {key}");
        using var browser = new HttpClient(new SocketsHttpHandler { UseCookies = false }) { BaseAddress = client.Http.BaseAddress };
        var first = (await Send(browser, HttpMethod.Post, "/api/v1/session", bearer)).Headers["Set-Cookie"].Split(';')[0];

        var second = (await Send(browser, HttpMethod.Post, "/api/v1/session", bearer, ("Cookie", first))).Headers["Set-Cookie"].Split(';')[0];

        Assert.NotEqual(first, second);
        Assert.Equal(200, (await Send(browser, HttpMethod.Get, "/api/v1/tasks", ("Cookie", second))).Status);
        (await Send(browser, HttpMethod.Get, "/api/v1/tasks", ("Cookie", first))).Problem(401, "unauthenticated");
        Assert.Single(await Items("/api/v1/sessions"), one => one.GetProperty("keyId").GetString() == keyId);
    }

    [Fact]
    public async Task IdempotencyKey_OfAnotherCaller_CountsForThatCallerAlone()
    {
        var ids = new List<string>();
        foreach (var body in (string[])["""{"cmd":"true"}""", """{"cmd":"true"}""", """{"cmd":"false"}"""])
        {
            var (_, key) = await Create("submit");
            var reply = await client.Post("/api/v1/tasks", body, ("Authorization", $"Bearer {key}"), ("Idempotency-Key", "shared"));
            Assert.Equal(202, reply.Status);
            Assert.False(reply.Headers.ContainsKey("Idempotency-Replayed"));
            ids.Add(reply.Json.GetProperty("id").GetString()!);
        }

        Assert.Equal(3, ids.Distinct().Count());
    }

    private static async Task<Reply> Send(
        HttpClient browser, HttpMethod method, string path, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path);
        foreach (var (name, value) in headers)
            request.Headers.Add(name, value);
        using var response = await browser.SendAsync(request);
        return await Reply.Read(response);
    }

    private async Task<(string Id, string Key)> Create(string scope)
    {
        var made = (await client.Post(Root, $$"""{"name":"test","scopes":["{{scope}}"]}""")).Json;
        return (made.GetProperty("id").GetString()!, made.GetProperty("key").GetString()!);
    }

    private async Task<JsonElement> Find(string id) =>
        Assert.Single(await Items(Root), one => one.GetProperty("id").GetString() == id);

    private async Task<JsonElement[]> Items(string path) =>
        [.. (await client.Get(path)).Json.GetProperty("items").EnumerateArray()];
}
