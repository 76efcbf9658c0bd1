using System.Text;

namespace OrleansTasks.Client.Tests.Gateway;

/// <summary>The spec of a job as callers read it.</summary>
public sealed class JobSpecTests
{
    [Theory]
    [InlineData("""{"name":"n","env":{"SCHEDULE_ID":"s"},"source":{"items":[]},"workflow":{"id":"w"}}""", """{"name":"n","source":{"items":[]}}""")]
    [InlineData("""{"name":"n",""", "{}")]
    [InlineData("[1]", "{}")]
    [InlineData("", "{}")]
    public async Task Spec_LacksWhatTheServiceAdded_AndIsEmptyIfUnreadable(string stored, string answered)
    {
        var grains = new ScriptedGrains();
        grains.Job.StoredSpec = Encoding.UTF8.GetBytes(stored);
        await using var gateway = await GatewayHost.Start(grains);
        var answer = await gateway.Get("/api/v1/jobs/01a2138a-d31c-70c2-b89b-53a58d9fc42e/spec");
        Assert.Equal((200, answered), (answer.Status, answer.Text));
    }
}
