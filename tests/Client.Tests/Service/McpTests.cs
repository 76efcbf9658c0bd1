using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using ModelContextProtocol;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;
using OrleansTasks.Access;
using OrleansTasks.Client.Mcp;
using OrleansTasks.Client.Tests.Gateway;
using OrleansTasks.Storage;

namespace OrleansTasks.Client.Tests.Service;

/// <summary>The gateway's <c>/mcp</c> with the protocol's own client, through the real silo, store and worker.</summary>
public sealed class McpTests(RunningService service) : IClassFixture<RunningService>
{
    private const string Tasks = "io.modelcontextprotocol/tasks";

    private static readonly string[] Reading =
        ["failures", "get_task", "list_artifacts", "list_tasks", "read_artifact", "task_logs", "wait_task", "why_task"];
    private readonly ServiceClient client = service.Client;

    [Fact]
    public async Task ToolsList_NamesEachTool_WithASchemaThatModelsTake()
    {
        await using var agent = await Agent();

        var tools = await agent.ListToolsAsync();

        Assert.Equal(
            [.. Reading, "cancel_task", "retry_failures", "retry_task", "submit_task", "undo"],
            tools.Select(static tool => tool.Name).OrderBy(static name => Reading.Contains(name) ? 0 : 1).ThenBy(static name => name));
        foreach (var tool in tools)
        {
            var schema = tool.JsonSchema;
            Assert.Equal("object", schema.GetProperty("type").GetString());
            // Providers of models refuse these at the top, and some refuse references.
            Assert.All((string[])["oneOf", "anyOf", "allOf", "$defs"], word => Assert.False(schema.TryGetProperty(word, out _)));
            Assert.DoesNotContain("$ref", schema.GetRawText(), StringComparison.Ordinal);
            Assert.All(schema.GetProperty("properties").EnumerateObject(), one => Assert.True(
                one.Value.TryGetProperty("type", out _) || one.Value.TryGetProperty("oneOf", out _), $"{tool.Name}.{one.Name}"));
            var hints = tool.ProtocolTool.Annotations!;
            Assert.Equal(Reading.Contains(tool.Name), hints.ReadOnlyHint);
            Assert.Equal(tool.Name is "submit_task" or "cancel_task", hints.DestructiveHint);
        }

        var submit = tools.Single(static tool => tool.Name == "submit_task").JsonSchema.GetProperty("properties");
        var spec = (await client.Get("/openapi/v1.json")).Json
            .GetProperty("components").GetProperty("schemas").GetProperty("TaskSpec").GetProperty("properties");
        Assert.Equal(
            spec.EnumerateObject().Select(static one => one.Name).Concat(["dryRun", "idempotencyKey", "wait"]),
            submit.EnumerateObject().Select(static one => one.Name));
    }

    [Fact]
    public async Task SubmitWaitLogs_AnswerAsTheApiDoes()
    {
        await using var agent = await Agent();

        var submitted = await Call(agent, "submit_task", new { cmd = "printf 'ä€😀'; printf oops >&2", labels = new { by = "agent" } });
        var id = Text(submitted, "id");
        var ended = await Call(agent, "wait_task", new { id, wait = "60s" });

        Assert.Equal(
            JsonSerializer.Serialize((await client.Get($"/api/v1/tasks/{id}")).Json), JsonSerializer.Serialize(ended));
        Assert.Equal("succeeded", Text(ended, "state"));
        Assert.Equal(("oops", 4L, true), Log(await Call(agent, "task_logs", new { id, stream = "stderr" })));
        Assert.Equal(("ä€😀", 9L, true), Log(await Call(agent, "task_logs", new { id })));
        // Pieces end at characters: ä has 2 bytes, € has 3, 😀 has 4.
        Assert.Equal(("ä", 2L, true), Log(await Call(agent, "task_logs", new { id, offset = 0, maxBytes = 4 })));
        Assert.Equal(("€", 5L, true), Log(await Call(agent, "task_logs", new { id, offset = 2, maxBytes = 5 })));
        Assert.Equal(("😀", 9L, true), Log(await Call(agent, "task_logs", new { id, maxBytes = 6 })));
        Assert.Equal(("", 9L, true), Log(await Call(agent, "task_logs", new { id, offset = 9, attempt = 1 })));
        Assert.Equal("not-found", await Refused(agent, "task_logs", new { id, attempt = 2 }));
        var listed = (await Call(agent, "list_tasks", new { label = new[] { "by=agent" } })).GetProperty("items");
        Assert.Equal((1, id), (listed.GetArrayLength(), Text(listed[0], "id")));
        Assert.False(listed[0].TryGetProperty("spec", out _));

        static (string, long, bool) Log(JsonElement piece) =>
            (Text(piece, "text"), piece.GetProperty("nextOffset").GetInt64(), piece.GetProperty("ended").GetBoolean());
    }

