using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.CommandLine;

/// <summary><c>otask mcp</c> answers a message that it cannot pass on, and goes on.</summary>
public sealed class McpOddMessageTests
{
    private const int ParseError = -32700;

    private static readonly string[] Cancellations =
    [
        """{"jsonrpc":"2.0","method":"notifications/cancelled","params":[1]}""",
        """{"jsonrpc":"2.0","method":"notifications/cancelled","params":"x"}""",
        """{"jsonrpc":"2.0","method":"notifications/cancelled","params":7}""",
        """{"jsonrpc":"2.0","method":"notifications/cancelled","params":true}""",
        """{"jsonrpc":"2.0","method":"notifications/cancelled","params":null}""",
        """{"jsonrpc":"2.0","method":"notifications/cancelled"}""",
        """{"jsonrpc":"2.0","method":"notifications/cancelled","params":{}}""",
        """{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":null}}""",
        """{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":{"a":[]}}}""",
        """{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"unknown"}}""",
    ];

    // Each is passed on, and the gateway says what is wrong with it.
    private static readonly string[] Passed =
    [
        """{"jsonrpc":"2.0","id":1,"method":5}""",
        """{"jsonrpc":"2.0","id":1,"method":"tools/call","params":[1]}""",
        """{"jsonrpc":"2.0","id":1,"method":"tools/call","params":"x"}""",
        """{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":[],"_meta":7}}""",
        """{"jsonrpc":"2.0","id":{"a":1},"method":"x"}""",
        """{"id":[1]}""",
        "{}",
        """{"jsonrpc":"2.0","id":1,"method":"x","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"a\nb"}}}""",
    ];

    private static readonly (string Line, string Id)[] Refused =
    [
        ("""{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"\ud800"}}""", "null"),
        ("""{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"\ud800"}}""", "1"),
        ("""{"jsonrpc":"2.0","id":1,"method":"\udc00"}""", "1"),
        ("""{"jsonrpc":"2.0","id":"\ud800","method":"x"}""", "null"),
        ("""{"jsonrpc":"2.0","id":1,"method":"x","params":{"\ud800":1}}""", "1"),
        ("[]", "null"), ("""[{"jsonrpc":"2.0","id":1,"method":"x"}]""", "null"), ("7", "null"), ("null", "null"), ("\"x\"", "null"),
        ("{", "null"), ("not json", "null"), ("{} {}", "null"),
        (new string('[', 200), "null"),
        ("""{"jsonrpc":"2.0","id":1,"id":2,"method":"x"}""", "2"),
        ("""{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"submit_task","arguments":{"cmd":"a","cmd":"b"}}}""", "1"),
        ("""{"jsonrpc":"2.0","id":"k","method":"x","params":{"\u0061":1,"a":2}}""", "\"k\""),
        ("{\"jsonrpc\":\"2.0\",\"id\":9,\"method\":\"x\",\"params\":{\"cmd\":\"caf\u00E9\"}}", "9"),
    ];

    [Fact]
    public async Task OddMessages_AreAnsweredAndTheBridgeGoesOn()
    {
        await using var gateway = await StubGateway.Start(("/mcp", """{"jsonrpc":"2.0","id":1,"error":{"code":-32600,"message":"no"}}"""));
        using var otask = Process.Start(new ProcessStartInfo(BuiltPrograms.Otask, ["--url", gateway.Url, "mcp"])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        })!;

        // Latin-1, so that é is a byte that is not UTF-8.
        foreach (var line in (string[])[.. Cancellations, .. Refused.Select(static refused => refused.Line), "", " \r", .. Passed])
            await otask.StandardInput.BaseStream.WriteAsync(Encoding.Latin1.GetBytes(line + "\n"));
        // The last line has no line feed.
        await otask.StandardInput.BaseStream.WriteAsync("""{"jsonrpc":"2.0","id":1,"method":"last"}"""u8.ToArray());
        otask.StandardInput.Close();
        var answers = (await otask.StandardOutput.ReadToEndAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(static line => JsonNode.Parse(line)!).ToList();
        var errors = await otask.StandardError.ReadToEndAsync();
        await otask.WaitForExitAsync();

        Assert.Equal((0, ""), (otask.ExitCode, errors));
        var refusals = answers.Where(static answer => (int)answer["error"]!["code"]! == ParseError).ToList();
        Assert.Equal(Refused.Select(static refused => refused.Id), refusals.Select(static answer => answer["id"]?.ToJsonString() ?? "null"));
        Assert.Contains("is 0xE9, which is not UTF-8", (string)refusals[^1]["error"]!["message"]!, StringComparison.Ordinal);
        Assert.Equal(Passed.Length + 1, gateway.Bodies.Count);
        Assert.Equal(Passed.Length + 1, answers.Count - refusals.Count);
    }

    [Fact]
    public async Task Message_ReachesTheGatewayByteForByte()
    {
        const string message = """{ "jsonrpc" : "2.0", "id":1,"method":"x" , "params":{"n":1.0e3,"t":"\u00e9é"} }""";
        await using var gateway = await StubGateway.Start(("/mcp", """{"jsonrpc":"2.0","id":1,"result":{}}"""));

        var ended = await Finished.Run("sh", "-c", "printf '%s\\n' \"$2\" | \"$0\" --url \"$1\" mcp", BuiltPrograms.Otask, gateway.Url, message);

        Assert.Equal((0, "", "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}\n"), (ended.ExitCode, ended.Errors, ended.Output));
        Assert.Equal(message, Assert.Single(gateway.Bodies));
    }
}
