using System.Formats.Tar;
using System.IO.Compression;
using System.Text.Json;
using System.Text.Json.Nodes;
using OrleansTasks.System.Tests.Running;
using OrleansTasks.Tests.Postgres;

namespace OrleansTasks.System.Tests.Golden;

/// <summary>
/// Stores that version 0.1.0 wrote. Every later version restores their backups and answers reads of them as 0.1.0 did; it
/// may answer with more fields. A test whose files are missing makes them, and fails.
/// </summary>
public sealed class GoldenStoreTests : DataFolders
{
    private const string Version = "0.1.0";

    // Nothing runs, and nothing is removed for its age.
    private static readonly string[] AtRest = ["--slots", "0", "--retention", "3650d", "--retention-failed", "3650d"];

    private static readonly string[] Lists =
        ["queues", "tasks", "jobs", "workflows", "schedules", "webhooks", "audit", "failures", "keys"];

    [Fact]
    public Task Sqlite_OfTheFirstVersion_IsReadAsThatVersionReadIt() => IsRead("sqlite", static _ => []);

    [Fact, Trait("Needs", "postgres")]
    public Task Postgres_OfTheFirstVersion_IsReadAsThatVersionReadIt() => IsRead("postgres", Database);

    private async Task IsRead(string store, Func<string, string[]> place)
    {
        if (!File.Exists(PathOf(store + ".json")))
        {
            await Make(store, place("golden_made"));
            Assert.Fail($"The files of {Version} were missing. They are made now, of this program's store: commit them.");
        }

        var options = place("golden");
        var backup = In("backup");
        await using (var file = new GZipStream(File.OpenRead(PathOf(store + ".tar.gz")), CompressionMode.Decompress))
        {
            Directory.CreateDirectory(backup);
            await TarFile.ExtractToDirectoryAsync(file, backup, overwriteFiles: false, TestContext.Current.CancellationToken);
        }

        await Otasks(["db", "restore", backup, .. Place(options)]);
        await using var service = await Service.Start(Data, [.. options, .. AtRest]);
        var golden = JsonNode.Parse(await File.ReadAllTextAsync(PathOf(store + ".json"), TestContext.Current.CancellationToken))!.AsObject();
        Assert.True(golden.Count > 30, $"{golden.Count} answers");
        foreach (var (path, expected) in golden)
            AssertHolds(expected, await Read(service, path), path);
        // It goes on from there.
        await Send(service, HttpMethod.Put, "queues/nightly", """{"paused":false}""");
        var retried = await Send(service, HttpMethod.Post, "tasks/retry?state=failed", "");
        Assert.True((int)retried["changed"]! > 1, retried.ToString());
    }

    private async Task Make(string store, string[] options)
    {
        if (options is not [])
            await Otasks(["db", "init", .. options]);
        var data = In(store);
        await using (var service = await Service.Start(data, [.. options, "--slots", "2"]))
            await Fill(service);
        var answers = new JsonObject();
        await using (var service = await Service.Start(data, [.. options, .. AtRest]))
        {
            foreach (var path in await Paths(service))
                answers[path] = await Read(service, path);
        }

        var backup = In(store + "-backup");
        await Otasks(["db", "backup", backup, .. options is [] ? ["--data", data] : options]);
        Directory.CreateDirectory(Path.GetDirectoryName(PathOf(store))!);
        await using (var file = new GZipStream(File.Create(PathOf(store + ".tar.gz")), CompressionLevel.SmallestSize))
            await TarFile.CreateFromDirectoryAsync(backup, file, includeBaseDirectory: false);
        await File.WriteAllTextAsync(PathOf(store + ".json"), answers.ToJsonString(new JsonSerializerOptions { WriteIndented = true }) + "\n");
    }