    [Fact]
    public async Task Failure_IsGrouped_RetriedAndUndone()
    {
        await using var agent = await Agent();
        var failed = await Call(agent, "submit_task", new { cmd = "echo 'error: no quota' >&2; exit 7", queue = "agent-fails", wait = "60s" });
        var id = Text(failed, "id");

        var group = (await Call(agent, "failures", new { queue = "agent-fails" })).GetProperty("items")[0];
        await client.Send(HttpMethod.Put, "/api/v1/queues/agent-fails", """{"paused":true}""");
        var fingerprint = Text(group, "fingerprint");
        var dry = await Call(agent, "retry_failures", new { fingerprint, dryRun = true });
        var all = await Call(agent, "retry_failures", new { fingerprint, expect = 1 });
        var undone = await Call(agent, "undo", new { operation = Text(all, "operation") });
        var one = await Call(agent, "retry_task", new { id, reason = "once more" });

        Assert.Equal(("failed", 7), (Text(failed, "state"), failed.GetProperty("exitCode").GetInt32()));
        Assert.Equal((1, id), (group.GetProperty("count").GetInt32(), Text(group.GetProperty("tasks")[0])));
        Assert.Equal(1, dry.GetProperty("matched").GetInt32());
        Assert.Equal(1, undone.GetProperty("undone").GetInt32());
        Assert.Equal("queued", Text(one, "state"));
        Assert.Equal("queue-paused", Text((await Call(agent, "why_task", new { id })).GetProperty("reasons")[0], "code"));
        Assert.Equal(1, (await Call(agent, "undo", new { operation = Text(one, "operation") })).GetProperty("undone").GetInt32());
        Assert.Equal("failed", Text(await Call(agent, "get_task", new { id }), "state"));
    }

    [Fact]
    public async Task Cancel_IsUndone_AndTheAuditNamesTheKeyAndTheClient()
    {
        var (keyId, authorization) = await Key(Scopes.Read | Scopes.Submit);
        await using var agent = await Agent(authorization);
        await client.Send(HttpMethod.Put, "/api/v1/queues/agent-audit", """{"paused":true}""");
        var id = Text(await Call(agent, "submit_task", new { cmd = "true", queue = "agent-audit" }), "id");

        var cancelled = await Call(agent, "cancel_task", new { id, reason = "not needed" });
        await Call(agent, "undo", new { operation = Text(cancelled, "operation"), reason = "needed" });

        Assert.Equal("cancelled", Text(cancelled, "state"));
        Assert.Equal("queued", Text(await Call(agent, "get_task", new { id }), "state"));
        var record = (await client.Get($"/api/v1/audit?target={id}&action=task.cancel")).Json.GetProperty("items")[0];
        Assert.Equal(
            ($$"""{"key":"{{keyId}}","name":"agent","says":"mcp tester"}""", "not needed", "127.0.0.1"),
            (record.GetProperty("actor").GetRawText(), Text(record, "reason"), Text(record, "address")));
    }

