using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.Keys;

public sealed class KeyTests(SharedServices shared, KeyTests.BeyondLoopback beyond) : DataFolders, IClassFixture<KeyTests.BeyondLoopback>
{
    private static readonly TimeSpan RevocationLimit = TimeSpan.FromSeconds(6);

    [Fact]
    public async Task BeyondLoopback_EveryCallNeedsAKeyWithItsScope()
    {
        var submit = await Create("submit");
        var service = beyond.Service;
        using var nobody = await Send(service, HttpMethod.Get, "/api/v1/tasks", null);
        Assert.Equal(401, (int)nobody.StatusCode);
        Assert.Equal("Bearer", nobody.Headers.WwwAuthenticate.ToString());
        Assert.Equal(401, await Status(service, HttpMethod.Get, "/", null));
        Assert.Equal(401, await Status(service, HttpMethod.Get, "/metrics", null));
        Assert.Equal(401, await Status(service, HttpMethod.Get, "/no/such/thing", null));
        Assert.Equal(200, await Status(service, HttpMethod.Get, "/livez", null));
        Assert.Equal(200, await Status(service, HttpMethod.Get, "/readyz", null));
        Assert.Equal(401, await Status(service, HttpMethod.Get, "/api/v1/tasks", "otk_wrong"));

        Assert.Equal(202, await Status(service, HttpMethod.Post, "/tasks", submit));
        Assert.Equal(403, await Status(service, HttpMethod.Get, "/api/v1/tasks", submit));
        var read = await Create("read");
        Assert.Equal(200, await Status(service, HttpMethod.Get, "/api/v1/tasks", read));
        Assert.Equal(403, await Status(service, HttpMethod.Post, "/tasks", read));
        Assert.Equal(403, await Status(service, HttpMethod.Post, "/api/v1/tasks/cancel?queue=default", submit));
        Assert.Equal(202, await Status(service, HttpMethod.Post, "/api/v1/tasks/cancel?queue=default", await Create("operate")));
        var others = await Create("read,submit,operate");
        foreach (var path in (string[])["/api/v1/keys", "/api/v1/sessions"])
        {
            Assert.Equal(403, await Status(service, HttpMethod.Get, path, others));
            Assert.Equal(403, await Status(service, HttpMethod.Delete, $"{path}/x", others));
            Assert.Equal(404, await Status(service, HttpMethod.Delete, $"{path}/x", await Create("admin")));
        }
    }

    [Fact]
    public async Task KeyThatExpires_IsRefusedFromThenOn()
    {
        var service = beyond.Service;
        var end = TimeProvider.System.GetUtcNow().AddSeconds(5);
        var created = await Otask.Run(
            "key", "create", "--data", beyond.Folder, "--scope", "read", "--expires-at", end.ToString("O"));
        Assert.True(created.ExitCode == 0, created.Errors);
        var key = created.Output.Trim();
        await using var events = await Open(service, key, null).GetStreamAsync("/api/v1/events");

        await Until.Holds("the key is refused", TimeSpan.FromSeconds(20),
            async () => await Status(service, HttpMethod.Get, "/api/v1/tasks", key) == 401);
        Assert.True(TimeProvider.System.GetUtcNow() >= end);
        await ReadToEnd(events).WaitAsync(RevocationLimit);
    }

    [Theory]
    [InlineData("/dashboard/")]
    [InlineData("/dashboard/index.min.js")]
    [InlineData("/dashboard/DashboardCounters")]
    public async Task Dashboard_BeyondLoopback_NeedsAKeyThatMayRead(string path)
    {
        var submit = await Create("submit");
        var read = await Create("read");
        var service = beyond.Service;
        Assert.Equal(401, await Status(service, HttpMethod.Get, path, null));
        Assert.Equal(403, await Status(service, HttpMethod.Get, path, submit));
        Assert.Equal(200, await Status(service, HttpMethod.Get, path, read));
    }

    [Fact]
    public async Task OnLoopback_NoKeyIsNeededButAWrongOneIsRefused()
    {
        await using var service = await Service.Start(Data);
        Assert.Equal(202, await Status(service, HttpMethod.Post, "/tasks", null));
        Assert.Equal(401, await Status(service, HttpMethod.Post, "/tasks", "otk_wrong"));
        Assert.Equal(403, await Status(service, HttpMethod.Post, "/tasks", await Create(Data, "read", "test")));
    }

    [Fact]
    public async Task Revoke_EndsKeyAndSessionWithinSeconds()
    {
        var key = await Create("read", "revoked");
        var service = beyond.Service;
        var cookie = await Begin(service, key);
        Assert.Equal(200, await Status(service, HttpMethod.Get, "/api/v1/tasks", null, cookie));
        Assert.Equal(0, (await Otask.Run("key", "revoke", (await IdOf("revoked"))!, "--data", beyond.Folder)).ExitCode);
        await Until.Holds("the key is refused", RevocationLimit,
            async () => await Status(service, HttpMethod.Get, "/api/v1/tasks", key) == 401);
        Assert.Equal(401, await Status(service, HttpMethod.Get, "/api/v1/tasks", null, cookie));
        Assert.Null(await IdOf("revoked"));
    }

