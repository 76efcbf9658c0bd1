using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using OrleansTasks.Access;
using OrleansTasks.Client.Definitions;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Client.Tests.Gateway;
using OrleansTasks.Definitions;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Client.Tests.Service;

/// <summary>Definitions over HTTP, through the real silo, store and worker.</summary>
public sealed class DefinitionTests(RunningService service) : IClassFixture<RunningService>
{
    private const string Root = "/api/v1/definitions";
    private const string NotStored = "sha256:7777777777777777777777777777777777777777777777777777777777777777";
    private readonly ServiceClient client = service.Client;

    [Theory]
    [InlineData("versions/a")]
    [InlineData("versions/a/b/c")]
    [InlineData("versions-flat")]
    public async Task Put_ADefinition_KeepsEveryVersion(string name)
    {
        (await client.Get($"{Root}/{name}")).Problem(404, "not-found");
        var made = await client.Send(HttpMethod.Put, $"{Root}/{name}", """{"description":"one","task":{"argv":["true"]}}""", ("Otask-Reason", "first"));
        var same = await client.Send(HttpMethod.Put, $"{Root}/{name}", """{ "description": "one", "task": {"argv":["true"]}, "version": 7 }""");
        var next = await client.Send(HttpMethod.Put, $"{Root}/{name}", """{"description":"two","task":{"argv":["true"]},"version":1}""");
        var late = await client.Send(HttpMethod.Put, $"{Root}/{name}", """{"description":"three","task":{"argv":["true"]},"version":1}""");

        Assert.Equal((201, 200, 200), (made.Status, same.Status, next.Status));
        Assert.Equal((1, 1, 2), (Version(made), Version(same), Version(next)));
        late.Problem(409, "version-conflict");
        Assert.Equal(name, (await client.Get($"{Root}/{name.Replace("/", "%2F", StringComparison.Ordinal)}")).Json.GetProperty("name").GetString());
        Assert.Equal("one", (await client.Get($"{Root}/{name}?version=1")).Json.GetProperty("description").GetString());
        (await client.Get($"{Root}/{name}?version=3")).Problem(404, "not-found");
        var history = (await client.Get($"{Root}/{name}/history")).Json.GetProperty("items").EnumerateArray().ToArray();
        Assert.Equal([2, 1], history.Select(static one => one.GetProperty("version").GetInt32()));
        Assert.Equal("first", history[1].GetProperty("reason").GetString());
        // Routing ignores case everywhere.
        Assert.Equal(2, (await client.Get($"/API/v1/Definitions/{name}/HISTORY")).Json.GetProperty("items").GetArrayLength());
        var audit = (await client.Get($"/api/v1/audit?target={Uri.EscapeDataString(name)}")).Json.GetProperty("items");
        Assert.Equal(["definition.put", "definition.put"], audit.EnumerateArray().Select(static one => one.GetProperty("action").GetString()));

        Assert.Equal(204, (await client.Send(HttpMethod.Delete, $"{Root}/{name}")).Status);
        (await client.Send(HttpMethod.Delete, $"{Root}/{name}")).Problem(404, "not-found");
        (await client.Get($"{Root}/{name}/history")).Problem(404, "not-found");
        Assert.Equal(3, Version(await client.Send(HttpMethod.Put, $"{Root}/{name}", """{"task":{"argv":["true"]}}""")));
    }

    [Fact]
    public async Task Put_ParametersWithNulls_TakesThemAsLeftOut_AndKeepsThoseOfAJobsItems()
    {
        const string Body = """
            {"description":null,"parameters":[{"name":"x","type":null,"required":null,"secret":null,"default":null,"choices":null}],
             "job":{"source":{"items":[{"a":null}]},"process":{"builtin":"identity"}}}
            """;

        var made = await client.Send(HttpMethod.Put, $"{Root}/nulls", Body);
        var same = await client.Send(
            HttpMethod.Put, $"{Root}/nulls", Body.Replace(",\"type\":null", "", StringComparison.Ordinal));

        Assert.Equal((201, 200, 1), (made.Status, same.Status, Version(same)));
        foreach (var shown in (Reply[])[made, await client.Get($"{Root}/nulls")])
        {
            Assert.Equal("""[{"name":"x"}]""", shown.Json.GetProperty("parameters").GetRawText());
            Assert.Equal(
                """[{"a":null}]""",
                shown.Json.GetProperty("job").GetProperty("source").GetProperty("items").GetRawText());
        }
    }

    [Theory]
    [InlineData("Upper")]
    [InlineData("a/../b%2F")]
    [InlineData("a//b")]
    public async Task Put_WithANameThatIsNone_IsRefused(string name) =>
        (await client.Send(HttpMethod.Put, $"{Root}/{name}", """{"task":{"argv":["true"]}}""")).Problem(422, "invalid-definition");

    [Fact]
    public async Task List_WithAPrefix_ShowsTheseAlone()
    {
        foreach (var name in (string[])["list/a", "list/b", "list/c", "list/d", "list/e", "list/f", "lists"])
            await Put(name, """{"task":{"argv":["true"]}}""");

        var first = (await client.Get($"{Root}?prefix=list/&limit=4")).Json;
        var second = (await client.Get($"{Root}?prefix=list/&limit=4&cursor={first.GetProperty("nextCursor").GetString()}")).Json;

        Assert.Equal(["list/a", "list/b", "list/c", "list/d"], Names(first));
        Assert.Equal(["list/e", "list/f"], Names(second));
        Assert.Equal(JsonValueKind.Null, second.GetProperty("nextCursor").ValueKind);
    }

    [Fact]
    public async Task Run_WithHostileValues_GivesThemToRealProcessesByteForByte()
    {
        await Put("hostile/echo", """
            {"parameters":[{"name":"x","required":true}],
             "task":{"argv":["sh","-c","printf %s \"$1\"; printf '\\037'; printf %s \"$PARAM_X\"; printf '\\037'; printf %s \"$E\"; printf '\\037'; cat","sh","${param.x}"],
                     "env":{"E":"${param.x}"},"stdin":"${param.x}"}}
            """);
        await Put("hostile/cmd", """{"parameters":[{"name":"x","required":true}],"task":{"cmd":"printf %s \"$PARAM_X\""}}""");
        var mark = Path.Combine(service.Folder, "hostile");
        string[] values =
        [
            "", " ", "'", "\"", "`touch " + mark + "`", "$(touch " + mark + ")", "; touch " + mark + " #", "\n touch " + mark + "\n", "\\", "a\tb\rc",
            "${param.x}", "$PARAM_X", "%s%n", "-n", "--", "*", "~", "{a,b}", "\u0001\u007f", "é漢😀\u202e", "'\"'\"'$(touch " + mark + ")'", new string('x', 60_000),
        ];
        foreach (var value in values)
        {
            var body = JsonSerializer.Serialize(new { parameters = new { x = value } });
            foreach (var (name, expected) in new[] { ("hostile/echo", string.Join('\u001f', Enumerable.Repeat(value, 4))), ("hostile/cmd", value) })
            {
                var task = await Ended(await client.Post($"{Root}/{name}/runs", body));
                Assert.Equal("succeeded", task.GetProperty("state").GetString());
                var output = await client.Get($"/api/v1/tasks/{task.GetProperty("id").GetString()}/output/stdout");
                Assert.Equal(Encoding.UTF8.GetBytes(expected), output.Body);
            }
        }

        Assert.False(File.Exists(mark));
    }

