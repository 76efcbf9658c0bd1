namespace OrleansTasks.System.Tests.CommandLine;

/// <summary><c>otask audit</c>, and the reason that goes with every command.</summary>
public sealed class AuditCommandTests
{
    private const string Id = "019a2b3c-4d5e-7f00-8000-000000000001";
    private const string Records = """
        {"items":[
          {"id":"a1","at":"2026-01-02T03:04:05.000Z","actor":{"key":"k","name":"deploy","says":"olga"},"action":"queue.put","target":"mail",
           "count":1,"before":null,"after":{"paused":true},"reason":"down","address":"10.0.0.7","outcome":"done"},
          {"id":"a0","at":"2026-01-02T03:04:04.000Z","actor":{"key":null,"name":null,"says":null},"action":"task.cancel","target":"queue=mail",
           "count":12,"before":null,"after":null,"reason":null,"address":null,"outcome":"done"}],
         "nextCursor":null}
        """;

    [Fact]
    public async Task Audit_AsCsv_NamesKeyAndClaim()
    {
        await using var gateway = await StubGateway.Start(("/api/v1/audit", Records));

        Assert.Equal(
            "AT,ACTOR,ACTION,TARGET,COUNT,REASON\n"
            + "2026-01-02T03:04:05.000Z,\"deploy, says olga\",queue.put,mail,1,down\n"
            + "2026-01-02T03:04:04.000Z,,task.cancel,queue=mail,12,\n",
            (await gateway.Otask("audit", "-o", "csv")).Output);
        Assert.Equal(
            "a1\na0\n",
            (await gateway.Otask("audit", "--target", "mail", "--action", "queue.put", "-o", "name")).Output);
        Assert.Contains("action=queue.put&target=mail", gateway.Asked.Last(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Audit_InPages_ReadsOn_UntilThereAreEnough()
    {
        await using var gateway = await StubGateway.Start(
            ("/api/v1/audit",
                Records.Replace("\"nextCursor\":null", "\"nextCursor\":\"more\"", StringComparison.Ordinal)));

        Assert.Equal("a1\na0\na1\na0\n", (await gateway.Otask("audit", "--limit", "4", "-o", "name")).Output);
        Assert.Equal(
            ["/api/v1/audit?limit=4", "/api/v1/audit?cursor=more&limit=2"], gateway.Asked);
    }

    [Fact]
    public async Task Reason_IsSentInUtf8()
    {
        await using var gateway = await StubGateway.Start(("/api/v1/queues/q", """{"name":"q","paused":true}"""));

        Assert.Equal(0, (await gateway.Otask("queue", "pause", "q", "--reason", "Küche 🙂")).ExitCode);
        Assert.Equal(2, (await gateway.Otask("queue", "pause", "q", "--reason", "two\nlines")).ExitCode);

        Assert.Equal(["Küche 🙂"], gateway.Reasons);
    }

    [Fact]
    public async Task Retry_ReasonIsTheAuditsAlone_AndListsFilterByIt()
    {
        await using var gateway = await StubGateway.Start(
            ("/api/v1/tasks", """{"items":[],"nextCursor":null}"""), ("/api/v1/tasks/retry", """{"matched":1,"changed":1,"operation":null}"""),
            ($"/api/v1/tasks/{Id}/retry", $$"""{"id":"{{Id}}","state":"queued"}"""));

        Assert.Equal(0, (await gateway.Otask("retry", Id, "--reason", "typo fixed")).ExitCode);
        Assert.Equal(
            0, (await gateway.Otask("retry", "--end-reason", "timeout", "--reason", "disk grown", "--yes")).ExitCode);
        Assert.Equal(0, (await gateway.Otask("list", "--reason", "timeout", "-o", "json")).ExitCode);
        // It was a filter once, and must not be dropped in silence.
        var former = await gateway.Otask("retry", "--queue", "etl", "--reason", "timeout", "--yes");

        Assert.Equal(2, former.ExitCode);
        Assert.Contains("--end-reason timeout", former.Errors, StringComparison.Ordinal);
        Assert.Equal(["typo fixed", "disk grown"], gateway.Reasons);
        Assert.Equal(
            [$"/api/v1/tasks/{Id}/retry", "/api/v1/tasks/retry?reason=timeout", "/api/v1/tasks?reason=timeout&limit=20"], gateway.Asked);
    }

    [Theory]
    [InlineData("reason for the change", "retry")]
    [InlineData("reason for the change", "cancel")]
    [InlineData("ended for this reason", "list")]
    [InlineData("ended for this reason", "logs")]
    public async Task Reason_HasOneMeaningInTheHelpOfACommand(string meaning, string command)
    {
        var help = (await Running.Otask.Run(command, "--help")).Output.Split('\n');

        Assert.Contains(
            meaning, Assert.Single(help, static line => line.Contains("--reason", StringComparison.Ordinal)),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Queue_ThatIsPaused_SaysByWhom()
    {
        await using var gateway = await StubGateway.Start(("/api/v1/queues/q", """
            {"name":"q","paused":true,"pausedBy":{"key":null,"name":null,"says":"olga"},"pausedReason":"down"}
            """));

        Assert.Equal(
            "name              q\npaused            true\npausedBy          says olga\npausedReason      down\n",
            (await gateway.Otask("queue", "get", "q")).Output);
    }
}
