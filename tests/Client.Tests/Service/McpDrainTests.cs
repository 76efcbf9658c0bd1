using Microsoft.Extensions.DependencyInjection;
using ModelContextProtocol.Client;
using OrleansTasks.Lifetime;

namespace OrleansTasks.Client.Tests.Service;

/// <summary>MCP tools while the service ends.</summary>
public sealed class McpDrainTests(RunningService service) : IClassFixture<RunningService>
{
    [Fact]
    public async Task EndingService_AnswersQuestions_AndAcceptsNothing()
    {
        await using var agent = await McpClient.CreateAsync(
            new HttpClientTransport(new HttpClientTransportOptions { Endpoint = new Uri(service.Client.Http.BaseAddress!, "/mcp") }),
            cancellationToken: TestContext.Current.CancellationToken);

        service.Services.GetRequiredService<ServiceState>().Drain();

        var listed = await agent.CallToolAsync("list_tasks", cancellationToken: TestContext.Current.CancellationToken);
        Assert.False(listed.IsError is true, listed.StructuredContent?.GetRawText());
        var refused = await agent.CallToolAsync(
            "submit_task", new Dictionary<string, object?> { ["cmd"] = "true" }, cancellationToken: TestContext.Current.CancellationToken);
        Assert.True(refused.IsError);
        Assert.Equal("not-ready", refused.StructuredContent!.Value.GetProperty("code").GetString());
    }
}
