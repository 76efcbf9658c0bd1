using System.Text.Json;
using OrleansTasks.Client.Events;
using OrleansTasks.Client.Tests.Contract;
using OrleansTasks.Events;
using OrleansTasks.Feed;
using OrleansTasks.Jobs;
using OrleansTasks.Nodes;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Tests.Events;

/// <summary>Events in a list are those of the stream, which has a writer of its own.</summary>
public sealed class EventAnswerTests
{
    private const long At = 1_793_871_000_000;
    private static readonly TaskId Id = new(0x019f5a2c7d107c3a, 0x8b000342ab12cd34);

    [Fact]
    public void Transitions_AreAsInTheStream()
    {
        FeedEntry[] entries =
        [
            new(Id, TaskState.Running, 2), new(Id, TaskState.Queued, 0), FeedEntry.OfJob(Id, JobState.Failed),
        ];
        Assert.All(entries, static entry => Assert.Equal(
            InTheStream(json => EventJson.Write(json, entry, At)), AnswerText.Of(EventAnswer.Of(entry, At))));
    }

    [Fact]
    public void ChangesOfNodes_AreAsInTheStream()
    {
        var change = new NodeEvent(7, At, "w\"1", NodeState.Lost);
        Assert.Equal(InTheStream(json => EventJson.Write(json, change)), AnswerText.Of(EventAnswer.Of(change)));
    }

    [Fact]
    public void ChangesOfResources_AreAsInTheStream()
    {
        var change = new ResourceEvent(7, At, ResourceKind.Schedule, "nightly", ResourceState.Missed);
        Assert.Equal(InTheStream(json => EventJson.Write(json, change)), AnswerText.Of(EventAnswer.Of(change)));
    }

    private static string InTheStream(Action<Utf8JsonWriter> write) => AnswerText.Of(write);
}