    /// <summary>
    /// Calls that were open when the key was revoked, or the session ended: an event stream, a log that is followed, an
    /// upload, a wait.
    /// </summary>
    [Theory]
    [InlineData(false, "otask")]
    [InlineData(true, "otask")]
    [InlineData(false, "keys")]
    [InlineData(true, "keys")]
    [InlineData(true, "sessions")]
    public async Task Revoke_EndsOpenCallsWithinSeconds(bool bySession, string with)
    {
        var name = $"{with} {bySession}";
        var key = await Create("read,submit", name);
        var admin = await Create("admin");
        var service = beyond.Service;
        var cookie = bySession ? await Begin(service, key) : null;
        using var client = Open(service, bySession ? null : key, cookie);
        var task = await Id(await client.PostAsync("/tasks", new StringContent("""{"cmd":"true"}""", Encoding.UTF8, "application/json")));
        var job = await Id(await client.PostAsync("/api/v1/jobs", new StringContent(
            """{"source":{"stream":{}},"process":{"builtin":"identity"},"aggregate":[{"op":"count"}]}""", Encoding.UTF8, "application/json")));
        await using var events = await client.GetStreamAsync("/api/v1/events");
        await using var log = await client.GetStreamAsync($"/api/v1/tasks/{task}/logs?follow=true");
        var waiting = client.GetAsync($"/api/v1/tasks/{task}?wait=60s");
        using var items = new EndlessLines();
        using var upload = new HttpRequestMessage(HttpMethod.Post, $"/api/v1/jobs/{job}/items") { Content = items };
        var uploading = client.SendAsync(upload);
        await items.Sent;

        if (with == "otask")
        {
            Assert.Equal(0, (await Otask.Run("key", "revoke", (await IdOf(name))!, "--data", beyond.Folder)).ExitCode);
        }
        else
            Assert.Equal(204, await Status(service, HttpMethod.Delete, $"/api/v1/{with}/{await IdOf(service, with, name, admin)}", admin));

        (string Name, Task End)[] calls =
        [
            ("events", ReadToEnd(events)), ("log", ReadToEnd(log)), ("wait", Ignoring(waiting)), ("upload", Ignoring(uploading)),
        ];
        await Task.WhenAny(Task.WhenAll(calls.Select(static call => call.End)), Task.Delay(RevocationLimit, TimeProvider.System));
        Assert.Empty(calls.Where(static call => !call.End.IsCompleted).Select(static call => call.Name));
        Assert.Equal(401, (int)(await waiting).StatusCode);
        if (uploading.IsCompletedSuccessfully)
            Assert.Equal(401, (int)(await uploading).StatusCode);
    }

    [Fact]
    public async Task Session_WritesNeedAnOwnOriginAndDeleteEndsIt()
    {
        var key = await Create("read,submit");
        var service = beyond.Service;
        Assert.Equal(401, await Status(service, HttpMethod.Post, "/api/v1/session", null));
        Assert.Equal(401, await Status(service, HttpMethod.Get, "/api/v1/session", null));
        using (var shown = await Send(service, HttpMethod.Get, "/api/v1/session", key))
        {
            var text = await shown.Content.ReadAsStringAsync();
            Assert.Contains("\"scopes\":[\"read\",\"submit\"],\"expiresAt\":null,\"needsKey\":true", text, StringComparison.Ordinal);
            Assert.StartsWith("{\"name\":\"test\",\"keyId\":\"", text, StringComparison.Ordinal);
        }

        var cookie = await Begin(service, key);
        Assert.Equal(200, await Status(service, HttpMethod.Get, "/api/v1/session", null, cookie));
        var own = service.Url.GetLeftPart(UriPartial.Authority);
        Assert.Equal(403, await Status(service, HttpMethod.Post, "/tasks", null, cookie));
        Assert.Equal(403, await Status(service, HttpMethod.Post, "/tasks", null, cookie, "http://evil.example"));
        Assert.Equal(202, await Status(service, HttpMethod.Post, "/tasks", null, cookie, own));
        Assert.Equal(401, await Status(service, HttpMethod.Post, "/api/v1/session", null, cookie, own));
        Assert.Equal(204, await Status(service, HttpMethod.Delete, "/api/v1/session", null, cookie, own));
        Assert.Equal(401, await Status(service, HttpMethod.Get, "/api/v1/tasks", null, cookie));
    }

