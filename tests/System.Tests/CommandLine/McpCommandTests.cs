using System.Diagnostics;
using System.Text.Json.Nodes;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.CommandLine;

/// <summary><c>otask mcp</c> as an MCP client starts it, against a service.</summary>
public sealed class McpCommandTests(SharedServices shared) : DataFolders
{
    private const string Library = "ModelContextProtocol";
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task ProtocolsClient_OverStdio_HasTheToolsOfTheGateway_ByItsKey()
    {
        await using var service = await Service.StartGuarded(Data, "--require-keys");
        var key = (await Otask.Run("key", "create", "--data", Data, "--scope", "read,submit", "--name", "robot")).Output.Trim();
        await using var stdio = await Client(service, key);
        await using var http = await McpClient.CreateAsync(new HttpClientTransport(new HttpClientTransportOptions
        {
            Endpoint = new Uri(service.Url, "/mcp"),
            AdditionalHeaders = new Dictionary<string, string> { ["Authorization"] = $"Bearer {key}" },
        }));

        var tools = await stdio.ListToolsAsync();
        var result = await stdio.CallToolAsync(
            "submit_task", new Dictionary<string, object?> { ["cmd"] = "printf 'grüße'", ["wait"] = "60s" });
        var id = result.StructuredContent!.Value.GetProperty("id").GetString()!;
        var log = await stdio.CallToolAsync("task_logs", new Dictionary<string, object?> { ["id"] = id });

        Assert.Equal("2026-07-28", stdio.NegotiatedProtocolVersion);
        Assert.Equal(
            (await http.ListToolsAsync()).Select(static tool => $"{tool.Name} {tool.JsonSchema}"),
            tools.Select(static tool => $"{tool.Name} {tool.JsonSchema}"));
        Assert.DoesNotContain("retry_failures", tools.Select(static tool => tool.Name));
        Assert.Equal("succeeded", result.StructuredContent.Value.GetProperty("state").GetString());
        Assert.Equal("grüße", log.StructuredContent!.Value.GetProperty("text").GetString());
        var refusal = await Assert.ThrowsAnyAsync<Exception>(() => Client(service, "otk_wrong"));
        Assert.Contains("unauthenticated", refusal.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task TaskOfTheProtocol_OutlivesTheService()
    {
        var place = RestartAddress.Next();
        var first = await Service.Start(Data, "--http", place);
        await using var agent = await Client(first, key: null, takesTasks: true);
        using (await first.Http.PutAsync("/api/v1/queues/kept", Json("""{"paused":true}"""), TestContext.Current.CancellationToken))
        {
        }

        var created = await Request(agent, "tools/call", """
            {"name":"submit_task","arguments":{"cmd":"echo survived","queue":"kept","wait":"1s"} }
            """);
        var id = (string)created["taskId"]!;
        await first.KillAll();
        await first.DisposeAsync();
        await using var second = await Service.Start(Data, "--http", place);

        Assert.Equal("working", (string?)(await Get())["status"]);
        using (await second.Http.PutAsync("/api/v1/queues/kept", Json("""{"paused":false}"""), TestContext.Current.CancellationToken))
        {
        }

        await second.Ended(id);
        var ended = await Get();
        Assert.Equal("completed", (string?)ended["status"]);
        Assert.Equal("survived\n", (string?)ended["result"]!["structuredContent"]!["output"]!["tail"]);

        Task<JsonObject> Get() => Request(agent, "tasks/get", $$"""{"taskId":"{{id}}"}""", id);
    }

    [Fact]
    public async Task Lines_AreAnsweredOneByOne_AndAGivenUpRequestIsNot()
    {
        var service = await shared.Running;
        using (await service.Http.PutAsync("/api/v1/queues/given-up", Json("""{"paused":true}"""), TestContext.Current.CancellationToken))
        {
        }

        var submitted = await service.Http.PostAsync(
            "/tasks", Json("""{"cmd":"true","queue":"given-up"}"""), TestContext.Current.CancellationToken);
        var id = (string)JsonNode.Parse(await submitted.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!["id"]!;
        using var otask = Start(service.Url.ToString());

        await Say("not json");
        Assert.Equal((null, -32700), Error(await Heard()));
        await Say("""{"jsonrpc":"2.0","id":"a","method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"x","version":"1"} }}""");
        Assert.Equal("2025-11-25", (string?)(await Heard())["result"]!["protocolVersion"]);
        await Say("""{"jsonrpc":"2.0","method":"notifications/initialized"}""");
        await Say($$$"""{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"wait_task","arguments":{"id":"{{{id}}}","wait":"60s"} }}""");
        await Say("""{"jsonrpc":"2.0","id":8,"method":"no/such"}""");
        Assert.Equal(("8", -32601), Error(await Heard()));
        await Say("""{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":7} }""");
        await Say("""{"jsonrpc":"2.0","id":9,"method":"no/such"}""");
        Assert.Equal(("9", -32601), Error(await Heard()));
        using (await service.Http.PutAsync("/api/v1/queues/given-up", Json("""{"paused":false}"""), TestContext.Current.CancellationToken))
        {
        }

        // What the request has waited for is there, and would be answered now.
        await service.Ended(id);
        await Say("""{"jsonrpc":"2.0","id":10,"method":"no/such"}""");
        Assert.Equal(("10", -32601), Error(await Heard()));
        otask.StandardInput.Close();
        Assert.Equal("", await otask.StandardOutput.ReadToEndAsync().WaitAsync(Limit));
        await otask.WaitForExitAsync().WaitAsync(Limit);
        Assert.Equal((0, ""), (otask.ExitCode, await otask.StandardError.ReadToEndAsync()));

        Task Say(string line) => otask.StandardInput.WriteLineAsync(line);

        async Task<JsonNode> Heard() => JsonNode.Parse((await otask.StandardOutput.ReadLineAsync().WaitAsync(Limit))!)!;

        static (string?, int) Error(JsonNode answer) => (answer["id"]?.ToJsonString(), (int)answer["error"]!["code"]!);
    }

    [Fact]
    public async Task GatewayOutOfReach_IsAnErrorOfEachRequest_AndTheProcessGoesOn()
    {
        using var otask = Start($"http://{RestartAddress.Next()}");

        for (var i = 0; i < 2; i++)
        {
            await otask.StandardInput.WriteLineAsync($$"""{"jsonrpc":"2.0","id":{{i}},"method":"tools/list"}""");
            var answer = JsonNode.Parse((await otask.StandardOutput.ReadLineAsync().WaitAsync(Limit))!)!;
            Assert.Equal(i, (int)answer["id"]!);
            Assert.StartsWith("The gateway cannot be reached", (string)answer["error"]!["message"]!, StringComparison.Ordinal);
        }

        otask.StandardInput.Close();
        await otask.WaitForExitAsync().WaitAsync(Limit);
        Assert.Equal(0, otask.ExitCode);
    }

    [Fact]
    public async Task Headers_RepeatWhatTheMessageSays()
    {
        await using var gateway = await StubGateway.Start(("/mcp", """{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":"2025-06-18"} }"""));
        using var otask = Start(gateway.Url);

        foreach (var line in (string[])
        [
            """{"jsonrpc":"2.0","id":1,"method":"initialize"}""",
            """{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"list_tasks"} }""",
            """{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"ä"} }""",
            """{"jsonrpc":"2.0","id":1,"method":"tasks/get","params":{"taskId":"t","_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"} } }""",
        ])
        {
            await otask.StandardInput.WriteLineAsync(line);
            Assert.NotNull(await otask.StandardOutput.ReadLineAsync().WaitAsync(Limit));
        }

        Assert.Equal(
            [" initialize ", "2025-06-18 tools/call list_tasks", "2025-06-18 resources/read =?base64?w6Q=?=", "2026-07-28 tasks/get t"],
            gateway.Protocol);
        otask.StandardInput.Close();
        await otask.WaitForExitAsync().WaitAsync(Limit);
    }

    /// <summary>otask is started often, and most services have no MCP clients.</summary>
    [Fact]
    public async Task ProtocolsLibraries_AreLoadedByTheGatewaysFirstMessageAlone()
    {
        Assert.Empty(Directory.GetFiles(Path.GetDirectoryName(BuiltPrograms.Otask)!, $"{Library}*"));
        await using var service = await Service.Start(Data);
        await service.Http.GetStringAsync("/api/v1/tasks", TestContext.Current.CancellationToken);
        Assert.DoesNotContain(Library, Maps(), StringComparison.Ordinal);

        await using var agent = await Client(service, key: null);

        Assert.Contains(Library, Maps(), StringComparison.Ordinal);

        string Maps() => File.ReadAllText($"/proc/{service.Agent}/maps");
    }

    private static StringContent Json(string text) => new(text, global::System.Text.Encoding.UTF8, "application/json");

    private static Process Start(string url) => Process.Start(new ProcessStartInfo(BuiltPrograms.Otask, ["mcp", "--url", url])
    {
        RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
    })!;

    private static Task<McpClient> Client(Service service, string? key, bool takesTasks = false) => McpClient.CreateAsync(
        new StdioClientTransport(new StdioClientTransportOptions
        {
            Command = BuiltPrograms.Otask,
            Arguments = ["mcp", "--url", service.Url.ToString()],
            EnvironmentVariables = new Dictionary<string, string?> { ["OTASK_KEY"] = key },
        }),
        new McpClientOptions
        {
            Capabilities = takesTasks
                ? new ClientCapabilities
                {
                    Extensions = new Dictionary<string, object> { ["io.modelcontextprotocol/tasks"] = new JsonObject() },
                }
                : null,
        });

#pragma warning disable MCPEXP002
    private static async Task<JsonObject> Request(McpClient agent, string method, string parameters, string? name = null) =>
        (await agent.SendRequestAsync(new JsonRpcRequest
        {
            Method = method, Params = JsonNode.Parse(parameters),
            Context = name is null ? null : new JsonRpcMessageContext { RoutingName = name },
        })).Result!.AsObject();
#pragma warning restore MCPEXP002
}
