using System.Text;
using System.Text.Json.Nodes;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.CommandLine;

/// <summary>
/// An address may belong to another program. What it answers ends otask with one line, and never looks like success.
/// </summary>
public sealed class OddAnswerTests : DataFolders
{
    private const string Id = "0199aa00-0000-7000-8000-000000000001";

    // These call no gateway, ask for what an answer is (a browser, a key), pass answers on as they are, or wait.
    private static readonly string[] Apart =
    [
        "cluster certificate", "completion", "manual", "open", "mcp", "api", "result", "job results", "files show", "event follow", "demo",
        "config set", "config use", "config list", "config delete", "db init", "db status", "db backup", "db restore",
    ];

    // What a command needs besides the arguments that it requires.
    private static readonly Dictionary<string, string[]> More = new()
    {
        ["submit"] = ["true"], ["run"] = ["true"], ["map"] = ["echo", ":::", "a"], ["cancel"] = [Id], ["retry"] = [Id], ["logs"] = [Id, "--grep", "a"],
        ["queue set"] = ["--max-running", "3"], ["queue delete"] = ["--yes"], ["job run"] = ["--range", "0:9"],
        ["job feed"] = ["--from", "FILE"], ["schedule set"] = ["--cron", "0 2 * * *", "true"], ["schedule preview"] = [Id],
        ["schedule backfill"] = ["--from", "2030-01-01T00:00:00Z", "--to", "2030-01-02T00:00:00Z"], ["rollout start"] = ["true"],
        ["apply"] = ["--file", "FILE"], ["webhook create"] = ["--to", "http://x", "--types", "task"], ["webhook set"] = ["--to", "http://x"],
        ["key create"] = ["--scope", "read"], ["key revoke"] = ["--yes"],
    };

    private static readonly byte[][] NoObjects =
    [
        "[]"u8.ToArray(), "null"u8.ToArray(), "7"u8.ToArray(), "\"x\""u8.ToArray(), [], "<html>"u8.ToArray(), "{}{}"u8.ToArray(),
        "{\"id\":\"x\",\"id\":\"y\",\"state\":\"succeeded\"}"u8.ToArray(), "{\"id\":\"a\\ud800\",\"state\":\"succeeded\"}"u8.ToArray(),
        [.. "{\"state\":\"succeeded\",\"id\":\"caf"u8, 0xE9, .. "\"}"u8],
    ];

    private static readonly string[] Values = ["null", "7", "\"x\"", "true", "[]", "{}", "[null]", "[{}]", "1e400"];

    private static readonly string[] Calls =
        [.. OtaskTree.Commands().Select(static entry => string.Join(' ', entry.Words)).Except(Apart)];

    public static TheoryData<string> Commands => [.. Calls];

    // A command that follows the output of a task tries for twelve seconds to go on.
    public static TheoryData<string> ShortCommands => [.. Calls.Except(["run"])];

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task AnswerThatIsNoObject_EndsWithOneLine(string command)
    {
        byte[] answer = [];
        var line = LineOf(command);
        await using var gateway = await StubGateway.StartWithOne(() => answer);
        foreach (var odd in NoObjects)
        {
            answer = odd;
            gateway.Asked.Clear();
            var ended = await gateway.Otask(line);
            var said = $"{command}, {Encoding.Latin1.GetString(answer)}: {ended}";
            Assert.NotEmpty(gateway.Asked);
            Assert.True(ended.ExitCode == 1, said);
            Assert.True(ended.Errors.StartsWith("otask: ", StringComparison.Ordinal), said);
            // These print first how to go on.
            Assert.True(command is "job feed" or "map" || ended.Errors.Count(static c => c == '\n') == 1, said);
        }
    }

    [Theory]
    [MemberData(nameof(ShortCommands))]
    public async Task FieldsOfOtherKinds_AreNoDefectOfOtask(string command)
    {
        byte[] answer = [];
        var line = LineOf(command);
        await using var gateway = await StubGateway.StartWithOne(() => answer);
        foreach (var value in Values)
        {
            foreach (var isList in (bool[])[false, true])
            {
                var fields = AnswerOf(value);
                if (isList)
                    fields["items"] = new JsonArray(fields.DeepClone());
                answer = Encoding.UTF8.GetBytes(fields.ToJsonString());
                // An exception that otask did not expect would come out of here.
                var ended = await gateway.Otask(line);
                Assert.True(ended.ExitCode is 0 or 1 or >= 4 || command == "explain", $"{command}, {value}: {ended}");
            }
        }
    }

    [Theory]
    [InlineData("submit true")]
    [InlineData("run true")]
    [InlineData("job run --detach --range 0:9")]
    [InlineData("rollout start true")]
    [InlineData("list")]
    [InlineData("queue list")]
    [InlineData("wait 0199aa00-0000-7000-8000-000000000001")]
    public async Task ObjectWithoutFields_IsNoSuccess(string line)
    {
        await using var gateway = await StubGateway.StartWithOne("{}"u8.ToArray());

        var ended = await gateway.Otask(line.Split(' '));

        Assert.Equal((1, ""), (ended.ExitCode, ended.Output));
        Assert.Matches(
            "^otask: The answer has no field '(id|items|state)'. Is --url the address of an OrleansTasks gateway",
            ended.Errors);
    }

    // Has each field of the contract with one value, except those that decide whether otask asks again.
    private static JsonObject AnswerOf(string value)
    {
        var answer = new JsonObject();
        AddFields(
            JsonNode.Parse(File.ReadAllText(Path.Combine(BuiltPrograms.Repository, "docs/openapi.json"))));
        answer["state"] = "succeeded";
        answer["nextCursor"] = null;
        answer["next"] = null;
        return answer;

        void AddFields(JsonNode? schema)
        {
            if (schema is JsonArray list)
            {
                foreach (var item in list)
                    AddFields(item);
            }
            else if (schema is JsonObject fields)
            {
                foreach (var (name, field) in fields)
                {
                    if (name == "properties" && field is JsonObject properties)
                    {
                        foreach (var (property, _) in properties)
                            answer[property] = JsonNode.Parse(value);
                    }

                    AddFields(field);
                }
            }
        }
    }

    private string[] LineOf(string command)
    {
        Directory.CreateDirectory(Data);
        var file = Path.Combine(Data, "file.json");
        File.WriteAllText(
            file,
            command == "apply" ? """{"queues":[{"name":"q","paused":true}],"webhooks":[{"url":"http://x"}]}""" : "{}");
        var needed = OtaskTree.Of(command).Arguments.Where(static argument => argument.Arity.MinimumNumberOfValues > 0)
            .Select(argument => argument.Name switch { "file" => file, "path" => "task.retry", "n" => "1", _ => Id });
        return [.. command.Split(' '), .. needed, .. (More.GetValueOrDefault(command) ?? []).Select(word => word == "FILE" ? file : word)];
    }
}