    [Fact]
    public async Task ReadKey_SeesReadingToolsAlone_AndIsRefusedTheOthers()
    {
        var (_, authorization) = await Key(Scopes.Read);
        await using var agent = await Agent(authorization);

        var tools = await agent.ListToolsAsync();

        Assert.Equal(Reading, tools.Select(static tool => tool.Name).Order());
        var refusal = await Refusal(agent, "submit_task", new { cmd = "true", queue = "agent-refused" });
        Assert.Equal("forbidden", Text(refusal, "code"));
        Assert.Contains("lacks the scope submit", Text(refusal, "detail"), StringComparison.Ordinal);
        Assert.Equal("forbidden", await Refused(agent, "cancel_task", new { id = "01a2134f-8c1d-7031-9444-7ad47dc7cf77" }));
        Assert.Equal("forbidden", await Refused(agent, "retry_failures", new { fingerprint = "4cc5b2366c721048" }));
        Assert.Equal(404, (await client.Get("/api/v1/queues/agent-refused")).Status);
        await Assert.ThrowsAsync<HttpRequestException>(() => Agent("Bearer otk_wrong"));
    }

    [Fact]
    public async Task SubmitKey_GetsNoMoreThanTheIdItMade()
    {
        var (_, authorization) = await Key(Scopes.Submit);
        await using var agent = await Agent(authorization);

        var task = await Call(agent, "submit_task", new { cmd = "echo $SECRET", env = new { SECRET = "s" }, wait = "1s" });

        Assert.Equal("id,state,version", string.Join(',', task.EnumerateObject().Select(static one => one.Name)));
        Assert.DoesNotContain("get_task", (await agent.ListToolsAsync()).Select(static tool => tool.Name));
    }

    [Fact]
    public async Task IdempotencyKey_SubmitsOnce()
    {
        await using var agent = await Agent();
        var submission = new { cmd = "true", idempotencyKey = "agent-once" };

        var ids = new[] { await Call(agent, "submit_task", submission), await Call(agent, "submit_task", submission) };

        Assert.Equal(Text(ids[0], "id"), Text(ids[1], "id"));
        Assert.Equal("idempotency-key-reuse", await Refused(agent, "submit_task", new { cmd = "false", idempotencyKey = "agent-once" }));
    }

