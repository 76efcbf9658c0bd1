namespace OrleansTasks.System.Tests.CommandLine;

/// <summary><c>otask audit</c>, and the reason that goes with every command.</summary>
public sealed class AuditCommandTests
{
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
