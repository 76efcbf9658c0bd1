namespace OrleansTasks.System.Tests.CommandLine;

/// <summary>A truncated list says so, unless the user has given a limit.</summary>
public sealed class ListLimitTests
{
    private const string Id = "0199aa00-0000-7000-8000-000000000001";

    [Theory]
    [InlineData("list", "tasks", 20)]
    [InlineData("failures", "failures", 20)]
    [InlineData("job list", "jobs", 20)]
    [InlineData($"job chunks {Id}", $"jobs/{Id}/chunks", 20)]
    [InlineData("workflow list", "workflows", 100)]
    [InlineData($"workflow nodes {Id}", $"workflows/{Id}/nodes", 100)]
    [InlineData("rollout list", "rollouts", 100)]
    [InlineData($"rollout nodes {Id}", $"rollouts/{Id}/nodes", 100)]
    [InlineData("schedule list", "schedules", 100)]
    [InlineData("schedule occurrences s", "schedules/s/occurrences", 100)]
    [InlineData("definition list", "definitions", 100)]
    [InlineData("definition history d", "definitions/d/history", 100)]
    [InlineData("definition runs d", "definitions/d/runs", 100)]
    [InlineData($"webhook deliveries {Id}", $"webhooks/{Id}/deliveries", 100)]
    public async Task List_IsCut_SaysSo(string command, string path, int standard)
    {
        var page = string.Join(',', Enumerable.Repeat("""{"id":"x"}""", 10));
        await using var gateway = await StubGateway.Start(
            ($"/api/v1/{path}", $$"""{"items":[{{page}}],"nextCursor":"more"}"""));
        string[] words = [.. command.Split(' '), "-o", "name"];

        var ended = await gateway.Otask(words);
        var asked = await gateway.Otask([.. words, "--limit", "10"]);

        Assert.Equal(
            (0, $"otask: only the first {standard} are listed; --limit 0 lists all\n"), (ended.ExitCode, ended.Errors));
        Assert.Equal(standard, ended.Output.Count(static character => character == '\n'));
        Assert.Equal((0, ""), (asked.ExitCode, asked.Errors));
        Assert.Equal(10, asked.Output.Count(static character => character == '\n'));
    }

    [Fact]
    public async Task DefinitionRuns_All_AsksForPagesAsTheGatewayGivesThem()
    {
        await using var gateway = await StubGateway.Start(
            ("/api/v1/definitions/d/runs", """{"items":[],"nextCursor":null}"""));

        Assert.Equal(0, (await gateway.Otask("definition", "runs", "d", "--limit", "0")).ExitCode);

        Assert.Equal(["/api/v1/definitions/d/runs?limit=200"], gateway.Asked);
    }
}