    [Theory]
    [InlineData("get_task", "{}", "bad-parameter", "'id' is missing")]
    [InlineData("get_task", """{"id":""}""", "bad-parameter", "'id' is missing")]
    [InlineData("get_task", """{"id":"../nodes"}""", "not-found", "No task has this id")]
    [InlineData("get_task", """{"id":"x/why?q=1#y"}""", "not-found", "No task has this id")]
    [InlineData("get_task", """{"id":{"a":1}}""", "bad-parameter", "'id' must be a single value")]
    [InlineData("get_task", """{"id":"a","ids":"b"}""", "bad-parameter", "did you mean 'id'?")]
    [InlineData("wait_task", """{"id":"01a2134f-8c1d-7031-9444-7ad47dc7cf77","wait":"61s"}""", "bad-parameter", "at most 1m")]
    [InlineData("list_tasks", """{"state":"done"}""", "bad-parameter", "'state' must be one of")]
    [InlineData("list_tasks", """{"state":"failed&queue=other"}""", "bad-parameter", "'state' must be one of")]
    [InlineData("list_tasks", """{"limit":101}""", "bad-parameter", "from 1 to 100")]
    [InlineData("list_tasks", """{"cursor":"AAAA"}""", "bad-cursor", "unchanged")]
    [InlineData("list_tasks", """{"view":"task"}""", "bad-parameter", "Unknown argument 'view'")]
    [InlineData("task_logs", """{"id":"01a2134f-8c1d-7031-9444-7ad47dc7cf77","stream":"both"}""", "bad-parameter", "stdout or stderr")]
    [InlineData("task_logs", """{"id":"01a2134f-8c1d-7031-9444-7ad47dc7cf77","maxBytes":1e9}""", "bad-parameter", "from 1 to 65,536")]
    [InlineData("submit_task", """{"cmd":"true","wait":"61s"}""", "bad-parameter", "'wait' must be")]
    [InlineData("submit_task", """{"cmd":"true","argv":["true"]}""", "invalid-task", "")]
    [InlineData("submit_task", """{"cmd":"true","idempotencyKey":"a\nb"}""", "bad-parameter", "printable ASCII")]
    [InlineData("cancel_task", """{"id":"01a2134f-8c1d-7031-9444-7ad47dc7cf77","reason":"a\r\nOtask-Actor: root"}""", "bad-parameter", "Otask-Reason")]
    [InlineData("cancel_task", """{"id":"01a2134f-8c1d-7031-9444-7ad47dc7cf77"}""", "not-found", "")]
    [InlineData("retry_failures", "{}", "bad-parameter", "'fingerprint' is missing")]
    [InlineData("undo", """{"operation":"none"}""", "not-found", "")]
    public async Task Arguments_ThatDoNotFit_AreAnErrorOfTheTool(string tool, string arguments, string code, string detail)
    {
        await using var agent = await Agent();

        var refusal = await Refusal(agent, tool, JsonSerializer.Deserialize<JsonElement>(arguments));

        Assert.Equal(code, Text(refusal, "code"));
        Assert.Contains(detail, Text(refusal, "detail"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Artifacts_AreListedAndReadInPieces_AsTextOrBase64()
    {
        await using var agent = await Agent();
        var id = Text(await Call(agent, "submit_task", new
        {
            cmd = "mkdir out; printf 'ä€😀' > 'out/a b?#%20.txt'; printf '\\377\\0001' > out/raw; : > out/empty",
            artifacts = new[] { "out/*" },
            wait = "60s",
        }), "id");

        var listed = await Call(agent, "list_artifacts", new { id, limit = 2 });
        Assert.Equal(
            ["out/a b?#%20.txt", "out/empty"],
            listed.GetProperty("items").EnumerateArray().Select(static one => Text(one, "path")));
        var rest = await Call(agent, "list_artifacts", new { id, cursor = Text(listed, "nextCursor") });
        Assert.Equal("out/raw", Text(Assert.Single(rest.GetProperty("items").EnumerateArray()), "path"));
        const string Path = "out/a b?#%20.txt";
        Assert.Equal("ä€😀 0-9 of 9", await Piece("text", new { id, path = Path }));
        Assert.Equal("ä 0-2 of 9", await Piece("text", new { id, path = Path, maxBytes = 4 }));
        Assert.Equal("€ 2-5 of 9", await Piece("text", new { id, path = Path, offset = 2, maxBytes = 5 }));
        Assert.Equal(" 9-9 of 9", await Piece("text", new { id, path = Path, offset = 9 }));
        Assert.Equal(" 0-0 of 0", await Piece("text", new { id, path = "out/empty" }));
        Assert.Equal("/wAx 0-3 of 3", await Piece("base64", new { id, path = "out/raw" }));
        foreach (var (path, offset, of, code) in ((string, int, string, string)[])
            [
                (Path, 10, id, "range-not-satisfiable"), ("out/none", 0, id, "not-found"),
                ("out/../../output/stdout", 0, id, "bad-parameter"), (Path, 0, id + "/output/stdout", "not-found"),
            ])
            Assert.Equal(code, await Refused(agent, "read_artifact", new { id = of, path, offset }));

        async Task<string> Piece(string form, object arguments)
        {
            var answer = await Call(agent, "read_artifact", arguments);
            var (from, next, total) = (
                answer.GetProperty("offset"), answer.GetProperty("nextOffset"), answer.GetProperty("totalBytes"));
            return $"{Text(answer, form)} {from}-{next} of {total}";
        }
    }

    [Fact]
    public async Task FieldErrors_AreNamedByTheirPaths()
    {
        await using var agent = await Agent();

        var result = await Raw(agent, "submit_task", new { cmd = "true", retry = new { maxAttempts = 0 }, colour = 1 });

        Assert.True(result.IsError);
        var text = Assert.IsType<TextContentBlock>(Assert.Single(result.Content)).Text;
        Assert.Contains("\nretry.maxAttempts: must be a whole number from 1 to 100", text, StringComparison.Ordinal);
        Assert.Contains("\ncolour: unknown field", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task UnknownTool_IsAnErrorOfTheProtocol()
    {
        await using var agent = await Agent();

        var error = await Assert.ThrowsAsync<McpProtocolException>(() => Raw(agent, "rm", new { }));

        Assert.Equal(McpErrorCode.InvalidParams, error.ErrorCode);
    }

    [Fact]
    public async Task LongAnswer_IsCutToTheBound_AndTheServiceKeepsAllOfIt()
    {
        await using var agent = await Agent();
        var env = Enumerable.Range(0, 21).ToDictionary(static i => $"LONG{i}", static _ => new string('x', 6_000));
        var cmd = "true " + new string('y', 100_000);
        var id = Text(await Call(agent, "submit_task", new { cmd, env, wait = "60s" }), "id");

        var result = await Raw(agent, "get_task", new { id });

        var text = Assert.IsType<TextContentBlock>(Assert.Single(result.Content)).Text;
        Assert.InRange(Encoding.UTF8.GetByteCount(text), 10_000, ServiceLimits.McpAnswerBytes);
        Assert.EndsWith("… (98,981 more characters)", Text(result.StructuredContent!.Value.GetProperty("spec"), "cmd"), StringComparison.Ordinal);
        Assert.Equal(cmd, Text((await client.Get($"/api/v1/tasks/{id}")).Json.GetProperty("spec"), "cmd"));
    }

    [Fact]
    public async Task Definitions_LongerThanAPage_AreAllTools()
    {
        await using var agent = await Agent();
        // Seven bodies of 960 kB are two pages.
        var argv = JsonSerializer.Serialize((string[])["true", .. Enumerable.Repeat(new string('x', 120_000), 8)]);

        var (listed, called) = await WithDefinitions(
            agent, "long", 7, $$$"""{"tool":true,"task":{"argv":{{{argv}}}}}""");

        Assert.Equal(Enumerable.Range(0, 7).Select(static i => DefinitionTool.NameOf($"long/{i}")), listed);
        Assert.Equal("invalid-run", called);
    }

    [Fact]
    public async Task Definitions_OfAsManyLevelsAsABodyMayHave_AreTools()
    {
        await using var agent = await Agent();
        var item = new string('[', 59) + new string(']', 59);

        var (listed, called) = await WithDefinitions(agent, "deep", 1, $$$$"""
            {"tool":true,"job":{"source":{"items":[{{{{item}}}}]},"process":{"builtin":"identity"}}}
            """);

        Assert.Equal([DefinitionTool.NameOf("deep/0")], listed);
        Assert.Equal("invalid-run", called);
    }

    [Fact]
    public async Task ToolsList_WithMoreChoicesThanAListHolds_HasTheFirstTools_AndTheOthersCanBeCalled()
    {
        await using var agent = await Agent();
        var choices = JsonSerializer.Serialize(
            Enumerable.Range(0, 1_000).Select(static i => $"{i:0000}{new string('x', 900)}"));

        // Four schemas of 900 kB are less than 4 MiB, and five are more.
        var (listed, called) = await WithDefinitions(agent, "choices", 6, $$"""
            {"tool":true,"task":{"argv":["true"]},"parameters":[{"name":"x","type":"choice","choices":{{choices}}}]}
            """);

        Assert.Equal(Enumerable.Range(0, 4).Select(static i => DefinitionTool.NameOf($"choices/{i}")), listed);
        Assert.Equal("invalid-run", called);
    }

    [Fact]
    public async Task LongOutput_IsReadInPieces()
    {
        await using var agent = await Agent();
        var id = Text(await Call(agent, "submit_task", new { cmd = "seq 30000", wait = "60s" }), "id");
        var read = new StringBuilder();

        for (var (offset, total) = (0L, 1L); offset < total;)
        {
            var piece = await Call(agent, "task_logs", new { id, offset, maxBytes = 65_536 });
            Assert.InRange(Text(piece, "text").Length, 1, 65_536);
            read.Append(Text(piece, "text"));
            (offset, total) = (piece.GetProperty("nextOffset").GetInt64(), piece.GetProperty("totalBytes").GetInt64());
        }

        Assert.Equal((await client.Get($"/api/v1/tasks/{id}/output/stdout")).Text, read.ToString());
    }

    [Fact]
    public async Task LongCall_IsATaskOfTheProtocol_WithTheIdOfTheTask()
    {
        await using var agent = await Agent(takesTasks: true);
        await client.Send(HttpMethod.Put, "/api/v1/queues/agent-long", """{"paused":true}""");

        var created = await Request(agent, "tools/call", CallOf("submit_task", new { cmd = "echo done; exit 2", queue = "agent-long", wait = "1s" }));
        var id = Text(created, "taskId");
        var waiting = await Request(agent, "tasks/get", new { taskId = id }, id);
        await client.Send(HttpMethod.Put, "/api/v1/queues/agent-long", """{"paused":false}""");
        await client.Get($"/api/v1/tasks/{id}?wait=60s");
        var ended = await Request(agent, "tasks/get", new { taskId = id }, id);
        var late = await Request(agent, "tasks/cancel", new { taskId = id }, id);

        Assert.Equal(("task", "working"), (Text(created, "resultType"), Text(created, "status")));
        Assert.Equal(JsonValueKind.Null, created.GetProperty("ttlMs").ValueKind);
        Assert.Equal(("working", "queued"), (Text(waiting, "status"), Text(waiting, "statusMessage")));
        Assert.Equal("completed", Text(ended, "status"));
        var result = ended.GetProperty("result").GetProperty("structuredContent");
        Assert.Equal((id, "failed", 2), (Text(result, "id"), Text(result, "state"), result.GetProperty("exitCode").GetInt32()));
        Assert.Equal("complete", Text(late, "resultType"));
    }

    [Fact]
    public async Task TaskOfTheProtocol_IsCancelled()
    {
        await using var agent = await Agent(takesTasks: true);
        var created = await Request(agent, "tools/call", CallOf("submit_task", new { cmd = "sleep 600", timeout = "20s", wait = "0s" }));
        var id = Text(created, "taskId");

        await Request(agent, "tasks/cancel", new { taskId = id }, id);
        await client.Get($"/api/v1/tasks/{id}?wait=60s");

        Assert.Equal("cancelled", Text(await Request(agent, "tasks/get", new { taskId = id }, id), "status"));
        Assert.Equal("complete", Text(await Request(agent, "tasks/update", new { taskId = id, inputResponses = new { } }, id), "resultType"));
    }

    [Fact]
    public async Task TaskOfTheProtocol_WithoutWait_OrLeave_IsNone()
    {
        await using var taking = await Agent(takesTasks: true);
        await using var plain = await Agent();
        var submission = CallOf("submit_task", new { cmd = "true" });
        var id = "01a2134f-8c1d-7031-9444-7ad47dc7cf77";

        var answered = await Request(taking, "tools/call", submission);

        Assert.Equal("complete", answered.TryGetProperty("resultType", out var type) ? type.GetString() : "complete");
        Assert.True(answered.TryGetProperty("structuredContent", out _));
        Assert.Equal(
            McpErrorCode.InvalidParams,
            (await Assert.ThrowsAsync<McpProtocolException>(() => Request(taking, "tasks/get", new { taskId = id }, id))).ErrorCode);
        var refusal = await Assert.ThrowsAsync<HttpRequestException>(() => Request(plain, "tasks/get", new { taskId = id }, id));
        Assert.Contains($"\"requiredCapabilities\":{{\"extensions\":{{\"{Tasks}\":", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ReadKey_CannotCancelATaskOfTheProtocol()
    {
        await client.Send(HttpMethod.Put, "/api/v1/queues/agent-kept", """{"paused":true}""");
        var id = Text((await client.Post("/tasks", """{"cmd":"true","queue":"agent-kept"}""")).Json, "id");
        var (_, authorization) = await Key(Scopes.Read);
        await using var agent = await Agent(authorization, takesTasks: true);

        var error = await Assert.ThrowsAsync<McpProtocolException>(() => Request(agent, "tasks/cancel", new { taskId = id }, id));

        Assert.Contains("lacks the scope submit", error.Message, StringComparison.Ordinal);
        Assert.Equal("working", Text(await Request(agent, "tasks/get", new { taskId = id }, id), "status"));
    }

    [Theory]
    [InlineData("Origin", "http://evil.example", 403, "bad-origin")]
    [InlineData("Sec-Fetch-Site", "cross-site", 403, "bad-origin")]
    [InlineData("Host", "evil.example", 403, "bad-host")]
    [InlineData("Authorization", "Bearer otk_wrong", 401, "unauthenticated")]
    [InlineData("Content-Type", "text/plain", 415, "unsupported-media-type")]
    [InlineData("Content-Encoding", "gzip", 415, "unsupported-media-type")]
    public async Task Request_ThatTheApiRefuses_IsRefusedHereToo(string header, string value, int status, string code)
    {
        using var request = Message("""{"jsonrpc":"2.0","id":1,"method":"tools/list"}""");
        if (header.StartsWith("Content-", StringComparison.Ordinal))
        {
            request.Content!.Headers.Remove(header);
            request.Content.Headers.TryAddWithoutValidation(header, value);
        }
        else
            request.Headers.TryAddWithoutValidation(header, value);

        using var response = await client.Http.SendAsync(request, TestContext.Current.CancellationToken);

        (await Reply.Read(response)).Problem(status, code);
    }

    [Fact]
    public async Task Body_ThatIsTooLarge_IsRefused()
    {
        using var request = Message($$"""{"jsonrpc":"2.0","id":1,"method":"{{new string('x', ServiceLimits.BodyBytes)}}"}""");

        using var response = await client.Http.SendAsync(request, TestContext.Current.CancellationToken);

        (await Reply.Read(response)).Problem(413, "body-too-large");
    }

    [Theory]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("""[{"jsonrpc":"2.0","id":1,"method":"tools/list"}]""")]
    [InlineData("""{"jsonrpc":"2.0","id":null,"method":"tools/list"}""")]
    public async Task Body_ThatIsNoMessage_Is400OfTheProtocol(string body)
    {
        using var request = Message(body);

        using var response = await client.Http.SendAsync(request, TestContext.Current.CancellationToken);

        var reply = await Reply.Read(response);
        Assert.Equal((400, -32600), (reply.Status, reply.Json.GetProperty("error").GetProperty("code").GetInt32()));
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("DELETE")]
    public async Task OtherMethods_AreNotAllowed_BecauseNoSessionIsKept(string method) =>
        (await client.Send(new HttpMethod(method), "/mcp")).Problem(405, "method-not-allowed");

    [Fact]
    public async Task Initialize_OfAnOlderRevision_IsAnswered_WithoutASession()
    {
        using var request = Message("""
            {"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},
            "clientInfo":{"name":"old","version":"1"}}}
            """);

        using var response = await client.Http.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.False(response.Headers.Contains("Mcp-Session-Id"));
        Assert.Contains(
            "\"protocolVersion\":\"2025-06-18\"", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken),
            StringComparison.Ordinal);
    }

    private static HttpRequestMessage Message(string body) => new(HttpMethod.Post, "/mcp")
    {
        Content = new StringContent(body, Encoding.UTF8, "application/json"),
        Headers = { Accept = { new MediaTypeWithQualityHeaderValue("application/json"), new("text/event-stream") } },
    };

    private static string Text(JsonElement json, string name) => Text(json.GetProperty(name));

    private static string Text(JsonElement json) => json.GetString()!;

    private static object CallOf(string name, object arguments) => new { name, arguments };

    [Theory]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"submit_task","arguments":{"cmd":"true","queue":"a","queue":"b"}}}""")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"submit_task","arguments":{"cmd":"true","env":{"A":"1","\u0041":"2"}}}}""")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"tools/call","method":"tools/list","params":{}}""")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"submit_task","arguments":{"cmd":"rm caf~"}}}""")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"submit_task","arguments":{"cmd":"\ud800"}}}""")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"ping"} {}""")]
    public async Task Message_ThatOtherCallsWouldRefuse_IsAnErrorOfTheProtocol_AndDoesNothing(string message)
    {
        var before = (await client.Get("/api/v1/tasks/summary")).Json.GetProperty("total").GetInt64();
        // A tilde stands for a byte that is not UTF-8.
        var bytes = Encoding.UTF8.GetBytes(message).Select(static one => one == (byte)'~' ? (byte)0xE9 : one).ToArray();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/mcp") { Content = new ByteArrayContent(bytes) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.Accept.ParseAdd("application/json, text/event-stream");

        using var answer = await client.Http.SendAsync(request);

        var error = JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement;
        Assert.Equal((400, -32600), ((int)answer.StatusCode, error.GetProperty("error").GetProperty("code").GetInt32()));
        Assert.Equal(before, (await client.Get("/api/v1/tasks/summary")).Json.GetProperty("total").GetInt64());
    }

    private static Task<CallToolResult> Raw(McpClient agent, string tool, object arguments) => agent.CallToolAsync(
        tool, JsonSerializer.SerializeToElement(arguments).EnumerateObject().ToDictionary(static one => one.Name, static one => (object?)one.Value),
        cancellationToken: TestContext.Current.CancellationToken).AsTask();

    private static async Task<JsonElement> Call(McpClient agent, string tool, object arguments)
    {
        var result = await Raw(agent, tool, arguments);
        var text = Assert.IsType<TextContentBlock>(Assert.Single(result.Content)).Text;
        Assert.False(result.IsError is true, text);
        Assert.True(JsonElement.DeepEquals(JsonSerializer.Deserialize<JsonElement>(text), result.StructuredContent!.Value));
        return result.StructuredContent.Value;
    }

    private static async Task<JsonElement> Refusal(McpClient agent, string tool, object arguments)
    {
        var result = await Raw(agent, tool, arguments);
        Assert.True(result.IsError, JsonSerializer.Serialize(result.StructuredContent));
        return result.StructuredContent!.Value;
    }

    private static async Task<string> Refused(McpClient agent, string tool, object arguments) =>
        Text(await Refusal(agent, tool, arguments), "code");

