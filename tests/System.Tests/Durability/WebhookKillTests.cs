using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.Durability;

/// <summary>Kills every process of the service while webhooks are sent; the target is a server of this process.</summary>
public sealed class WebhookKillTests : DataFolders
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task Kill_BetweenEventsAndDeliveries_EveryEventArrives()
    {
        var bodies = new ConcurrentDictionary<string, string>();
        var others = new ConcurrentQueue<string>();
        var arrivals = 0;
        using var target = new HttpListener();
        var url = Listen(target);
        // At first nothing is accepted: what has happened is still to be sent when everything is killed.
        var isUp = false;
        var serving = Serve();
        string[] tasks;
        await using (var service = await Service.Start(Data, "--lease", "8s"))
        {
            Assert.Equal(HttpStatusCode.Created, (await Post(service, "/api/v1/webhooks", $$"""{"url":"{{url}}","types":["task"]}""")).Status);
            tasks = await Submit(service, 40);
            await Until.Holds("a delivery has failed", Limit, () => Task.FromResult(Volatile.Read(ref arrivals) > 0));
            await service.KillAll();
        }

        Volatile.Write(ref isUp, true);
        await using (var again = await Service.Start(Data, "--lease", "8s"))
        {
            await Until.Holds("some events have arrived", Limit, () => Task.FromResult(bodies.Count > 20));
            await again.KillAll();
        }

        await using (var last = await Service.Start(Data, "--lease", "8s"))
        {
            // What was refused before the kills comes again up to 30 s later.
            await Until.Holds("the beginning and the end of every task have arrived", Limit,
                () => Task.FromResult(Arrived("queued").IsSupersetOf(tasks) && Arrived("succeeded").IsSupersetOf(tasks)));
            var webhook = JsonNode.Parse(await last.Http.GetStringAsync("/api/v1/webhooks"))!["items"]![0]!;
            Assert.Equal("task", (string)webhook["types"]![0]!);
        }

        target.Stop();
        await serving;
        Assert.Empty(others);

        HashSet<string> Arrived(string state) =>
        [
            .. bodies.Values.Select(static body => JsonNode.Parse(body)!).Where(one => (string)one["state"]! == state)
                .Select(static one => (string)one["id"]!),
        ];

        async Task Serve()
        {
            while (await Next() is { } context)
            {
                try
                {
                    using var reader = new StreamReader(context.Request.InputStream);
                    var (id, body) = (context.Request.Headers["webhook-id"]!, await reader.ReadToEndAsync());
                    Interlocked.Increment(ref arrivals);
                    if (!Volatile.Read(ref isUp))
                        context.Response.StatusCode = 503;
                    else if (bodies.GetOrAdd(id, body) != body)
                        others.Enqueue($"{id} came with {body} and {bodies[id]}");
                    context.Response.Close();
                }
                catch (Exception broken) when (broken is HttpListenerException or IOException or ObjectDisposedException)
                {
                    // Who asked was killed.
                }
            }
        }

        async Task<HttpListenerContext?> Next()
        {
            try
            {
                return await target.GetContextAsync();
            }
            catch (Exception stopped) when (stopped is HttpListenerException or ObjectDisposedException)
            {
                return null;
            }
        }
    }

    [Fact]
    public async Task BeyondLoopback_PrivateTargets_AreRefusedUnlessTheyAreAllowed()
    {
        using var target = new HttpListener();
        var url = Listen(target);
        await using (var service = await Service.StartGuarded(Data, "--http", "0.0.0.0:0"))
        {
            var refused = await Post(service, "/api/v1/webhooks", $$"""{"url":"{{url}}","types":["task"]}""");
            Assert.Equal(HttpStatusCode.UnprocessableEntity, refused.Status);
            Assert.Contains("--webhook-allow", refused.Text, StringComparison.Ordinal);
            var metadata = await Post(service, "/api/v1/webhooks", """{"url":"http://169.254.169.254/latest","types":["task"]}""");
            Assert.Equal(HttpStatusCode.UnprocessableEntity, metadata.Status);
        }

        await using (var service = await Service.StartGuarded(Data, "--http", "0.0.0.0:0", "--webhook-allow", "127.0.0.0/8"))
        {
            var made = await Post(service, "/api/v1/webhooks", $$"""{"url":"{{url}}","types":["task"]}""");
            Assert.Equal(HttpStatusCode.Created, made.Status);
            var testing = Post(service, $"/api/v1/webhooks/{JsonNode.Parse(made.Text)!["id"]}/test", null);
            var context = await target.GetContextAsync().WaitAsync(Limit, TimeProvider.System);
            context.Response.Close();
            Assert.Contains("\"delivered\"", (await testing).Text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Otask_MakesShowsChangesAndTriesAWebhook()
    {
        using var target = new HttpListener();
        var url = Listen(target);
        await using var service = await Service.Start(Data, "--slots", "0");
        var made = await Command("create", "--to", url, "--types", "task,job", "--json");
        Assert.Equal(0, made.ExitCode);
        var id = (string)JsonNode.Parse(made.Output)!["id"]!;
        Assert.Contains(url, (await Command("list")).Output, StringComparison.Ordinal);
        Assert.Contains("queue", (await Command("set", id, "--types", "queue")).Output, StringComparison.Ordinal);
        Assert.Matches("paused +true", (await Command("pause", id)).Output);
        Assert.Matches("paused +false", (await Command("resume", id)).Output);
        Assert.Contains("whsec_", (await Command("rotate", id)).Output, StringComparison.Ordinal);
        Assert.DoesNotContain("whsec_", (await Command("get", id)).Output, StringComparison.Ordinal);
        var testing = Command("test", id);
        (await target.GetContextAsync().WaitAsync(Limit, TimeProvider.System)).Response.Close();
        Assert.Matches("state +delivered", (await testing).Output);
        var resending = Command("resend", id, "1");
        (await target.GetContextAsync().WaitAsync(Limit, TimeProvider.System)).Response.Close();
        Assert.Matches("tries +2", (await resending).Output);
        Assert.Contains($"test {id} test", (await Command("deliveries", id)).Output, StringComparison.Ordinal);
        Assert.Equal(0, (await Command("delete", id)).ExitCode);
        Assert.NotEqual(0, (await Command("get", id)).ExitCode);
        Assert.Equal(2, (await Command("create", "--to", url)).ExitCode);

        Task<Finished> Command(params string[] args) => Otask.Run(service, ["webhook", .. args]);
    }

    private static string Listen(HttpListener target)
    {
        // HttpListener takes no port 0, and another service may be given one that was free a moment ago.
        var url = $"http://{RestartAddress.Next()}/";
        target.Prefixes.Add(url);
        target.Start();
        return url;
    }

    private static async Task<string[]> Submit(Service service, int count)
    {
        var ids = new string[count];
        for (var i = 0; i < count; i++)
            ids[i] = await service.Submit("true");
        return ids;
    }

    private static async Task<(HttpStatusCode Status, string Text)> Post(Service service, string path, string? body)
    {
        using var content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await service.Http.PostAsync(path, content);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }
}
