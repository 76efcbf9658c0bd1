using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using OrleansTasks.Access;
using OrleansTasks.Client.Tests.Gateway;
using OrleansTasks.Nodes;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Tests.Service;

/// <summary>Rollouts over HTTP, through the real silo, store and worker, beside two nodes that are away.</summary>
public sealed class RolloutTests(RunningService service) : IClassFixture<RunningService>, IAsyncLifetime
{
    private const string Root = "/api/v1/rollouts";
    private readonly ServiceClient client = service.Client;
    private string node = "";

    public async ValueTask InitializeAsync()
    {
        // Stored nodes whose workers have never connected.
        var store = service.Services.GetRequiredService<INodeStore>();
        foreach (var away in (string[])["0-away", "z-away"])
        {
            if (await store.Get(away) is null)
            {
                Label[] labels = [new("role", "away")];
                await store.OpenSession(
                    away, new NodeRegistration("i", 1, [.. labels], Limits.None, "1", "", true, [], [], []), 1);
            }
        }

        node = (await client.Get("/api/v1/nodes")).Json.GetProperty("items").EnumerateArray()
            .Select(static one => one.GetProperty("id").GetString()!)
            .Single(static id => !id.EndsWith("-away", StringComparison.Ordinal));
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task Nodes_EveryOne_CarriesItsId()
    {
        foreach (var one in (await client.Get("/api/v1/nodes")).Json.GetProperty("items").EnumerateArray())
        {
            Assert.Equal(
                one.GetProperty("id").GetString(), one.GetProperty("labels").GetProperty("node/id").GetString());
        }

        var made = await client.Post("/tasks", $$$"""{"cmd":"true","requires":{"node/id":"{{{node}}}"}}""");
        var ended = await client.Get($"/api/v1/tasks/{Text(made, "id")}?wait=30s");
        Assert.Equal(("succeeded", node), (Text(ended, "state"), Text(ended, "node")));

        var waits = await client.Post("/tasks", """{"cmd":"true","requires":{"node/id":"z-away"}}""");
        var why = (await client.Get($"/api/v1/tasks/{Text(waits, "id")}/why")).Json.GetProperty("reasons")[0];
        Assert.Equal(
            ("no-matching-node", "It may run only on the node z-away, which is not connected."),
            (why.GetProperty("code").GetString(), why.GetProperty("detail").GetString()));
        await client.Post($"/api/v1/tasks/{Text(waits, "id")}/cancel");
    }

    [Fact]
    public async Task JoinToken_ReservedLabel_IsRefused()
    {
        var refused = await client.Post("/api/v1/nodes/tokens", """{"labels":{"node/id":"w1"}}""");
        var problem = refused.Problem(422, "invalid-token");
        Assert.Contains("is reserved", problem.GetProperty("errors").GetProperty("labels.node/id")[0].GetString());
    }

    [Fact]
    public async Task Post_AllNodes_RunsOnceOnThoseThatAreThere_AndShowsThem()
    {
        var log = Path.Combine(service.Folder, "rollout-all");
        var made = await client.Post(Root, $$$"""
            {"name":"patch",
             "task":{"cmd":"echo $NODE_ID >> {{{log}}}; echo did 17 things","queue":"ops","labels":{"team":"a"}} }
            """);
        Assert.Equal(202, made.Status);
        var id = Text(made, "id");
        Assert.Equal($"{Root}/{id}", made.Headers["Location"]);
        Assert.Equal(("patch", "ops"), (Text(made, "name"), Text(made, "queue")));
        Assert.Equal("""["100%"]""", made.Json.GetProperty("waves").ToString());

        var ended = await Ended(id);
        Assert.Equal(
            ("succeeded", 1, """{"pending":0,"away":2,"open":0,"succeeded":1,"failed":0}"""),
            (Text(ended, "state"), Wave(ended), ended.Json.GetProperty("nodes").ToString()));
        Assert.Equal(JsonValueKind.String, ended.Json.GetProperty("endedAt").ValueKind);
        Assert.Equal([node], await File.ReadAllLinesAsync(log, TestContext.Current.CancellationToken));

        var first = (await client.Get($"{Root}/{id}/nodes?limit=2")).Json;
        Assert.Equal(
            ["0-away", node],
            first.GetProperty("items").EnumerateArray().Select(static one => one.GetProperty("node").GetString()));
        var rest = (await client.Get($"{Root}/{id}/nodes?cursor={first.GetProperty("nextCursor").GetString()}")).Json;
        Assert.Equal(
            "z-away", Assert.Single(rest.GetProperty("items").EnumerateArray()).GetProperty("node").GetString());
        Assert.Equal(JsonValueKind.Null, rest.GetProperty("nextCursor").ValueKind);
        var done = await Single($"{Root}/{id}/nodes?state=succeeded");
        Assert.Equal(
            (node, 1, "succeeded", 0),
            (done.GetProperty("node").GetString(), done.GetProperty("tries").GetInt32(),
                done.GetProperty("taskState").GetString(), done.GetProperty("exitCode").GetInt32()));
        var task = await client.Get($"/api/v1/tasks/{done.GetProperty("task").GetString()}");
        Assert.Equal($$"""{"rollout":"{{id}}","team":"a"}""", task.Json.GetProperty("labels").ToString());
        Assert.Equal($$"""{"node/id":"{{node}}"}""", task.Json.GetProperty("spec").GetProperty("requires").ToString());

        var group = await Single($"{Root}/{id}/output");
        Assert.Equal(
            (1, node, 0, "did 17 things"),
            (group.GetProperty("count").GetInt32(), group.GetProperty("nodes")[0].GetString(),
                group.GetProperty("exitCode").GetInt32(), group.GetProperty("sample").GetString()));
        Assert.Equal(id, Text(await client.Get(Root), "items", 0, "id"));
        (await client.Post($"{Root}/{id}/resume")).Problem(409, "rollout-finished");
        (await client.Post($"{Root}/{id}/cancel")).Problem(409, "rollout-finished");
        (await client.Post($"{Root}/{id}/retry")).Problem(409, "not-retryable");
    }

    [Fact]
    public async Task Failure_Halts_ThenResumeAndRetryGoOn()
    {
        var flag = Path.Combine(service.Folder, "rollout-mended");
        var made = await client.Post(
            Root, $$$"""{"task":{"cmd":"test -e {{{flag}}}","queue":"ops"},"waves":[1,"100%"]}""");
        var halted = await Ended(Text(made, "id"));
        Assert.Equal(
            ("halted", """{"pending":2,"away":0,"open":0,"succeeded":0,"failed":1}"""),
            (Text(halted, "state"), halted.Json.GetProperty("nodes").ToString()));
        Assert.Equal(JsonValueKind.Null, halted.Json.GetProperty("endedAt").ValueKind);

        Assert.Equal("rollout-halted", await Attention(Text(made, "id"), until: static code => code is not null));

        var resumed = await client.Post($"{Root}/{Text(made, "id")}/resume");
        Assert.Equal(202, resumed.Status);
        var failed = await Ended(Text(made, "id"));
        Assert.Equal(
            ("failed", 2, """{"pending":0,"away":2,"open":0,"succeeded":0,"failed":1}"""),
            (Text(failed, "state"), Wave(failed), failed.Json.GetProperty("nodes").ToString()));

        await File.WriteAllTextAsync(flag, "", TestContext.Current.CancellationToken);
        Assert.Equal(202, (await client.Post($"{Root}/{Text(made, "id")}/retry")).Status);
        Assert.Equal("succeeded", Text(await Ended(Text(made, "id")), "state"));
        var events = (await client.Get("/api/v1/events/history?type=rollout")).Json.GetProperty("items")
            .EnumerateArray().Where(one => one.GetProperty("id").GetString() == Text(made, "id"));
        Assert.Equal(
            ["succeeded", "running", "failed", "running", "halted", "running"],
            events.Select(static one => one.GetProperty("state").GetString()));
        Assert.Null(await Attention(Text(made, "id"), until: static code => code is null));
        var one = await Single($"{Root}/{Text(made, "id")}/nodes?state=succeeded");
        Assert.Equal(2, one.GetProperty("tries").GetInt32());
        // Only the latest try of a node counts.
        var group = await Single($"{Root}/{Text(made, "id")}/output");
        Assert.Equal(0, group.GetProperty("exitCode").GetInt32());

        var records = (await client.Get($"/api/v1/audit?target={Text(made, "id")}")).Json.GetProperty("items");
        var actions = records.EnumerateArray().Select(static record => record.GetProperty("action").GetString());
        Assert.Equal(["rollout.retry", "rollout.resume", "rollout.start"], actions);
    }

    [Fact]
    public async Task Cancel_EndsWhatRuns()
    {
        var made = await client.Post(Root, $$$"""
            {"task":{"cmd":"sleep 600","queue":"ops"},"select":{"node/id":"{{{node}}}"},"catchUp":"1h"}
            """);
        var id = Text(made, "id");
        await Eventually.True(() => client.Get($"{Root}/{id}/nodes").GetAwaiter().GetResult().Text
            .Contains("\"running\"", StringComparison.Ordinal));
        Assert.Equal(202, (await client.Post($"{Root}/{id}/cancel")).Status);
        var ended = await Ended(id);
        Assert.Equal(("cancelled", 1), (Text(ended, "state"), Nodes(ended, "failed")));
        (await client.Post($"{Root}/{id}/retry")).Problem(409, "not-retryable");
    }

    [Fact]
    public async Task Away_WithinCatchUp_IsWaitedForAndGetsItLater()
    {
        Assert.Equal(200, (await client.Post($"/api/v1/nodes/{node}/drain")).Status);
        try
        {
            var made = await client.Post(Root, $$$"""
                {"task":{"cmd":"true","queue":"ops"},"select":{"node/id":"{{{node}}}"},"catchUp":"1h"}
                """);
            await Eventually.True(
                () => Nodes(client.Get($"{Root}/{Text(made, "id")}").GetAwaiter().GetResult(), "away") == 1);
            Assert.Equal(200, (await client.Post($"/api/v1/nodes/{node}/resume")).Status);
            var ended = await Ended(Text(made, "id"));
            Assert.Equal(("succeeded", 1), (Text(ended, "state"), Nodes(ended, "succeeded")));
        }
        finally
        {
            await client.Post($"/api/v1/nodes/{node}/resume");
        }
    }

    [Theory]
    [InlineData("""{"task":{"cmd":"true"},"select":{"role":"none"}}""", "select", "selects no node")]
    [InlineData("""{"task":{"cmd":"true"},"waves":[1,2]}""", "waves[1]", "reaches 2 of 3 selected nodes")]
    [InlineData("""{"task":{"cmd":"true"},"maxFailled":2}""", "maxFailled", "did you mean 'maxFailed'?")]
    [InlineData("""{"task":{"cmd":"true","timout":"1s"}}""", "task.timout", "did you mean 'timeout'?")]
    [InlineData("""{"select":{}}""", "task", "is missing")]
    public async Task Post_Fault_IsNamedByItsPath(string body, string path, string message)
    {
        var errors = (await client.Post(Root, body)).Problem(422, "invalid-rollout").GetProperty("errors");
        Assert.Contains(message, errors.GetProperty(path)[0].GetString());
    }

    [Fact]
    public async Task Calls_UnknownIdOrState_AreRefused()
    {
        foreach (var path in (string[])["", "/nodes", "/output"])
        {
            (await client.Get($"{Root}/nonsense{path}")).Problem(404, "not-found");
            (await client.Get($"{Root}/019f5a2c-7d10-7c3a-8b00-0342ab12cd34{path}")).Problem(404, "not-found");
        }

        (await client.Post($"{Root}/019f5a2c-7d10-7c3a-8b00-0342ab12cd34/resume")).Problem(404, "not-found");
        (await client.Get($"{Root}/nonsense/nodes?state=gone")).Problem(400, "bad-parameter");
        (await client.Get($"{Root}?queue=ops")).Problem(400, "bad-parameter");
    }

    [Fact]
    public async Task Post_RepeatedKey_StartsOneRollout()
    {
        const string Body = """{"task":{"cmd":"true","queue":"ops","secretEnv":{"K":"v"}},"select":{"role":"away"}}""";
        var first = await client.Post(Root, Body, ("Idempotency-Key", "rollout-1"));
        var again = await client.Post(Root, Body, ("Idempotency-Key", "rollout-1"));
        Assert.Equal(
            (202, Text(first, "id"), "true"),
            (again.Status, Text(again, "id"), again.Headers["Idempotency-Replayed"]));
        Assert.DoesNotContain("secretEnv", again.Text);
        (await client.Post(Root, Body + " ", ("Idempotency-Key", "rollout-1"))).Problem(422, "idempotency-key-reuse");
    }

    [Fact]
    public async Task Scopes_OperateStarts_ReadReads()
    {
        const string Body = """{"task":{"cmd":"true","queue":"ops"},"select":{"role":"away"}}""";
        var (operate, read) = (await Key(Scopes.Operate), await Key(Scopes.Read));
        var made = await client.Post(Root, Body, operate);
        var names = made.Json.EnumerateObject().Select(static field => field.Name);
        Assert.Equal((202, "id,state"), (made.Status, string.Join(',', names)));
        (await client.Post(Root, Body, await Key(Scopes.Submit | Scopes.Read))).Problem(403, "forbidden");
        (await client.Get($"{Root}/{Text(made, "id")}", operate)).Problem(403, "forbidden");
        Assert.Equal(200, (await client.Get($"{Root}/{Text(made, "id")}", read)).Status);
        (await client.Post($"{Root}/{Text(made, "id")}/cancel", null, read)).Problem(403, "forbidden");
    }

    private static string Text(Reply answer, string name) => answer.Json.GetProperty(name).GetString()!;

    private static string Text(Reply answer, string list, int index, string name) =>
        answer.Json.GetProperty(list)[index].GetProperty(name).GetString()!;

    private static int Nodes(Reply answer, string state) =>
        answer.Json.GetProperty("nodes").GetProperty(state).GetInt32();

    private static int Wave(Reply answer) => answer.Json.GetProperty("wave").GetInt32();

    private async Task<JsonElement> Single(string path) =>
        Assert.Single((await client.Get(path)).Json.GetProperty("items").EnumerateArray());

    // Returns the code of the rollout's attention item, or null, once `until` accepts it.
    private async Task<string?> Attention(string id, Predicate<string?> until)
    {
        string? code = null;
        await Eventually.True(() =>
        {
            var items = client.Get("/api/v1/attention").GetAwaiter().GetResult().Json.GetProperty("items");
            var item = items.EnumerateArray().FirstOrDefault(one => one.GetProperty("target").GetString() == id);
            code = item.ValueKind == JsonValueKind.Undefined ? null : item.GetProperty("code").GetString();
            return until(code);
        });
        return code;
    }

    private async Task<Reply> Ended(string id)
    {
        var answer = await client.Get($"{Root}/{id}?wait=30s");
        Assert.NotEqual("running", Text(answer, "state"));
        return answer;
    }

    private async Task<(string Name, string Value)> Key(Scopes scopes)
    {
        var key = NewKey.Make("rollouts", scopes, expiresAt: null);
        await service.Services.GetRequiredService<IKeyStore>().Add(key.Record, 0);
        return ("Authorization", $"Bearer {key.Text}");
    }
}