#pragma warning disable MCPEXP002
    private static async Task<JsonElement> Request(McpClient agent, string method, object parameters, string? name = null) =>
        JsonSerializer.SerializeToElement((await agent.SendRequestAsync(
            new JsonRpcRequest
            {
                Method = method,
                Params = JsonSerializer.SerializeToNode(parameters),
                Context = name is null ? null : new JsonRpcMessageContext { RoutingName = name },
            },
            TestContext.Current.CancellationToken)).Result);
#pragma warning restore MCPEXP002

    // Stores definitions with a number as the last part of their names. Returns the tools that are listed of them, and
    // the refusal of a wrong call of the last one.
    private async Task<(string[] Listed, string Called)> WithDefinitions(
        McpClient agent, string folder, int count, string body)
    {
        var paths = Enumerable.Range(0, count).Select(i => $"/api/v1/definitions/{folder}/{i}").ToArray();
        try
        {
            foreach (var path in paths)
                Assert.Equal(201, (await client.Send(HttpMethod.Put, path, body)).Status);
            var listed = (await agent.ListToolsAsync()).Select(static tool => tool.Name)
                .Where(static name => name.StartsWith("run_", StringComparison.Ordinal)).ToArray();
            return (listed, await Refused(agent, DefinitionTool.NameOf($"{folder}/{count - 1}"), new { none = 1 }));
        }
        finally
        {
            foreach (var path in paths)
                await client.Send(HttpMethod.Delete, path);
        }
    }

    private async Task<McpClient> Agent(string? authorization = null, bool takesTasks = false)
    {
        var transport = new HttpClientTransport(new HttpClientTransportOptions
        {
            Endpoint = new Uri(client.Http.BaseAddress!, "/mcp"),
            TransportMode = HttpTransportMode.StreamableHttp,
            AdditionalHeaders = authorization is null
                ? null
                : new Dictionary<string, string>(StringComparer.Ordinal) { ["Authorization"] = authorization },
        });
        return await McpClient.CreateAsync(
            transport,
            new McpClientOptions
            {
                ClientInfo = new Implementation { Name = "tester", Version = "1" },
                Capabilities = takesTasks
                    ? new ClientCapabilities { Extensions = new Dictionary<string, object> { [Tasks] = new JsonObject() } }
                    : null,
            },
            cancellationToken: TestContext.Current.CancellationToken);
    }

    private async Task<(string Id, string Authorization)> Key(Scopes scopes)
    {
        var key = NewKey.Make("agent", scopes, expiresAt: null);
        await service.Services.GetRequiredService<IKeyStore>().Add(key.Record, 0);
        return (key.Record.Id, $"Bearer {key.Text}");
    }
}