    /// <summary>One row of every kind that a store has, in as many states as can be had.</summary>
    private static async Task Fill(Service service)
    {
        await Send(service, HttpMethod.Put, "queues/nightly",
            """{"paused":true,"maxRunning":3,"maxDepth":1000,"ratePerSecond":2.5,"burst":4,"weight":7,"strategy":"roundRobin"}""");
        var ended = new List<string>
        {
            await Task("""{"cmd":"echo hello; echo oops >&2","name":"says hello","labels":{"team":"data","city":"Zürich"},"priority":7}"""),
            await Task("""{"argv":["/bin/sh","-c","exit 3"],"retry":{"maxAttempts":2,"backoff":"1ms","on":{"exit":{"codes":[3],"maxAttempts":2}}}}"""),
            await Task("""{"cmd":"yes 0123456789 | head -c 20000","env":{"A":"b"},"timeout":"1m","limits":{"processes":50}}"""),
            await Task("""{"cmd":"kill -9 $$","concurrency":{"key":"one","limit":1}}"""),
            await Task("""{"cmd":"echo '{\"n\":1}' > \"$TASK_RESULT\"","result":true}"""),
        };
        var waiting = await Task("""{"cmd":"true","queue":"nightly","name":"waits"}""");
        await Task("""{"cmd":"true","runAt":"2199-01-01T00:00:00Z","expiresAt":"2199-02-01T00:00:00Z"}""");
        await Task($$"""{"cmd":"true","after":["{{waiting}}"],"queue":"nightly"}""");
        var cancelled = await Task("""{"cmd":"true","queue":"nightly"}""");
        await Send(service, HttpMethod.Post, $"tasks/{cancelled}/cancel", "");
        await Send(service, HttpMethod.Post, "tasks/batch", """{"tasks":[{"cmd":"true"},{"cmd":"false"}]}""");
        await Send(service, HttpMethod.Put, "schedules/nights",
            """{"cron":"0 2 * * *","timeZone":"Europe/Berlin","task":{"cmd":"true","queue":"nightly"},"paused":true,"overlap":"queueOne"}""");
        await Send(service, HttpMethod.Post, "schedules/nights/trigger", "");
        var webhook = await Send(service, HttpMethod.Post, "webhooks", """{"url":"https://example.com/hook","types":["node"]}""");
        await Send(service, HttpMethod.Post, $"webhooks/{(string)webhook["id"]!}/pause", "");
        var job = await Send(service, HttpMethod.Post, "jobs",
            """
            {"source":{"range":{"from":0,"to":1000}},"process":{"builtin":"square"},
             "aggregate":[{"as":"total","op":"sum"},{"as":"top","op":"topK","k":3}],"labels":{"team":"data"}}
            """);
        var workflow = await Send(service, HttpMethod.Post, "workflows",
            """
            {"name":"release","nodes":[
              {"name":"list","task":{"cmd":"echo '[1,2,3]' > \"$TASK_RESULT\""}},
              {"name":"each","task":{"cmd":"test \"$TASK_ITEM\" != 2"},"forEach":{"node":"list"},"after":["list"],"mayFail":true},
              {"name":"sums","job":{"source":{"range":{"from":0,"to":9}},"process":{"builtin":"square"},"aggregate":[{"as":"s","op":"sum"}]}},
              {"name":"last","task":{"cmd":"true"},"after":[{"node":"each","on":"ended"},"sums"]}]}
            """);
        foreach (var id in ended)
            await service.Ended(id);
        foreach (var path in (string[])[$"jobs/{(string)job["id"]!}", $"workflows/{(string)workflow["id"]!}"])
            Assert.NotEqual("running", (string)(await Read(service, $"/api/v1/{path}?wait=60s"))["state"]!);

        async Task<string> Task(string spec) => (string)(await Send(service, HttpMethod.Post, "tasks", spec))["id"]!;
    }

    /// <summary>What is asked of a store: every list, and every row of it, and what hangs on the row.</summary>
    private static async Task<List<string>> Paths(Service service)
    {
        var paths = new List<string>();
        foreach (var list in Lists)
        {
            paths.Add($"/api/v1/{list}");
            var rows = (await Read(service, paths[^1])).AsObject().First(static member => member.Value is JsonArray).Value!.AsArray();
            Assert.True(rows.Count > 0 || list is "keys", $"there are no {list}");
            foreach (var row in rows)
            {
                if (list is "queues" or "tasks" or "jobs" or "workflows" or "schedules" or "webhooks")
                    paths.Add($"/api/v1/{list}/{(string)(row!["id"] ?? row["name"])!}");
                if (list is "tasks")
                    paths.AddRange([$"{paths[^1]}/attempts", $"{paths[^1]}/output/stdout"]);
                if (list is "workflows")
                    paths.Add($"{paths[^1]}/nodes");
            }
        }

        return paths;
    }

    private static async Task<JsonNode> Read(Service service, string path)
    {
        using var answer = await service.Http.GetAsync(path, TestContext.Current.CancellationToken);
        var body = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(answer.IsSuccessStatusCode, $"{path}: {body}");
        return answer.Content.Headers.ContentType?.MediaType == "application/json" ? JsonNode.Parse(body)! : JsonValue.Create(body);
    }

    private static async Task<JsonNode> Send(Service service, HttpMethod method, string path, string body)
    {
        using var request = new HttpRequestMessage(method, "/api/v1/" + path);
        if (body is not "")
            request.Content = new StringContent(body, new global::System.Net.Http.Headers.MediaTypeHeaderValue("application/json"));
        using var answer = await service.Http.SendAsync(request, TestContext.Current.CancellationToken);
        var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(answer.IsSuccessStatusCode, $"{path}: {text}\n{service.Log}");
        return JsonNode.Parse(text)!;
    }

    /// <summary>Every member that 0.1.0 answered is there with its value.</summary>
    private static void AssertHolds(JsonNode? expected, JsonNode? actual, string place)
    {
        switch (expected)
        {
            case JsonObject members:
                foreach (var (name, value) in members)
                    AssertHolds(value, actual is JsonObject now ? now[name] : null, $"{place} {name}");
                break;
            case JsonArray rows:
                Assert.Equal(rows.Count, Assert.IsType<JsonArray>(actual).Count);
                for (var row = 0; row < rows.Count; row++)
                    AssertHolds(rows[row], actual[row], $"{place} {row}");
                break;
            default:
                Assert.True(JsonNode.DeepEquals(expected, actual), $"{place}: {expected} became {actual}");
                break;
        }
    }

    private string[] Place(string[] options) => options is [] ? ["--data", Data] : options;

    private static string PathOf(string file) =>
        Path.Combine(BuiltPrograms.Repository, "tests", "System.Tests", "Golden", Version, file);

    private static string[] Database(string name)
    {
        PostgresServer.Shared.CreateDatabase(name);
        return ["--db", PostgresServer.Shared.ConnectionString(name)];
    }

    private static async Task Otasks(string[] arguments)
    {
        var ended = await Otask.Run(arguments);
        Assert.True(ended.ExitCode == 0, ended.Errors);
    }
}