    [Fact]
    public async Task Run_OfATask_SaysWhatStartedIt()
    {
        await Put("runs/day", """{"parameters":[{"name":"day","type":"date","required":true},{"name":"key","secret":true}],"task":{"cmd":"echo $PARAM_DAY","labels":{"a":"1"}}}""");
        await Put("runs/day", """{"parameters":[{"name":"day","type":"date","required":true},{"name":"key","secret":true}],"task":{"cmd":"echo on $PARAM_DAY","labels":{"a":"1"}}}""");

        var started = await client.Post($"{Root}/runs/day/runs", """{"parameters":{"day":"2026-11-26","key":"hush-hush"},"labels":{"b":"2"}}""", ("Otask-Actor", "olga"));

        Assert.Equal((202, "task", "runs/day", 2),
            (started.Status, started.Json.GetProperty("kind").GetString(), started.Json.GetProperty("definition").GetString(), started.Json.GetProperty("version").GetInt32()));
        var task = await Ended(started);
        var id = task.GetProperty("id").GetString();
        Assert.Equal("""{"name":"runs/day","version":2}""", task.GetProperty("definition").GetRawText());
        Assert.Equal("""{"a":"1","b":"2"}""", task.GetProperty("labels").GetRawText());
        Assert.True(task.GetProperty("hadSecrets").GetBoolean());
        Assert.Equal("on 2026-11-26\n", (await client.Get($"/api/v1/tasks/{id}/output/stdout")).Text);
        var listed = Assert.Single((await client.Get("/api/v1/tasks?definition=runs/day")).Json.GetProperty("items").EnumerateArray());
        Assert.Equal(id, listed.GetProperty("id").GetString());
        Assert.Empty((await client.Get("/api/v1/tasks?definition=runs/night")).Json.GetProperty("items").EnumerateArray());
        var run = Assert.Single((await client.Get($"{Root}/runs/day/runs")).Json.GetProperty("items").EnumerateArray());
        Assert.Equal((id, "succeeded", "olga", """{"day":"2026-11-26"}"""),
            (run.GetProperty("id").GetString(), run.GetProperty("state").GetString(), run.GetProperty("startedBy").GetProperty("says").GetString(), run.GetProperty("parameters").GetRawText()));
        foreach (var path in (string[])[$"{Root}/runs/day/runs", $"{Root}/runs/day", $"/api/v1/tasks/{id}", "/api/v1/audit?target=runs/day"])
            Assert.DoesNotContain("hush", (await client.Get(path)).Text, StringComparison.Ordinal);
        var again = task.GetProperty("spec").GetRawText();
        Assert.Equal(202, (await client.Post("/tasks", again)).Status);
        (await client.Post("/tasks", """{"cmd":"true","labels":{"otask/definition":"runs/day"}}""")).Problem(422, "invalid-task");
    }

    [Theory]
    [InlineData("""{"parameters":{"day":"yesterday"}}""", "parameters.day")]
    [InlineData("""{"parameters":{}}""", "parameters.day")]
    [InlineData("""{"parameters":{"day":"2026-11-26","dya":"x"}}""", "parameters.dya")]
    [InlineData("""{"parameters":{"day":"2026-11-26"},"labels":{"A":"x"}}""", "labels.A")]
    [InlineData("""{"parameters":{"day":"2026-11-26"},"lables":{}}""", "lables")]
    [InlineData("""{"parameters":[]}""", "parameters")]
    public async Task Run_WithAWrongBody_NamesTheField(string body, string path)
    {
        await Put("wrong/day", """{"parameters":[{"name":"day","type":"date","required":true}],"task":{"cmd":"true"}}""");

        var problem = (await client.Post($"{Root}/wrong/day/runs", body)).Problem(422, "invalid-run");

        Assert.Equal(path, problem.GetProperty("errors").EnumerateObject().First().Name);
        Assert.Empty((await client.Get($"{Root}/wrong/day/runs")).Json.GetProperty("items").EnumerateArray());
    }

    [Fact]
    public async Task Run_WithoutAValue_SetsTheVariableToTheEmptyText()
    {
        await Put("empty/value", """
            {"parameters":[{"name":"note"},{"name":"key","secret":true}],
             "task":{"cmd":"set -u; printf '[%s|%s]' \"$PARAM_NOTE\" \"$PARAM_KEY\""}}
            """);

        var task = await Ended(await client.Post($"{Root}/empty/value/runs"));

        var output = await client.Get($"/api/v1/tasks/{task.GetProperty("id").GetString()}/output/stdout");
        Assert.Equal(("succeeded", "[|]"), (task.GetProperty("state").GetString(), output.Text));
    }

    [Theory]
    [InlineData("task", """{"cmd":"true","files":[{"path":"in","file":"${param.data}"}]}""")]
    [InlineData("rollout", """{"task":{"cmd":"true","files":[{"path":"in","file":"${param.data}"}]}}""")]
    [InlineData("job", """{"source":{"file":{"file":"${param.data}"}},"process":{"builtin":"length"}}""")]
    [InlineData("workflow", """{"nodes":[{"name":"a","task":{"cmd":"true","files":[{"path":"in","file":"${param.data}"}]}}]}""")]
    [InlineData("workflow", """{"nodes":[{"name":"a","definition":{"name":"unstored/inner","parameters":{"in":"${param.data}"}}}]}""")]
    public async Task Run_WithAFileThatIsNotStored_NamesTheParameter(string kind, string target)
    {
        await Put("unstored/inner", """
            {"parameters":[{"name":"in","type":"file"}],
             "workflow":{"nodes":[{"name":"b","task":{"cmd":"true","files":[{"path":"in","file":"${param.in}"}]}}]}}
            """);
        await Put("unstored/run", $$$"""{"parameters":[{"name":"data","type":"file"}],"{{{kind}}}":{{{target}}}}""");

        var refused = await client.Post(
            $"{Root}/unstored/run/runs", $$$"""{"parameters":{"data":"{{{NotStored}}}"}}""");

        Assert.Equal(["parameters.data"], Faults(refused, "invalid-run"));
        Assert.Empty((await client.Get($"{Root}/unstored/run/runs")).Json.GetProperty("items").EnumerateArray());
    }

    [Theory]
    [InlineData("task", """{"cmd":"true","files":[{"path":"in","file":"FILE"}]}""", "task.files[0]")]
    [InlineData("task", """{"cmd":"true","after":["019f5a2c-7d10-7c3a-8b00-0342ab12cd33"]}""", "task.after[0]")]
    [InlineData("job", """{"source":{"file":{"path":"/none/here"}},"process":{"builtin":"length"}}""", "job.source.file.path")]
    [InlineData("rollout", """{"task":{"cmd":"true"},"select":{"zone":"none"}}""", "rollout.select")]
    public async Task Run_OfWhatCannotStart_NamesTheFieldOfTheDefinition_AndIsNoRun(
        string kind, string target, string path)
    {
        var body = target.Replace("FILE", NotStored, StringComparison.Ordinal);
        await Put("unstartable", $$"""{"{{kind}}":{{body}}}""");

        var refused = await client.Post($"{Root}/unstartable/runs");

        Assert.Equal([path], Faults(refused, "invalid-run"));
        Assert.Empty((await client.Get($"{Root}/unstartable/runs")).Json.GetProperty("items").EnumerateArray());
        var audit = (await client.Get("/api/v1/audit?target=unstartable")).Json.GetProperty("items").EnumerateArray();
        Assert.NotEmpty(audit);
        Assert.All(audit, static one => Assert.Equal("definition.put", one.GetProperty("action").GetString()));
    }

