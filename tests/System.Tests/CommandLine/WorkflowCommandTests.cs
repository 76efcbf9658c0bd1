namespace OrleansTasks.System.Tests.CommandLine;

/// <summary><c>otask workflow</c> against scripted gateways.</summary>
public sealed class WorkflowCommandTests
{
    private const string Id = "019a2b3c-4d5e-7f00-8000-000000000001";

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
        }
        finally
        {
            File.Delete(file);
        }
    }
}
