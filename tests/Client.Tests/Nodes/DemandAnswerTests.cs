using System.Collections.Immutable;
using OrleansTasks.Client.Nodes;
using OrleansTasks.Nodes;
using OrleansTasks.Queues;
using OrleansTasks.Resources;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Tests.Nodes;

/// <summary>How many nodes waiting tasks need.</summary>
public sealed class DemandAnswerTests
{
    [Theory]
    // As many as there are slots, or as the scarcest resource allows.
    [InlineData("", "", 9, 3)]
    [InlineData("", "cpu=1000", 9, 3)]
    [InlineData("", "gpu=1", 9, 5)]
    [InlineData("", "cpu=3000 gpu=1", 9, 9)]
    [InlineData("zone=a", "gpu=1", 2, 1)]
    // What no node can run needs no number.
    [InlineData("", "gpu=3", 1, null)]
    [InlineData("", "license=1", 1, null)]
    [InlineData("zone=b", "", 1, null)]
    public void NodesNeeded_IsByTheLargestNodeThatCanRunOne(string requires, string resources, int count, int? expected)
    {
        NodeView[] nodes =
        [
            Node("small", 2, "cpu=1000"), Node("large", 4, "cpu=4000 gpu=2", new Label("zone", "a")),
            Node("gone", 100, "license=1 gpu=50", new Label("zone", "b")) with { State = NodeState.Gone },
            Node("lost", 100, "license=1 gpu=50", new Label("zone", "b")) with { State = NodeState.Lost },
        ];
        ImmutableArray<Label> labels = requires.Length == 0 ? [] : [new Label(requires.Split('=')[0], requires.Split('=')[1])];

        var answer = DemandAnswer.Of(new QueueDemand(labels, ResourceVector.Parse(resources), count, 5), nodes);

        Assert.Equal(((long)count, (long?)expected), (answer.Count, answer.NodesNeeded));
    }

    private static NodeView Node(string id, int slots, string offers, params ImmutableArray<Label> labels) =>
        NodeAnswer.ExampleView with
        {
            Id = id,
            Slots = slots,
            Labels = labels,
            Resources = [.. ResourceVector.Parse(offers).Amounts.Select(static one => new ResourceUse(one.Name, one.Amount, one.Amount))],
        };
}
