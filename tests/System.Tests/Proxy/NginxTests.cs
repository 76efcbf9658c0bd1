using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.Proxy;

/// <summary>A gateway behind a real nginx with the configuration of <c>deploy/nginx</c>, as docs/proxy.md describes it.</summary>
[Trait("Needs", "nginx")]
public sealed class NginxTests(NginxTests.Installation behind) : IClassFixture<NginxTests.Installation>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task PlainHttp_IsRedirectedWithItsPathAndMethod()
    {
        using var client = behind.Nginx.Client();

        using var answer = await client.PostAsync($"http://{Nginx.Name}/tasks?a=b", Json("""{"cmd":"true"}"""));

        Assert.Equal((308, $"https://{Nginx.Name}/tasks?a=b"), ((int)answer.StatusCode, answer.Headers.Location?.ToString()));
    }

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task Submit_OverTls_RunsAndTheWaitAnswersWithItsEnd(string version)
    {
        using var client = behind.Client();
        client.DefaultRequestVersion = Version.Parse(version);
        client.DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact;

        using var accepted = await client.PostAsync("/tasks", Json("""{"cmd":"echo hello"}"""));
        var ended = JsonNode.Parse(await client.GetStringAsync($"{accepted.Headers.Location}?wait=60s"))!;

        Assert.Equal(202, (int)accepted.StatusCode);
        Assert.Equal(("succeeded", "hello\n"), ((string?)ended["state"], (string?)ended["output"]!["tail"]));
    }

    [Fact]
    public async Task Logs_Followed_ArriveWhileTheCommandRuns()
    {
        using var client = behind.Client();
        var pipe = behind.Path("pipe");
        Assert.Equal(0, (await Finished.Run("mkfifo", pipe)).ExitCode);
        using var accepted = await client.PostAsync("/tasks", Json($$"""{"cmd":"echo first; cat {{pipe}}"}"""));

        using var log = await client.GetAsync($"{accepted.Headers.Location}/logs?follow=true", HttpCompletionOption.ResponseHeadersRead);
        using var lines = new StreamReader(await log.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));
        await Line(lines, "first");
        // The command ends only now, so nothing has held the first line back until the end.
        await File.WriteAllTextAsync(pipe, "second\n", TestContext.Current.CancellationToken);
        await Line(lines, "second");
    }

    [Fact]
    public async Task Items_Uploaded_AreProcessedWhileTheUploadIsOpen()
    {
        using var client = behind.Client();
        using var made = await client.PostAsync("/api/v1/jobs", Json("""{"source":{"stream":{}},"chunkSize":1,"process":{"builtin":"identity"}}"""));
        var job = made.Headers.Location?.ToString()!;
        using var body = new OpenContent("1\n", "2\n");

        var upload = client.PostAsync($"{job}/items", body);
        await Until.Holds("the first item is done while the upload is open", Patience, async () =>
            (long?)JsonNode.Parse(await client.GetStringAsync(job))!["itemsDone"] == 1);
        body.Continue();

        using var taken = await upload;
        Assert.Equal((202, 2), ((int)taken.StatusCode, (int?)JsonNode.Parse(await taken.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!["accepted"]));
        using var cancelled = await client.PostAsync($"{job}/cancel", null);
        Assert.Equal(202, (int)cancelled.StatusCode);
    }

    [Fact]
    public async Task Session_OfABrowser_BeginsReadsAndWritesFromTheOwnOriginOnly()
    {
        using var client = behind.Nginx.Client();
        using var page = await client.SendAsync(Request(HttpMethod.Get, "/", ("Accept", "text/html"), ("Sec-Fetch-Site", "none")));
        using var begun = await client.SendAsync(Request(HttpMethod.Post, "/api/v1/session",
            ("Authorization", $"Bearer {behind.Key}"), ("Origin", $"https://{Nginx.Name}"), ("Sec-Fetch-Site", "same-origin")));
        var cookie = Assert.Single(begun.Headers.GetValues("Set-Cookie"));

        Assert.Contains("text/html", page.Content.Headers.ContentType?.ToString(), StringComparison.Ordinal);
        Assert.Equal(201, (int)begun.StatusCode);
        Assert.StartsWith("__Host-otask_session=", cookie, StringComparison.Ordinal);
        Assert.Contains("; secure", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(200, await Status(HttpMethod.Get, "/api/v1/queues", $"https://{Nginx.Name}"));
        Assert.Equal(200, await Status(HttpMethod.Put, "/api/v1/queues/browser", $"https://{Nginx.Name}"));
        Assert.Equal(403, await Status(HttpMethod.Put, "/api/v1/queues/browser", "https://evil.example"));

        async Task<int> Status(HttpMethod method, string path, string origin)
        {
            using var request = Request(method, path, ("Cookie", cookie.Split(';')[0]), ("Origin", origin));
            request.Content = method == HttpMethod.Put ? Json("""{"maxRunning":3}""") : null;
            using var answer = await client.SendAsync(request);
            return (int)answer.StatusCode;
        }
    }

    [Fact]
    public async Task Address_OfACaller_IsTheOneThatNginxSaw()
    {
        using var client = behind.Client("127.0.0.9");
        using var request = Request(HttpMethod.Put, "/api/v1/queues/addressed", ("X-Forwarded-For", "203.0.113.7"));
        request.Content = Json("""{"paused":true}""");

        using var put = await client.SendAsync(request);
        var audit = JsonNode.Parse(await client.GetStringAsync("/api/v1/audit?target=addressed"))!;

        Assert.Equal(200, (int)put.StatusCode);
        Assert.Equal("127.0.0.9", (string?)audit["items"]![0]!["address"]);
    }

    [Fact]
    public async Task Mcp_AClient_CallsATool()
    {
        using var client = behind.Client();
        using var request = Request(HttpMethod.Post, "/mcp", ("Accept", "application/json, text/event-stream"));
        request.Content = Json("""{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"submit_task","arguments":{"cmd":"echo from a tool","wait":"30s"}}}""");

        using var answer = await client.SendAsync(request);

        Assert.Contains("from a tool", await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    private static StringContent Json(string text) => new(text, Encoding.UTF8, "application/json");

    private static HttpRequestMessage Request(HttpMethod method, string path, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(method, path);
        foreach (var (name, value) in headers)
            request.Headers.Add(name, value);
        return request;
    }

    private static async Task Line(StreamReader lines, string text)
    {
        string? line;
        do
            line = await lines.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Patience, TimeProvider.System);
        while (line is not null && !line.Contains(text, StringComparison.Ordinal));
        Assert.NotNull(line);
    }

    /// <summary>A service that needs keys, and nginx before it.</summary>
    public sealed class Installation : DataFolders, IAsyncLifetime
    {
        private Service? service;

        /// <summary>A key that may do everything.</summary>
        internal string Key { get; private set; } = "";

        /// <summary>nginx.</summary>
        internal Nginx Nginx { get; private set; } = null!;

        /// <inheritdoc/>
        public async ValueTask InitializeAsync()
        {
            Key = (await Otask.Run("key", "create", "--data", Data, "--scope", "read,submit,operate,admin")).Output.Trim();
            var gateway = RestartAddress.Next();
            service = await Service.Start(
                Data, "--http", gateway, "--slots", "4", "--require-keys", "--public-url", $"https://{Nginx.Name}", "--trusted-proxy", "127.0.0.1");
            Nginx = await Nginx.Start(In("nginx"), gateway);
        }

        /// <summary>A client with the key.</summary>
        internal HttpClient Client(string from = "127.0.0.1")
        {
            var client = Nginx.Client(from);
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Key);
            return client;
        }

        /// <summary>A path in the test's own folder.</summary>
        internal string Path(string name) => In(name);

        /// <inheritdoc/>
        public async ValueTask DisposeAsync()
        {
            if (Nginx is not null)
                await Nginx.DisposeAsync();
            if (service is not null)
                await service.DisposeAsync();
            Dispose();
        }
    }

    /// <summary>A body whose second part waits to be told.</summary>
    private sealed class OpenContent : HttpContent
    {
        private readonly TaskCompletionSource goesOn = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly string[] parts;

        public OpenContent(params string[] parts)
        {
            this.parts = parts;
            Headers.ContentType = new MediaTypeHeaderValue("application/x-ndjson");
        }

        public void Continue() => goesOn.SetResult();

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            foreach (var part in parts)
            {
                await stream.WriteAsync(Encoding.UTF8.GetBytes(part));
                await stream.FlushAsync();
                await goesOn.Task;
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