    [Fact]
    public async Task Workflow_WithAFileThatIsNotStored_NamesWhatTheCallerWrote()
    {
        await Put("written/flow", """
            {"workflow":{"nodes":[{"name":"a","task":{"cmd":"true"}},{"name":"b","task":{"cmd":"true"}},
              {"name":"c","task":{"cmd":"true"}}]}}
            """);
        await Put("written/load", """
            {"parameters":[{"name":"data","type":"file"}],
             "task":{"cmd":"true","files":[{"path":"in","file":"${param.data}"}]}}
            """);
        const string Load = $$$"""{"name":"written/load","parameters":{"data":"{{{NotStored}}}"}}""";
        const string Nodes = $$$"""
            {"nodes":[{"name":"flow","definition":{"name":"written/flow"}},
              {"name":"x","task":{"cmd":"true","files":[{"path":"a","file":"{{{NotStored}}}"}]}},
              {"name":"y","definition":{{{Load}}}}]}
            """;

        var submitted = await client.Post("/api/v1/workflows", Nodes);
        var scheduled = await Schedule($$"""{"every":"366d","workflow":{{Nodes}}}""");
        var named = await Schedule($$"""{"every":"366d","definition":{{Load}}}""");

        string[] places = ["nodes[1].task.files[0]", "nodes[2].definition.parameters.data"];
        Assert.Equal(places, Faults(submitted, "invalid-workflow"));
        Assert.Equal(places.Select(static place => $"workflow.{place}"), Faults(scheduled, "invalid-schedule"));
        Assert.Equal(["definition.parameters.data"], Faults(named, "invalid-schedule"));

        Task<Reply> Schedule(string body) => client.Send(HttpMethod.Put, "/api/v1/schedules/unstored", body);
    }

    [Fact]
    public async Task Workflow_WithANullTaskBesideADefinition_RunsTheDefinition()
    {
        await Put("beside/task", """{"task":{"cmd":"true"}}""");

        var submitted = await client.Post("/api/v1/workflows", """
            {"nodes":[{"name":"a","task":null,"job":null,"definition":{"name":"beside/task"}}]}
            """);

        Assert.True(submitted.Status == 202, submitted.Text);
        var workflow = await client.Get($"/api/v1/workflows/{submitted.Json.GetProperty("id").GetString()}?wait=60s");
        Assert.Equal("succeeded", workflow.Json.GetProperty("state").GetString());
    }

    [Fact]
    public async Task Workflow_OfADefinitionThatIsNestedTooDeeplyForIt_SaysSo()
    {
        // A body may have 64 levels. This one has 63, and the workflow has two more.
        var items = new string('[', 60) + new string(']', 60);
        await Put("deep/items", $$$$"""{"job":{"source":{"items":{{{{items}}}}},"process":{"builtin":"identity"}}}""");
        const string Nodes = """{"nodes":[{"name":"a","definition":{"name":"deep/items"}}]}""";
        Assert.Contains("deep/items", Names((await client.Get($"{Root}?limit=1000")).Json));

        var submitted = await client.Post("/api/v1/workflows", Nodes);
        var scheduled = await client.Send(
            HttpMethod.Put, "/api/v1/schedules/deep-items", $$"""{"every":"366d","workflow":{{Nodes}}}""");

        Assert.Equal(["$"], Faults(submitted, "invalid-workflow"));
        Assert.Equal(["$"], Faults(scheduled, "invalid-schedule"));
    }

    [Fact]
    public async Task Put_AValueForASecretParameterOfANode_IsRefused_BecauseAnswersWouldShowIt()
    {
        await Put("shown/in", """{"parameters":[{"name":"token","secret":true}],"task":{"cmd":"true"}}""");

        var literal = await client.Send(HttpMethod.Put, $"{Root}/shown/out", Body("hunter2"));
        var parameter = await client.Send(HttpMethod.Put, $"{Root}/shown/out", Body("${param.key}"));

        Assert.Equal(["workflow.nodes[0].definition.parameters.token"], Faults(literal, "invalid-definition"));
        Assert.DoesNotContain("hunter2", literal.Text, StringComparison.Ordinal);
        Assert.Equal(201, parameter.Status);

        static string Body(string token) => $$$$"""
            {"parameters":[{"name":"key","secret":true}],"workflow":{"nodes":[
              {"name":"n","definition":{"name":"shown/in","parameters":{"token":"{{{{token}}}}"}}}]}}
            """;
    }

