using System.Text;

namespace OrleansTasks.System.Tests.CommandLine;

/// <summary><c>otask event</c> against scripted gateways.</summary>
public sealed class EventCommandTests
{
    [Fact]
    public async Task Follow_StreamBreaksBeforeItsFirstEvent_GoesOnFromItsPosition()
    {
        // Data that is no JSON ends the command.
        var answers = new Queue<string>(["id: p0\n\nid: p1\n", "id: p1\ndata: no JSON\n\n"]);
        await using var gateway = await StubGateway.StartWithOne(() => Encoding.UTF8.GetBytes(answers.Dequeue()));

        var ended = await gateway.Otask("event", "follow");

        Assert.True(ended.ExitCode == 1, ended.ToString());
        Assert.Equal(["", "p0"], gateway.LastEvents);
    }
}
