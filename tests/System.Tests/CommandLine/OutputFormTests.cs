namespace OrleansTasks.System.Tests.CommandLine;

/// <summary>What <c>--output</c> makes of a list.</summary>
public sealed class OutputFormTests
{
    private const string Tasks = """
        {"items":[
          {"id":"a1","name":"=cmd|'/c calc'!A1","state":"failed","reason":"exit","exitCode":-3,"queue":"q","attempt":1,
           "node":"w,1","createdAt":"2026-01-02T03:04:05.000Z","output":{"stdoutBytes":7},"labels":{}},
          {"id":"b2","name":"say \"hi\"","state":"queued","reason":null,"queue":"q","attempt":0,"node":null,
           "createdAt":"2026-01-02T03:04:06.000Z","output":{"stdoutBytes":0},"labels":{}}],
         "nextCursor":null}
        """;

    [Theory]
    [InlineData("name", "a1\nb2\n")]
    [InlineData(
        "template={{id}}:{{output.stdoutBytes}}:{{nothing.here}}\\t{{node}}\\\\n", "a1:7:\tw,1\\n\nb2:0:\t\\n\n")]
    [InlineData("csv",
        "ID,STATE,REASON,QUEUE,ATTEMPT,NODE,CREATED,NAME\n"
        + "a1,failed,exit -3,q,1,\"w,1\",2026-01-02T03:04:05.000Z,'=cmd|'/c calc'!A1\n"
        + "b2,queued,,q,0,,2026-01-02T03:04:06.000Z,\"say \"\"hi\"\"\"\n")]
    public async Task List_EachForm_IsAsPromised(string form, string expected)
    {
        await using var gateway = await StubGateway.Start(("/api/v1/tasks", Tasks));

        Assert.Equal(new Running.Finished(0, expected, ""), await gateway.Otask("list", "-o", form));
    }

    [Fact]
    public async Task Csv_AnEmptyFirstCell_IsACell()
    {
        await using var gateway = await StubGateway.Start(("/api/v1/tasks", """{"items":[{"id":"","state":"failed"}],"nextCursor":null}"""));

        Assert.Contains("\n,failed,,", (await gateway.Otask("list", "-o", "csv")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Watch_AsCsv_HasTheHeadingsOnce()
    {
        await using var gateway = await StubGateway.Start(
            ("/api/v1/tasks/a1", """{"id":"a1","state":"failed","reason":"exit","exitCode":3,"batch":"b"}"""),
            ("/api/v1/tasks/b2", """{"id":"b2","state":"succeeded"}"""));

        var watched = await gateway.Otask("watch", "a1", "b2", "-o", "csv");

        Assert.Equal("ID,STATE,REASON,QUEUE,ATTEMPT,NODE,CREATED,NAME\nb2,succeeded,,,,,,\na1,failed,exit 3,,,,,\n",
            watched.Output);
    }

    [Fact]
    public async Task List_AsNdjson_HasATaskALine()
    {
        await using var gateway = await StubGateway.Start(("/api/v1/tasks", Tasks));

        var lines = (await gateway.Otask("list", "-o", "ndjson")).Output.TrimEnd('\n').Split('\n');

        Assert.Equal(["a1", "b2"],
            lines.Select(static line => (string)global::System.Text.Json.Nodes.JsonNode.Parse(line)!["id"]!));
    }

    [Theory]
    [InlineData("tasks", 20, "list")]
    [InlineData("audit", 100, "audit")]
    public async Task List_CutAtTheDefault_SaysThatThereAreMore(string path, int standard, string command)
    {
        var items = string.Join(',', Enumerable.Range(0, standard).Select(static id => $$"""{"id":"a{{id}}"}"""));
        await using var gateway = await StubGateway.Start(
            ($"/api/v1/{path}", $$"""{"items":[{{items}}],"nextCursor":"more"}"""));

        var cut = await gateway.Otask(command, "-o", "ndjson");
        var asked = await gateway.Otask(command, "-o", "ndjson", "--limit", $"{standard}");

        Assert.Equal((standard, $"otask: only the first {standard} are listed; --limit 0 lists all\n"),
            (cut.Output.Count(static c => c == '\n'), cut.Errors));
        Assert.Equal(new Running.Finished(0, cut.Output, ""), asked);
    }

    [Fact]
    public async Task List_Empty_IsAnEmptyArray_AndAHeadingForPeople()
    {
        await using var gateway = await StubGateway.Start(
            ("/api/v1/tasks", """{"items":[],"nextCursor":null}"""),
            ("/api/v1/queues", """{"items":[],"nextCursor":null}"""));

        Assert.Equal("[]\n", (await gateway.Otask("list", "-o", "json")).Output);
        Assert.Equal("[]\n", (await gateway.Otask("queues", "-o", "json")).Output);
        Assert.Equal("", (await gateway.Otask("queues", "-o", "name")).Output);
        Assert.StartsWith("ID ", (await gateway.Otask("list")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task List_Wide_TellsRunTimesAndCommands()
    {
        await using var gateway = await StubGateway.Start(("/api/v1/tasks", """
            {"items":[{"id":"a1","state":"succeeded","startedAt":"2026-01-02T03:04:05.000Z","endedAt":"2026-01-02T03:04:06.250Z",
             "command":"make all"}],"nextCursor":null}
            """));

        var rows = (await gateway.Otask("list", "-o", "wide")).Output.Split('\n');

        Assert.EndsWith("TOOK   ENDED                     PROGRESS  COMMAND", rows[0], StringComparison.Ordinal);
        Assert.EndsWith("1.25s  2026-01-02T03:04:06.250Z            make all", rows[1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("xml", "Invalid value 'xml' for --output: expected table, wide, json")]
    [InlineData("template={{id", "is not closed")]
    [InlineData("template={{ }}", "names no field")]
    public async Task Form_IsNone_IsAUsageError(string form, string said)
    {
        await using var gateway = await StubGateway.Start(("/api/v1/tasks", Tasks));

        var ended = await gateway.Otask("list", "-o", form);

        Assert.Equal((2, ""), (ended.ExitCode, ended.Output));
        Assert.Contains(said, ended.Errors, StringComparison.Ordinal);
        Assert.Equal(2, (await gateway.Otask("list", "--json", "-o", "name")).ExitCode);
    }
}
