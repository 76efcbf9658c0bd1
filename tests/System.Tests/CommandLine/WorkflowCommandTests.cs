namespace OrleansTasks.System.Tests.CommandLine;

/// <summary><c>otask workflow</c> against scripted gateways.</summary>
public sealed class WorkflowCommandTests
{
    private const string Id = "019a2b3c-4d5e-7f00-8000-000000000001";

    [Theory]
    [InlineData("""{"matched":2,"wouldChange":0,"byState":{"failed":2},"sample":[],"workflowNodes":2}""", "2 match, 0 would change\n", "--dry-run")]
    [InlineData("""{"matched":2,"changed":0,"operation":null,"workflowNodes":2}""", "2 matched, 0 changed\n", "--yes")]
    public async Task BulkRetry_OfNodes_NamesTheCommandThatRetriesThem(string answer, string output, string option)
    {
        await using var gateway = await StubGateway.Start(("/api/v1/tasks/retry", answer));

        var ended = await gateway.Otask("retry", "--state", "failed", option);

        Assert.Equal(
            new Running.Finished(0, output, "otask: 2 are nodes of workflows; retry with: otask workflow retry ID\n"), ended);
    }

    [Fact]
    public async Task List_TakesTheFilterOfAWorkflow()
    {
        await using var gateway = await StubGateway.Start(("/api/v1/tasks", """{"items":[],"nextCursor":null}"""));

        await gateway.Otask("list", "--workflow", Id, "-o", "json");

        Assert.Equal([$"/api/v1/tasks?workflow={Id}&limit=20"], gateway.Asked);
    }

    [Fact]
    public async Task Get_OfAFailedOne_SaysWhyAndWhatToDo()
    {
        await using var gateway = await StubGateway.Start(
            ($"/api/v1/workflows/{Id}", $$"""{"id":"{{Id}}","state":"failed","failedNodes":["load","sum"]}"""),
            ($"/api/v1/workflows/{Id}/nodes", """
                {"items":[{"name":"load","state":"failed","reason":"exit","exitCode":127,"task":"t1","elements":null},
                  {"name":"may","state":"failed","reason":"exit","exitCode":1,"task":"t2","elements":null},
                  {"name":"sum","state":"failed","reason":"job-failed","exitCode":null,"task":"t3","job":"j1","elements":null}]}
                """));

        var shown = (await gateway.Otask("workflow", "get", Id)).Output;

        Assert.EndsWith(
            $$"""
            failedNodes       load, sum
                              load: exit 127; otask logs t1
                              sum: job-failed; otask job get j1
                              run again what did not succeed: otask workflow retry {{Id}}

            """, shown, StringComparison.Ordinal);
        Assert.DoesNotContain(
            "otask", (await gateway.Otask("workflow", "get", Id, "--json")).Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("succeeded", 0)]
    [InlineData("failed", 4)]
    [InlineData("cancelled", 5)]
    public async Task Wait_EndsWithTheCodeOfTheState(string state, int code)
    {
        var answer = $$"""{"id":"{{Id}}","state":"{{state}}","failedNodes":[]}""";
        await using var gateway = await StubGateway.Start(
            ($"/api/v1/workflows/{Id}", answer), ("/api/v1/workflows", answer));
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, "{}", TestContext.Current.CancellationToken);

            Assert.Equal(code, (await gateway.Otask("workflow", "get", "--wait", Id)).ExitCode);
            Assert.Equal(code, (await gateway.Otask("workflow", "submit", "--wait", file)).ExitCode);
            var asked = gateway.Asked.Count;
            Assert.Equal(
                code, (await gateway.Otask("workflow", "submit", "--wait", file, "--key", "otk_reads")).ExitCode);
            Assert.Equal(
                ["/api/v1/session", "/api/v1/workflows", $"/api/v1/workflows/{Id}?wait=30s"],
                gateway.Asked.Skip(asked).Take(3));
        }
        finally
        {
            File.Delete(file);
        }
    }
}
