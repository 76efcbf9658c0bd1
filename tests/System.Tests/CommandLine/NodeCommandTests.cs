namespace OrleansTasks.System.Tests.CommandLine;

/// <summary><c>otask node</c> against scripted gateways.</summary>
public sealed class NodeCommandTests
{
    [Theory]
    [InlineData("draining", "0", 0)]
    [InlineData("lost", "2", 1)]
    public async Task DrainWait_EndsWhenTheWorkerRunsNothingOrIsLost(string state, string running, int code)
    {
        await using var gateway = await StubGateway.Start(
            ("/api/v1/nodes/w1/drain", """{"id":"w1","state":"draining","running":2}"""),
            ("/api/v1/nodes/w1", $$"""{"id":"w1","state":"{{state}}","running":{{running}}}"""));

        Assert.Equal(0, (await gateway.Otask("node", "drain", "w1")).ExitCode);
        var waited = await gateway.Otask("node", "drain", "--wait", "w1");

        Assert.Equal(code, waited.ExitCode);
        Assert.Equal(code == 0, waited.Output.Contains("drained\n", StringComparison.Ordinal));
        Assert.Equal(["/api/v1/nodes/w1/drain", "/api/v1/nodes/w1/drain", "/api/v1/nodes/w1"], gateway.Asked);
    }
}