    [Fact]
    public async Task Run_WithAnIdempotencyKey_StartsOnce()
    {
        await Put("once/a", """{"parameters":[{"name":"x"}],"task":{"cmd":"true"}}""");

        var replies = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => Repeated()));
        await Put("once/a", """{"parameters":[{"name":"x"}],"task":{"cmd":"exit 1","queue":"once-other"}}""");
        var later = await client.Post($"{Root}/once/a/runs", """{"parameters":{"x":"1"}}""", ("Idempotency-Key", "once"));
        var other = await client.Post($"{Root}/once/a/runs", """{"parameters":{"x":"2"}}""", ("Idempotency-Key", "once"));

        Assert.Single(replies.Append(later).Select(static reply => reply.Json.GetProperty("id").GetString()).Distinct());
        Assert.Equal(("true", 1), (later.Headers["Idempotency-Replayed"], later.Json.GetProperty("version").GetInt32()));
        other.Problem(422, "idempotency-key-reuse");
        Assert.Single((await client.Get($"{Root}/once/a/runs")).Json.GetProperty("items").EnumerateArray());

        async Task<Reply> Repeated()
        {
            while (true)
            {
                var reply = await client.Post($"{Root}/once/a/runs", """{"parameters":{"x":"1"}}""", ("Idempotency-Key", "once"));
                if (reply.Status == 202)
                    return reply;
                reply.Problem(409, "in-flight");
            }
        }
    }

    [Theory]
    [InlineData("task", """{"cmd":"true"}""")]
    [InlineData("job", """{"source":{"range":{"from":0,"to":2}},"process":{"builtin":"identity"}}""")]
    [InlineData("workflow", """{"nodes":[{"name":"a","task":{"cmd":"true"}},{"name":"b","task":{"cmd":"true"},"after":["a"]}]}""")]
    [InlineData("rollout", """{"task":{"cmd":"true"}}""")]
    public async Task Start_RepeatedByItsIdempotencyKey_IsTheFirstStart(string kind, string target)
    {
        var name = $"again/{kind}";
        await Put(name, $$"""{"{{kind}}":{{target}}}""");
        var view = (await service.Services.GetRequiredService<GatewayGrains>().Definitions.Get(name, null))!;
        var filled = DefinitionFilling.Fill(
            DefinitionSpecReader.ReadStored(view.Body), new DefinitionRunSpec([]), 0, new SpecErrors(),
            new NodeScope(new DefinitionBook(), [name]))!;
        var run = new DefinitionRun(
            service.Services.GetRequiredService<TaskIdSource>().Next(), view.Kind, name, view.Version, 0, default)
        { IdempotencyKey = "a key"u8.ToArray() };
        var starts = service.Services.GetRequiredService<DefinitionStarts>();

        // A repetition starts the run again if it finds none, because the outcome of the first start is unknown.
        var first = await starts.Start(filled, run, submitter: null);
        var second = await starts.Start(filled, run, submitter: null);
        var ended = await client.Get($"/api/v1/{kind}s/{run.Id}?wait=60s");
        var late = await starts.Start(filled, run, submitter: null);

        Assert.Null(first);
        Assert.Null(second);
        Assert.Null(late);
        Assert.Equal("succeeded", ended.Json.GetProperty("state").GetString());
        if (kind == "workflow")
        {
            var nodes = (await client.Get($"/api/v1/workflows/{run.Id}/nodes")).Json.GetProperty("items");
            var tasks = (await client.Get($"/api/v1/tasks?definition={name}")).Json.GetProperty("items");
            Assert.Equal((2, 2), (nodes.GetArrayLength(), tasks.GetArrayLength()));
        }
    }

    [Fact]
    public async Task Run_OfAJobAWorkflowAndARollout_StartsThemWithTheParameters()
    {
        await Put("kinds/job", """
            {"parameters":[{"name":"to","type":"integer","default":3}],
             "job":{"source":{"range":{"from":0,"to":"${param.to}"}},"process":{"chunkCommand":{"cmd":"cat >/dev/null; echo $PARAM_TO"}},"aggregate":[{"as":"all","op":"collect"}]}}
            """);
        await Put("kinds/workflow", """
            {"parameters":[{"name":"x","required":true},{"name":"token","secret":true,"required":true}],
             "workflow":{"nodes":[{"name":"a","task":{"cmd":"printf %s \"$PARAM_X$PARAM_TOKEN\" | wc -c"}}]}}
            """);
        await Put("kinds/rollout", """{"parameters":[{"name":"x","required":true}],"rollout":{"task":{"argv":["printf","%s","${param.x}"]}}}""");

        var job = (await client.Post($"{Root}/kinds/job/runs")).Json.GetProperty("id").GetString();
        var workflow = (await client.Post($"{Root}/kinds/workflow/runs", """{"parameters":{"x":"abc","token":"hush"}}""")).Json.GetProperty("id").GetString();
        var rollout = (await client.Post($"{Root}/kinds/rollout/runs", """{"parameters":{"x":"a b"}}""")).Json.GetProperty("id").GetString();

        Assert.Equal("succeeded", (await client.Get($"/api/v1/jobs/{job}?wait=60s")).Json.GetProperty("state").GetString());
        Assert.Contains("3", (await client.Get($"/api/v1/jobs/{job}/results")).Text, StringComparison.Ordinal);
        Assert.DoesNotContain("otask/", (await client.Get($"/api/v1/jobs/{job}/spec")).Text, StringComparison.Ordinal);
        Assert.Equal("succeeded", (await client.Get($"/api/v1/workflows/{workflow}?wait=60s")).Json.GetProperty("state").GetString());
        var node = (await client.Get("/api/v1/tasks?definition=kinds/workflow")).Json.GetProperty("items")[0];
        Assert.Equal("""{"name":"kinds/workflow","version":1}""", node.GetProperty("definition").GetRawText());
        Assert.Equal("7", (await client.Get($"/api/v1/tasks/{node.GetProperty("id").GetString()}/output/stdout")).Text.Trim());
        Assert.Equal("succeeded", (await client.Get($"/api/v1/rollouts/{rollout}?wait=60s")).Json.GetProperty("state").GetString());
        foreach (var kind in (string[])["job", "workflow", "rollout"])
        {
            var run = Assert.Single((await client.Get($"{Root}/kinds/{kind}/runs")).Json.GetProperty("items").EnumerateArray());
            Assert.Equal((kind, "succeeded"), (run.GetProperty("kind").GetString(), run.GetProperty("state").GetString()));
        }
    }

    [Fact]
    public async Task KeyWithTheScopeRun_ReachesItsDefinitionsAndTheirRunsAlone()
    {
        await Put("etl/load", """{"parameters":[{"name":"x"}],"task":{"cmd":"echo loaded"}}""");
        await Put("etl/flow", """{"workflow":{"nodes":[{"name":"a","task":{"cmd":"echo flown"}}]}}""");
        await Put("ops/wipe", """{"task":{"cmd":"echo wiped"}}""");
        await Put("etlx", """{"task":{"cmd":"true"}}""");
        var wiped = (await client.Post($"{Root}/ops/wipe/runs")).Json.GetProperty("id").GetString();
        var foreign = (await client.Post("/tasks", """{"cmd":"true"}""")).Json.GetProperty("id").GetString();
        var key = await Key("etl/*");

        var started = await client.Post($"{Root}/etl/load/runs", """{"parameters":{"x":"1"}}""", key);
        var flown = await client.Post($"{Root}/etl/flow/runs", null, key);
        Assert.Equal((202, 202), (started.Status, flown.Status));
        var (own, flow) = (started.Json.GetProperty("id").GetString(), flown.Json.GetProperty("id").GetString());

        Assert.Equal("succeeded", (await client.Get($"/api/v1/tasks/{own}?wait=60s", key)).Json.GetProperty("state").GetString());
        Assert.Equal("loaded\n", (await client.Get($"/api/v1/tasks/{own}/output/stdout", key)).Text);
        Assert.Equal("succeeded", (await client.Get($"/api/v1/workflows/{flow}?wait=60s", key)).Json.GetProperty("state").GetString());
        var node = (await client.Get($"/api/v1/workflows/{flow}/nodes", key)).Json.GetProperty("items")[0].GetProperty("task").GetString();
        Assert.Equal("flown\n", (await client.Get($"/api/v1/tasks/{node}/output/stdout", key)).Text);
        Assert.Equal(["etl/flow", "etl/load"], Names((await client.Get(Root, key)).Json));
        Assert.Equal(200, (await client.Get($"{Root}/etl/load", key)).Status);
        Assert.Equal(200, (await client.Get($"{Root}/etl/load/history", key)).Status);
        Assert.Single((await client.Get($"{Root}/etl/load/runs", key)).Json.GetProperty("items").EnumerateArray());

        foreach (var name in (string[])["ops/wipe", "etlx", "nothing", "etl%2F..%2Fops%2Fwipe", "etl/../ops/wipe"])
        {
            Assert.Equal(404, (await client.Get($"{Root}/{name}", key)).Status);
            Assert.Equal(404, (await client.Get($"{Root}/{name}/runs", key)).Status);
            Assert.Equal(404, (await client.Get($"{Root}/{name}/history", key)).Status);
            Assert.Contains((await client.Post($"{Root}/{name}/runs", null, key)).Status, (int[])[403, 404]);
        }

        (await client.Post($"{Root}/ops/wipe/runs", null, key)).Problem(403, "outside-role");
        await Put("etl/load", """{"parameters":[{"name":"x","pattern":"[0-9]"}],"task":{"cmd":"echo loaded"}}""");
        (await client.Post($"{Root}/etl/load/runs", """{"version":1}""", key)).Problem(403, "outside-role");
        Assert.Equal(202, (await client.Post($"{Root}/etl/load/runs", """{"version":2}""", key)).Status);
        foreach (var id in (string?[])[wiped, foreign, "019f5a2c-7d10-7c3a-8b00-0342ab12cd33", "x"])
        {
            foreach (var path in (string[])["", "/output/stdout", "/attempts", "/timeline", "/logs", "/result", "/attempts/1/output/stdout"])
                (await client.Get($"/api/v1/tasks/{id}{path}", key)).Problem(404, "not-found");
        }

        Assert.Equal(204, (await client.Send(HttpMethod.Delete, $"{Root}/etl/flow")).Status);
        (await client.Get($"/api/v1/workflows/{flow}", key)).Problem(404, "not-found");
    }

    /// <summary>Each call of the contract, with ids of what the key may not see: refused, or nothing.</summary>
    [Fact]
    public async Task KeyWithTheScopeRun_IsRefusedByEveryOtherCall()
    {
        await Put("other/a", """{"task":{"cmd":"true"}}""");
        var key = await Key("mine/*");
        var paths = (await client.Get("/openapi/v1.json")).Json.GetProperty("paths");
        var task = (await client.Post($"{Root}/other/a/runs")).Json.GetProperty("id").GetString()!;
        var refused = 0;
        foreach (var path in paths.EnumerateObject())
        {
            foreach (var call in path.Value.EnumerateObject())
            {
                var address = path.Name.Replace("{name}", path.Name.StartsWith(Root, StringComparison.Ordinal) ? "other%2Fa" : "default", StringComparison.Ordinal)
                    .Replace("{attempt}", "1", StringComparison.Ordinal).Replace("{n}", "1", StringComparison.Ordinal);
                address = System.Text.RegularExpressions.Regex.Replace(address, @"\{[a-z]+\}", task);
                var reply = await client.Send(new HttpMethod(call.Name.ToUpperInvariant()), address, call.Name is "get" or "delete" ? null : "{}", key);
                var isOpen = call.Value.GetProperty("security").GetArrayLength() == 0 || path.Name is "/api/v1/session";
                if (isOpen || (path.Name == Root && call.Name == "get"))
                    continue;
                Assert.True(reply.Status is 403 or 404, $"{call.Name} {address}: {reply.Status} {reply.Text}");
                refused++;
            }
        }

        Assert.True(refused > 100, $"{refused} calls");
        Assert.Empty(Names((await client.Get(Root, key)).Json));
        foreach (var path in (string[])["/dashboard", "/metrics", "/api/v1/live", "/ui/api"])
            Assert.NotEqual(200, (await client.Get(path, key)).Status);
        var tools = await client.Post("/mcp", """{"jsonrpc":"2.0","id":1,"method":"tools/list"}""", key, ("Accept", "application/json, text/event-stream"));
        Assert.DoesNotContain("inputSchema", tools.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tool_OfADefinition_HasItsParametersAsSchema_AndRunsIt_ForKeysThatMayRunIt()
    {
        await Put("tools/greet", """
            {"tool": true, "description": "Greets somebody.",
             "task": {"argv": ["printf", "%s %s", "${param.who}", "${param.n}"]},
             "parameters": [{"name": "who", "required": true, "pattern": "[a-z' $()]+", "max": 9},
                {"name": "n", "type": "integer", "min": 1, "default": 2},
                {"name": "how", "type": "choice", "choices": ["a", "b"]}]}
            """);
        await Put("tools/other", """{"task":{"cmd":"true"}}""");
        var key = await Key("tools/*");

        var listed = await Message("tools/list", "{}", key);
        var tool = Assert.Single(listed.GetProperty("tools").EnumerateArray());
        Assert.Equal("run_tools_greet_8a0ba6c9", tool.GetProperty("name").GetString());
        Assert.Contains("Greets somebody.", tool.GetProperty("description").GetString(), StringComparison.Ordinal);
        var schema = tool.GetProperty("inputSchema");
        Assert.Equal("""["who"]""", schema.GetProperty("required").GetRawText());
        var properties = schema.GetProperty("properties");
        Assert.Equal(("string", "^(?:[a-z' $()]+)$", 9), (
            properties.GetProperty("who").GetProperty("type").GetString(),
            properties.GetProperty("who").GetProperty("pattern").GetString(),
            properties.GetProperty("who").GetProperty("maxLength").GetInt32()));
        Assert.Equal(("integer", 2, 1), (
            properties.GetProperty("n").GetProperty("type").GetString(),
            properties.GetProperty("n").GetProperty("default").GetInt32(),
            properties.GetProperty("n").GetProperty("minimum").GetInt32()));
        Assert.Equal("""["a","b"]""", properties.GetProperty("how").GetProperty("enum").GetRawText());

        var ran = await Call("run_tools_greet_8a0ba6c9", """{"who":"$(id) 'x'","n":3,"wait":"60s"}""", key);
        var refused = await Call("run_tools_greet_8a0ba6c9", """{"n":0}""", key);
        var unknown = await client.Post("/mcp", Request("tools/call", """{"name":"run_tools_other_d877ea04"}"""), key, Accepted);

        // A key that may only run learns how its task ended, and reads its output.
        var ended = ran.GetProperty("structuredContent");
        Assert.Equal("succeeded", ended.GetProperty("state").GetString());
        var output = await client.Get(
            $"/api/v1/tasks/{ended.GetProperty("id").GetString()}/output/stdout", key);
        Assert.Equal("$(id) 'x' 3", output.Text);
        Assert.True(refused.GetProperty("isError").GetBoolean());
        Assert.Contains("parameters.who", refused.GetRawText(), StringComparison.Ordinal);
        Assert.Contains("Unknown tool", unknown.Text, StringComparison.Ordinal);
        var stranger = await Message("tools/list", "{}", await Key("mine/*"));
        Assert.Equal(0, stranger.GetProperty("tools").GetArrayLength());

        Task<JsonElement> Call(string name, string arguments, (string, string) by) =>
            Message("tools/call", $$"""{"name":"{{name}}","arguments":{{arguments}}}""", by);
    }

    [Theory]
    [InlineData("task", """{"cmd":"test \"$PARAM_X\" = 'a b' && test -n \"$SCHEDULE_ID\""}""")]
    [InlineData("job", """{"source":{"range":{"from":0,"to":1}},"process":{"chunkCommand":{"cmd":"cat; test \"$PARAM_X\" = 'a b' && test -n \"$SCHEDULE_ID\""}}}""")]
    [InlineData("workflow", """{"nodes":[{"name":"a","task":{"cmd":"test \"$PARAM_X\" = 'a b' && test -n \"$SCHEDULE_ID\""}}]}""")]
    public async Task Schedule_OfADefinition_StartsItWithItsValues(string kind, string target)
    {
        var schedule = $"of-{kind}";
        await Put($"scheduled/{kind}", $$$$"""{"parameters":[{"name":"x","required":true}],"{{{{kind}}}}":{{{{target}}}}}""");
        var body = $$$$"""{"every":"366d","definition":{"name":"scheduled/{{{{kind}}}}","parameters":{"x":"a b"}}}""";
        var made = await client.Send(HttpMethod.Put, $"/api/v1/schedules/{schedule}", body);
        Assert.True(made.Status == 201, made.Text);
        var shown = (await client.Get($"/api/v1/schedules/{schedule}")).Json;
        var definition = shown.GetProperty("definition").GetRawText();
        Assert.Equal($$$$"""{"name":"scheduled/{{{{kind}}}}","version":1,"parameters":{"x":"a b"}}""", definition);
        // What is shown can be stored again.
        var again = $$$$"""{"every":"366d","definition":{{{{definition}}}},"{{{{kind}}}}":{{{{shown.GetProperty(kind).GetRawText()}}}}}""";
        Assert.Equal(200, (await client.Send(HttpMethod.Put, $"/api/v1/schedules/{schedule}", again)).Status);

        var started = (await client.Post($"/api/v1/schedules/{schedule}/trigger")).Json.GetProperty("id").GetString();

        var ended = (await client.Get($"/api/v1/{kind}s/{started}?wait=60s")).Json;
        Assert.Equal("succeeded", ended.GetProperty("state").GetString());
        Assert.Equal($$$"""{"schedule":"{{{schedule}}}"}""", ended.GetProperty("labels").GetRawText());
        if (kind != "job")
            Assert.Single((await client.Get($"/api/v1/tasks?definition=scheduled/{kind}")).Json.GetProperty("items").EnumerateArray());
    }

    [Fact]
    public async Task Node_OfADefinition_RunsItsTaskOrJob_WithTheValuesOfTheNode()
    {
        await Put("node/task", """{"parameters":[{"name":"x","required":true}],"task":{"cmd":"test \"$PARAM_X\" = \"a 'b'\""}}""");
        await Put("node/item", """{"parameters":[{"name":"x","required":true}],"task":{"cmd":"test \"$PARAM_X\" = c && test -n \"$TASK_ITEM\""}}""");
        await Put("node/list", """{"task":{"cmd":"echo [1,2] > $TASK_RESULT"}}""");
        await Put("node/job", """
            {"parameters":[{"name":"x","required":true},{"name":"to","type":"integer","default":1}],
             "job":{"source":{"range":{"from":0,"to":"${param.to}"}},
                    "process":{"chunkCommand":{"cmd":"cat; test \"$PARAM_X\" = 'd e' && test -n \"$WORKFLOW_NODE\""}}}}
            """);

        var submitted = await client.Post("/api/v1/workflows", """
            {"nodes":[
              {"name":"task","definition":{"name":"node/task","parameters":{"x":"a 'b'"}}},
              {"name":"list","definition":{"name":"node/list"}},
              {"name":"items","definition":{"name":"node/item","parameters":{"x":"c"}},"after":["list"],"forEach":{"node":"list"}},
              {"name":"job","definition":{"name":"node/job","version":1,"parameters":{"x":"d e","to":3}},"after":["task"]}]}
            """);

        Assert.True(submitted.Status == 202, submitted.Text);
        var workflow = submitted.Json.GetProperty("id").GetString();
        var ended = await client.Get($"/api/v1/workflows/{workflow}?wait=60s");
        Assert.True(ended.Json.GetProperty("state").GetString() == "succeeded", (await client.Get($"/api/v1/workflows/{workflow}/nodes")).Text);
        var nodes = (await client.Get($"/api/v1/workflows/{workflow}/nodes")).Json.GetProperty("items").EnumerateArray()
            .ToDictionary(static node => node.GetProperty("name").GetString()!);
        var job = (await client.Get($"/api/v1/jobs/{nodes["job"].GetProperty("job").GetString()}")).Json;
        Assert.Equal((3, "succeeded"), (job.GetProperty("itemsDone").GetInt32(), job.GetProperty("state").GetString()));
        var task = (await client.Get($"/api/v1/tasks/{nodes["task"].GetProperty("task").GetString()}")).Json;
        Assert.Equal("""{"name":"node/task","version":1}""", task.GetProperty("definition").GetRawText());
    }

    [Fact]
    public async Task Delete_ADefinitionThatOthersName_IsRefusedUntilTheyAreGone()
    {
        await Put("kept/say", """{"task":{"cmd":"true"}}""");
        await Put("kept/said", """{"task":{"cmd":"true"}}""");
        await Put("kept/flow", """{"workflow":{"nodes":[{"name":"a","d\u0065finition":{"name":"kept/\u0073ay"}}]}}""");
        string[] schedules = ["kept-by-name", "kept-by-node"];
        foreach (var (id, body) in schedules.Zip((string[])[
            """{"every":"366d","definition":{"name":"kept/say"}}""",
            """{"every":"366d","workflow":{"nodes":[{"name":"b","d\u0065finition":{"name":"kept/say"}}]}}"""]))
        {
            var stored = await client.Send(HttpMethod.Put, $"/api/v1/schedules/{id}", body);
            Assert.True(stored.Status == 201, stored.Text);
        }

        var refused = (await client.Send(HttpMethod.Delete, $"{Root}/kept/say")).Problem(409, "definition-in-use");
        foreach (var id in schedules)
            Assert.Equal(204, (await client.Send(HttpMethod.Delete, $"/api/v1/schedules/{id}")).Status);
        var byFlow = (await client.Send(HttpMethod.Delete, $"{Root}/kept/say")).Problem(409, "definition-in-use");
        await Put("kept/flow", """{"workflow":{"nodes":[{"name":"a","definition":{"name":"kept/said"}}]}}""");

        Assert.EndsWith(
            "schedules kept-by-name, kept-by-node; definitions kept/flow.", refused.GetProperty("detail").GetString(),
            StringComparison.Ordinal);
        Assert.EndsWith(
            "These refer to it, so change or delete them first: definitions kept/flow.",
            byFlow.GetProperty("detail").GetString(), StringComparison.Ordinal);
        // An earlier version of kept/flow names it, which can no longer run.
        Assert.Equal(204, (await client.Send(HttpMethod.Delete, $"{Root}/kept/say")).Status);
        (await client.Send(HttpMethod.Delete, $"{Root}/kept/say")).Problem(404, "not-found");
    }

    [Fact]
    public async Task Workflow_WithoutAName_HasThatOfItsFirstNode_AsItWasWritten()
    {
        await Put("named/inner", """{"workflow":{"nodes":[{"name":"say","task":{"cmd":"true"}}]}}""");
        // An escape in a field's name changes nothing.
        const string Nodes = """[{"name":"a","d\u0065finition":{"name":"named/inner"}}]""";
        await Put("named/outer", $$$"""{"workflow":{"nodes":{{{Nodes}}}}}""");

        var own = await client.Post("/api/v1/workflows", $$"""{"name":null,"nodes":{{Nodes}}}""");
        var ofRun = await client.Post($"{Root}/named/outer/runs");
        var given = await client.Post("/api/v1/workflows", $$"""{"name":"x","nodes":{{Nodes}}}""");

        foreach (var (started, name) in new[] { (own, "a"), (ofRun, "a"), (given, "x") })
        {
            Assert.True(started.Status == 202, started.Text);
            var workflow = await client.Get($"/api/v1/workflows/{started.Json.GetProperty("id").GetString()}?wait=60s");
            Assert.Equal(name, workflow.Json.GetProperty("name").GetString());
        }
    }

    [Theory]
    [InlineData("""{"nodes":[{"name":"a","definition":{"name":"none/here"}}]}""", "'none/here' is not stored")]
    [InlineData("""{"nodes":[{"name":"a","definition":{"name":"none/here","version":7}}]}""", "'none/here' has no version 7")]
    public async Task Workflow_OfADefinitionThatIsNotThere_SaysWhichOne(string body, string fault)
    {
        var refused = (await client.Post("/api/v1/workflows", body)).Problem(422, "invalid-workflow");

        var message = refused.GetProperty("errors").GetProperty("nodes[0].definition.name")[0].GetString();
        Assert.Equal($"names no definition: {fault}", message);
        var ofSchedule = (await client.Send(HttpMethod.Put, "/api/v1/schedules/of-none",
            """{"every":"1d","definition":{"name":"None//here"}}""")).Problem(422, "invalid-schedule");
        Assert.Equal(
            "names no definition: 'None//here' is not stored",
            ofSchedule.GetProperty("errors").GetProperty("definition.name")[0].GetString());
    }

    [Theory]
    [InlineData("""{"name":"node/flow"}""", ""","after":["b"],"forEach":{"node":"b"}""", "nodes[0].forEach")]
    [InlineData("""{"name":"node/roll"}""", "", "nodes[0].definition.name")]
    [InlineData("""{"name":"node/none"}""", "", "nodes[0].definition.name")]
    [InlineData("""{"name":"node/work"}""", "", "nodes[0].definition.parameters.x")]
    [InlineData("""{"name":"node/work","parameters":{"x":"1"}}""", ""","after":["b"],"forEach":{"node":"b"}""", "nodes[0].forEach")]
    [InlineData("""{"name":"node/work","parameters":{"x":"1"}}""", ""","job":{}""", "nodes[0].definition")]
    public async Task Node_OfADefinitionThatItCannotRun_NamesTheField(string definition, string more, string path)
    {
        const string Work = """{"source":{"range":{"from":0,"to":1}},"process":{"builtin":"identity"}}""";
        await Put("node/flow", """{"workflow":{"nodes":[{"name":"a","task":{"cmd":"true"}}]}}""");
        await Put("node/roll", """{"rollout":{"task":{"cmd":"true"}}}""");
        await Put("node/work", $$"""{"parameters":[{"name":"x","required":true}],"job":{{Work}}}""");

        var refused = await client.Post(
            "/api/v1/workflows",
            $$$"""{"nodes":[{"name":"a","definition":{{{definition}}}{{{more}}}},{"name":"b","task":{"cmd":"echo [1] > $TASK_RESULT"}}]}""");

        Assert.Equal(path, refused.Problem(422, "invalid-workflow").GetProperty("errors").EnumerateObject().First().Name);
    }

    [Fact]
    public async Task Nodes_OfDefinitionsInsideDefinitions_RunAsOneWorkflow_ForARunASubmissionAndASchedule()
    {
        await Put("deep/say", """{"parameters":[{"name":"what","required":true}],"task":{"cmd":"printf %s \"$PARAM_WHAT\""}}""");
        await Put("deep/count", """
            {"parameters":[{"name":"what"}],"job":{"source":{"range":{"from":0,"to":2}},
             "process":{"chunkCommand":{"cmd":"cat; test \"$PARAM_WHAT\" = 'd e'"}}}}
            """);
        await Put("deep/flow", """
            {"parameters":[{"name":"what","required":true}],"workflow":{"nodes":[
              {"name":"say","definition":{"name":"deep/say","parameters":{"what":"${param.what}"}}},
              {"name":"count","definition":{"name":"deep/count","parameters":{"what":"${param.what}"}},"after":["say"]}]}}
            """);
        await Put("deep/all", """
            {"parameters":[{"name":"word","default":"d e"}],"workflow":{"name":"all","nodes":[
              {"name":"flow","definition":{"name":"deep/flow","parameters":{"what":"${param.word}"}}},
              {"name":"last","task":{"cmd":"test \"$PARAM_WORD\" = 'd e' && test -z \"$PARAM_WHAT\""},"after":["flow"]}]}}
            """);
        const string Nodes = """{"nodes":[{"name":"all","definition":{"name":"deep/all"}}]}""";
        var put = await client.Send(HttpMethod.Put, "/api/v1/schedules/deep", $$"""{"every":"366d","workflow":{{Nodes}}}""");
        Assert.True(put.Status == 201, put.Text);
        var shown = (await client.Get("/api/v1/schedules/deep")).Json.GetProperty("workflow").GetRawText();
        Assert.Equal("""{"nodes":[{"name":"all","definition":{"name":"deep/all","version":1,"parameters":{}}}]}""", shown);
        var again = await client.Send(HttpMethod.Put, "/api/v1/schedules/deep", $$"""{"every":"366d","workflow":{{shown}}}""");
        Assert.Equal(200, again.Status);

        var run = (await client.Post($"{Root}/deep/all/runs", "{}")).Json.GetProperty("id").GetString();
        var submitted = (await client.Post("/api/v1/workflows", Nodes)).Json.GetProperty("id").GetString();
        var started = (await client.Post("/api/v1/schedules/deep/trigger")).Json.GetProperty("id").GetString();
        // What has started, and what a schedule starts, stays as it was.
        (await client.Send(HttpMethod.Delete, $"{Root}/deep/say")).Problem(409, "definition-in-use");
        await Put("deep/say", """{"parameters":[{"name":"other","required":true}],"task":{"argv":["false"]}}""");

        await Ended(run!, "");
        await Ended(submitted!, "all/");
        await Ended(started!, "all/");
        (await client.Post($"{Root}/deep/all/runs", "{}")).Problem(422, "invalid-run");

        async Task Ended(string id, string prefix)
        {
            var state = (await client.Get($"/api/v1/workflows/{id}?wait=60s")).Json.GetProperty("state").GetString();
            var all = await client.Get($"/api/v1/workflows/{id}/nodes");
            Assert.True(state == "succeeded", all.Text);
            var nodes = all.Json.GetProperty("items").EnumerateArray().ToDictionary(
                static node => node.GetProperty("name").GetString()!, static node => node.GetProperty("task").GetString());
            Assert.Equal([$"{prefix}flow/say", $"{prefix}flow/count", $"{prefix}last"], nodes.Keys);
            Assert.Equal("d e", (await client.Get($"/api/v1/tasks/{nodes[$"{prefix}flow/say"]}/output/stdout")).Text);
            foreach (var (node, definition) in ((string, string)[])
                [("flow/say", "deep/say"), ("flow/count", "deep/count"), ("last", "deep/all")])
            {
                var task = (await client.Get($"/api/v1/tasks/{nodes[prefix + node]}")).Json;
                Assert.Equal(definition, task.GetProperty("definition").GetProperty("name").GetString());
            }
        }
    }

    [Fact]
    public async Task Put_WithNodesThatMakeACycleOrNameNothing_NamesThePlace()
    {
        await Put("cycle/a", """{"workflow":{"nodes":[{"name":"x","task":{"cmd":"true"}}]}}""");
        await Put("cycle/b", Flow("cycle/a"));

        var cycle = await client.Send(HttpMethod.Put, $"{Root}/cycle/a", Flow("cycle/b"));
        var self = await client.Send(HttpMethod.Put, $"{Root}/cycle/b", Flow("cycle/b"));
        var none = await client.Send(HttpMethod.Put, $"{Root}/cycle/b", Flow("cycle/none"));
        var slash = await client.Send(HttpMethod.Put, $"{Root}/cycle/b", """{"workflow":{"nodes":[{"name":"x/y","task":{"cmd":"true"}}]}}""");

        Assert.Contains("cycle/a → cycle/b → cycle/a", Message(cycle), StringComparison.Ordinal);
        Assert.Contains("cycle/b → cycle/b", Message(self), StringComparison.Ordinal);
        Assert.Equal("workflow.nodes[0].definition.name", Fault(none));
        Assert.Equal("workflow.nodes[0].name", Fault(slash));

        static string Flow(string of) => $$$"""{"workflow":{"nodes":[{"name":"n","definition":{"name":"{{{of}}}"}}]}}""";
        static string Fault(Reply answer) => First(answer).Name;
        static string Message(Reply answer) => First(answer).Value[0].GetString()!;
        static JsonProperty First(Reply answer) =>
            answer.Problem(422, "invalid-definition").GetProperty("errors").EnumerateObject().First();
    }

    [Fact]
    public async Task Schedule_WithASecretInANode_KeepsItForTheTask_AndNeverShowsIt()
    {
        await Put("secret/node", """
            {"parameters":[{"name":"token","secret":true}],"task":{"cmd":"printf %s \"$PARAM_TOKEN\" | wc -c"}}
            """);
        const string Body = """
            {"every":"366d","workflow":{"nodes":[{"name":"a","definition":{"name":"secret/node","parameters":{"token":"tell-nobody"}}},
             {"name":"b","task":{"cmd":"true","secretEnv":{"X":"tell-nobody"}}}]}}
            """;

        Assert.Equal(201, (await client.Send(HttpMethod.Put, "/api/v1/schedules/secret", Body)).Status);

        Assert.DoesNotContain("tell-nobody", (await client.Get("/api/v1/schedules/secret")).Text, StringComparison.Ordinal);
        var started = (await client.Post("/api/v1/schedules/secret/trigger")).Json.GetProperty("id").GetString();
        await client.Get($"/api/v1/workflows/{started}?wait=60s");
        var node = (await client.Get($"/api/v1/workflows/{started}/nodes")).Json.GetProperty("items")[0].GetProperty("task").GetString();
        Assert.Equal("11", (await client.Get($"/api/v1/tasks/{node}/output/stdout")).Text.Trim());
    }

    [Theory]
    [InlineData("""{"name":"scheduled/nothing"}""", "definition.name")]
    [InlineData("""{"name":"scheduled/wrong","version":9}""", "definition.name")]
    [InlineData("""{"name":"scheduled/wrong"}""", "definition.parameters.x")]
    [InlineData("""{"name":"scheduled/wrong","parameters":{"x":"1","y":"2"}}""", "definition.parameters.y")]
    [InlineData("""{"nam":"scheduled/wrong"}""", "definition.nam")]
    [InlineData("[]", "definition")]
    public async Task Schedule_OfADefinitionThatIsWrong_NamesTheField(string definition, string path)
    {
        await Put("scheduled/wrong", """{"parameters":[{"name":"x","required":true}],"task":{"cmd":"true"}}""");

        var refused = await client.Send(HttpMethod.Put, "/api/v1/schedules/wrong", $$$"""{"every":"366d","definition":{{{definition}}}}""");

        Assert.Equal(path, refused.Problem(422, "invalid-schedule").GetProperty("errors").EnumerateObject().First().Name);
    }

    [Fact]
    public async Task Scopes_ReadAndSubmit_ReadAndRunEveryDefinition()
    {
        await Put("scopes/a", """{"task":{"cmd":"true"}}""");
        var (read, submit) = (await Key(Scopes.Read), await Key(Scopes.Submit));
        var mixed = await Key(Scopes.Submit | Scopes.Run, "mine/*");

        foreach (var path in (string[])["", "/runs", "/history"])
        {
            Assert.Equal(200, (await client.Get($"{Root}/scopes/a{path}", read)).Status);
            (await client.Get($"{Root}/scopes/a{path}", submit)).Problem(403, "forbidden");
            (await client.Get($"{Root}/scopes/a{path}", mixed)).Problem(404, "not-found");
        }

        Assert.Contains("scopes/a", Names((await client.Get($"{Root}?limit=1000", read)).Json));
        Assert.Empty(Names((await client.Get($"{Root}?limit=1000", mixed)).Json));
        (await client.Post($"{Root}/scopes/a/runs", null, read)).Problem(403, "forbidden");
        Assert.Equal(202, (await client.Post($"{Root}/scopes/a/runs", null, submit)).Status);
        Assert.Equal(202, (await client.Post($"{Root}/scopes/a/runs", null, mixed)).Status);
        (await client.Send(HttpMethod.Put, $"{Root}/scopes/a", """{"task":{"cmd":"false"}}""", submit)).Problem(403, "forbidden");
    }

    [Fact]
    public async Task Key_WithDefinitions_NeedsTheScopeRun()
    {
        (await client.Post("/api/v1/keys", """{"name":"a","scopes":["read"],"definitions":["a"]}""")).Problem(422, "invalid-key");
        (await client.Post("/api/v1/keys", """{"name":"a","scopes":["run"],"definitions":[]}""")).Problem(422, "invalid-key");
        (await client.Post("/api/v1/keys", """{"name":"a","scopes":["run"],"definitions":["A B"]}""")).Problem(422, "invalid-key");

        var all = (await client.Post("/api/v1/keys", """{"name":"a","scopes":["run"]}""")).Json;
        var some = (await client.Post("/api/v1/keys", """{"name":"a","scopes":["run"],"definitions":["etl/*","x"]}""")).Json;

        Assert.Equal("""["*"]""", all.GetProperty("definitions").GetRawText());
        Assert.Equal("""["etl/*","x"]""", some.GetProperty("definitions").GetRawText());
    }

    private static IEnumerable<string> Faults(Reply refused, string code) =>
        refused.Problem(422, code).GetProperty("errors").EnumerateObject().Select(static one => one.Name);

    private static int Version(Reply reply) => reply.Json.GetProperty("version").GetInt32();

    private static IEnumerable<string?> Names(JsonElement list) =>
        list.GetProperty("items").EnumerateArray().Select(static one => one.GetProperty("name").GetString());

    private async Task Put(string name, string body)
    {
        var reply = await client.Send(HttpMethod.Put, $"{Root}/{name}", body);
        Assert.True(reply.Status is 200 or 201, reply.Text);
    }

    private async Task<JsonElement> Ended(Reply started)
    {
        Assert.True(started.Status == 202, started.Text);
        return (await client.Get($"/api/v1/tasks/{started.Json.GetProperty("id").GetString()}?wait=60s")).Json;
    }

    private Task<(string Name, string Value)> Key(params string[] definitions) => Key(Scopes.Run, definitions);

    private async Task<(string Name, string Value)> Key(Scopes scopes, params string[] definitions)
    {
        var key = NewKey.Make("support", scopes, expiresAt: null, [.. definitions]);
        await service.Services.GetRequiredService<IKeyStore>().Add(key.Record, 0);
        return ("Authorization", $"Bearer {key.Text}");
    }

    private static readonly (string, string) Accepted = ("Accept", "application/json, text/event-stream");

    private static string Request(string method, string parameters) =>
        $$"""{"jsonrpc":"2.0","id":1,"method":"{{method}}","params":{{parameters}}}""";

    // The result of a message of the Model Context Protocol, in whichever of its two forms.
    private async Task<JsonElement> Message(string method, string parameters, (string, string) key)
    {
        var reply = await client.Post("/mcp", Request(method, parameters), key, Accepted);
        var line = reply.Text.Split('\n').First(static line => line.Contains('{'));
        var text = line[line.IndexOf('{', StringComparison.Ordinal)..];
        using var document = JsonDocument.Parse(text);
        return document.RootElement.TryGetProperty("result", out var result)
            ? result.Clone()
            : throw new InvalidOperationException(reply.Text);
    }
}
