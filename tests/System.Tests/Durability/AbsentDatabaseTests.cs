using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using OrleansTasks.System.Tests.Apart;
using OrleansTasks.System.Tests.Running;
using OrleansTasks.Tests.Postgres;

namespace OrleansTasks.System.Tests.Durability;

/// <summary>Every call of the OpenAPI document while the database is away.</summary>
[Trait("Needs", "postgres")]
public sealed partial class AbsentDatabaseTests : DataFolders
{
    private const string Schedule = """{"every":"365d","task":{"cmd":"true"}}""";
    private const string Webhook = """{"url":"http://9.9.9.9/hook","types":["job"]}""";
    private const string Workflow = """{"nodes":[{"name":"a","task":{"cmd":"true"}}]}""";
    private const string Job = """{"source":{"stream":{}},"process":{"builtin":"identity"}}""";
    private const string Task = """{"cmd":"true"}""";
    private const string Rollout = """{"task":{"cmd":"true"}}""";

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    // Other bodies are the examples in the document.
    private static readonly Dictionary<string, string> Bodies = new()
    {
        ["TaskSpec"] = Task, ["BatchSpec"] = $$"""{"tasks":[{{Task}}]}""", ["JobSpec"] = Job, ["WorkflowSpec"] = Workflow,
        ["ScheduleSpec"] = Schedule, ["WebhookSpec"] = Webhook, ["WebhookChange"] = Webhook, ["RolloutSpec"] = Rollout, ["ItemLines"] = "1\n", ["FileBytes"] = "1\n",
    };

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task EveryCall_WithoutTheDatabase_SaysSoAndNeverThatTheServiceFailed(bool isCluster)
    {
        using var server = new PostgresServer();
        await using var cluster = new ClusterRig(server, In);
        await using var own = isCluster ? null : await Service.Start(Data, "--db", server.ConnectionString("postgres"));
        if (isCluster)
            await cluster.StartSilo(0);
        await using var linked = isCluster ? await cluster.StartGateway() : null;
        var gateway = linked ?? own!;
        await Until.Holds("the gateway is ready", Limit, async () => (await gateway.Http.GetAsync("/readyz")).IsSuccessStatusCode);
        var document = JsonNode.Parse(await gateway.Http.GetStringAsync("/openapi/v1.json"))!;
        var ids = new Dictionary<string, string> { ["nodes"] = "w1", ["queues"] = "default", ["calendars"] = "holidays", ["triggers"] = "t", ["notifications"] = "n", ["files"] = "sha256:" + new string('0', 64) };
        foreach (var (kind, body) in new[]
        {
            ("tasks", Task), ("jobs", Job), ("workflows", Workflow), ("schedules", Schedule), ("webhooks", Webhook),
        })
            ids[kind] = await Create(gateway, kind, body);
        server.Kill();
        await Until.Holds("the service knows", Limit,
            async () => (await gateway.Http.GetAsync("/readyz")).StatusCode == HttpStatusCode.ServiceUnavailable);

        var answers = new ConcurrentDictionary<string, string>();
        var calls = document["paths"]!.AsObject().SelectMany(
            static path => path.Value!.AsObject(), static (path, call) => (Path: path.Key, Method: call.Key, Call: call.Value!));
        await Parallel.ForEachAsync(calls, new ParallelOptions { MaxDegreeOfParallelism = 12 }, async (call, _) =>
            answers[$"{call.Method} {call.Path}"] = await Answer(gateway, call.Method, PathOf(call.Path, ids), BodyOf(call.Call, document)));

        var wrong = string.Join('\n', answers.Where(static answer => !Expected().IsMatch(answer.Value)).OrderBy(static answer => answer.Key));
        Assert.True(wrong.Length == 0, wrong);
        Assert.InRange(answers.Values.Count(static answer => answer.StartsWith("503", StringComparison.Ordinal)), 80, answers.Count);
        server.Start();
        await Until.Holds("the service is ready again", Limit, async () => (await gateway.Http.GetAsync("/readyz")).IsSuccessStatusCode);
    }

    private static async Task<string> Create(Service service, string kind, string body)
    {
        using var answer = await service.Http.PostAsync($"/api/v1/{kind}", new StringContent(body, Encoding.UTF8, "application/json"));
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, $"{kind}: {(int)answer.StatusCode} {text}");
        return (string)JsonNode.Parse(text)!["id"]!;
    }

    private static string PathOf(string path, Dictionary<string, string> ids)
    {
        var kind = path.Split('/').ElementAtOrDefault(3) ?? "";
        var isFirst = true;
        return Parameter().Replace(path, match =>
        {
            var value = isFirst ? ids.GetValueOrDefault(kind, ids["tasks"]) : "1";
            isFirst = false;
            return value;
        });
    }

    private static StringContent? BodyOf(JsonNode call, JsonNode document)
    {
        if (call["requestBody"]?["content"]?.AsObject().First() is not { } content)
            return null;
        var schema = ((string)content.Value!["schema"]!["$ref"]!).Split('/')[^1];
        var text = Bodies.GetValueOrDefault(schema) ?? document["components"]!["schemas"]![schema]!["examples"]![0]!.ToJsonString();
        return new StringContent(text, Encoding.UTF8, content.Key);
    }

    /// <summary>Status and, of a problem, its kind. Of a stream only the head is read.</summary>
    private static async Task<string> Answer(Service service, string method, string path, HttpContent? body)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method.ToUpperInvariant()), path) { Content = body };
        using var answer = await service.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        var isProblem = answer.Content.Headers.ContentType?.MediaType == "application/problem+json";
        var problem = isProblem ? JsonNode.Parse(await answer.Content.ReadAsStringAsync())! : null;
        return $"{(int)answer.StatusCode} {problem?["type"]} {problem?["detail"]}".TrimEnd();
    }

    // An unknown outcome is possible for a write that began before the loss was known.
    [GeneratedRegex("^(2|4|503|504 .*outcome-unknown)")]
    private static partial Regex Expected();

    [GeneratedRegex("{[a-z]+}")]
    private static partial Regex Parameter();
}