    [Theory]
    [InlineData("Host", "evil.example", "bad-host")]
    [InlineData("Origin", "http://evil.example", "bad-origin")]
    [InlineData("Origin", "http://127.0.0.1:1", "bad-origin")]
    public async Task ForeignHostOrOrigin_IsRefusedEverywhere(string header, string value, string code)
    {
        var service = await shared.Running;
        foreach (var path in (string[])["/livez", "/", "/api/v1/tasks", "/no/such/thing"])
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            request.Headers.TryAddWithoutValidation(header, value);
            using var response = await service.Http.SendAsync(request);
            Assert.Equal(403, (int)response.StatusCode);
            Assert.Contains($"\"code\":\"{code}\"", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task ReadinessDoesNotTell_WhatAKeyIsNeededFor()
    {
        var service = await shared.Running;
        Assert.Equal("ready\n", await service.Http.GetStringAsync("/readyz"));
        Assert.Equal("alive\n", await service.Http.GetStringAsync("/livez"));
    }

    private Task<string> Create(string scopes, string name = "test") => Create(beyond.Folder, scopes, name);

    private static async Task<string> Create(string folder, string scopes, string name)
    {
        var created = await Otask.Run("key", "create", "--data", folder, "--scope", scopes, "--name", name);
        Assert.True(created.ExitCode == 0, created.Errors);
        return created.Output.TrimEnd('\n');
    }

    /// <summary>The id of the key of a name; null: there is none.</summary>
    private async Task<string?> IdOf(string name) => (await Otask.Run("key", "list", "--data", beyond.Folder)).Output.Split('\n')
        .SingleOrDefault(line => line.Split('\t').Contains(name))?.Split('\t')[0];

    private static async Task<string> Begin(Service service, string key)
    {
        using var response = await Send(service, HttpMethod.Post, "/api/v1/session", key);
        Assert.Equal(201, (int)response.StatusCode);
        var cookie = Assert.Single(response.Headers.GetValues("Set-Cookie"));
        Assert.Contains("httponly", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("samesite=strict", cookie, StringComparison.OrdinalIgnoreCase);
        return cookie.Split(';')[0];
    }

    private static HttpClient Open(Service service, string? key, string? cookie)
    {
        var client = new HttpClient(new SocketsHttpHandler { UseCookies = false })
        {
            BaseAddress = new UriBuilder(service.Url) { Host = "127.0.0.1" }.Uri,
        };
        if (key is not null)
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        if (cookie is not null)
        {
            client.DefaultRequestHeaders.Add("Cookie", cookie);
            client.DefaultRequestHeaders.Add("Origin", service.Url.GetLeftPart(UriPartial.Authority));
            client.DefaultRequestHeaders.Host = service.Url.Authority;
        }

        return client;
    }

    private static async Task<string> Id(HttpResponseMessage response)
    {
        using (response)
        {
            var text = await response.Content.ReadAsStringAsync();
            Assert.True((int)response.StatusCode == 202, text);
            return (string)JsonNode.Parse(text)!["id"]!;
        }
    }

    private static async Task ReadToEnd(Stream stream)
    {
        try
        {
            await stream.CopyToAsync(Stream.Null);
        }
        catch (IOException)
        {
            // Cut off is ended, too.
        }
    }

    private static async Task Ignoring(Task<HttpResponseMessage> call)
    {
        try
        {
            await call;
        }
        catch (HttpRequestException)
        {
            // A caller that still sends may lose the answer.
        }
    }

    /// <summary>The id of the key of a name, or of its session.</summary>
    private static async Task<string> IdOf(Service service, string list, string name, string admin)
    {
        using var response = await Send(service, HttpMethod.Get, $"/api/v1/{list}", admin);
        var items = JsonNode.Parse(await response.Content.ReadAsStringAsync())!["items"]!.AsArray();
        return (string)Assert.Single(items, item => (string?)item!["name"] == name)!["id"]!;
    }

    private static async Task<int> Status(
        Service service, HttpMethod method, string path, string? key, string? cookie = null, string? origin = null)
    {
        using var response = await Send(service, method, path, key, cookie, origin);
        return (int)response.StatusCode;
    }

    private static async Task<HttpResponseMessage> Send(
        Service service, HttpMethod method, string path, string? key, string? cookie = null, string? origin = null)
    {
        using var client = new HttpClient(new SocketsHttpHandler { UseCookies = false })
        {
            // 0.0.0.0 was announced by the machine's name; the loopback address reaches it too.
            BaseAddress = new UriBuilder(service.Url) { Host = "127.0.0.1" }.Uri,
        };
        using var request = new HttpRequestMessage(method, path);
        if (method == HttpMethod.Post && path == "/tasks")
            request.Content = new StringContent("""{"cmd":"true"}""", Encoding.UTF8, "application/json");
        if (key is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        if (cookie is not null)
            request.Headers.Add("Cookie", cookie);
        if (origin is not null)
        {
            request.Headers.Add("Origin", origin);
            request.Headers.Host = service.Url.Authority;
        }

        return await client.SendAsync(request);
    }

    /// <summary>A service that other machines can reach, and a key of an administrator.</summary>
    public sealed class BeyondLoopback : DataFolders, IAsyncLifetime
    {
        internal Service Service { get; private set; } = null!;

        internal string Folder => Data;

        public async ValueTask InitializeAsync()
        {
            await Create(Data, "admin", "first");
            Service = await Service.Start(BuiltPrograms.AllInOne,
                ["--http", "0.0.0.0:0", "--grpc", "127.0.0.1:0", "--data", Data, "--slots", "0"], Data);
        }

        public async ValueTask DisposeAsync()
        {
            await Service.DisposeAsync();
            Dispose();
        }
    }
}
