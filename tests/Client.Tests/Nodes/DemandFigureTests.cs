using System.Collections.Immutable;
using OrleansTasks.Client.Nodes;
using OrleansTasks.Nodes;
using OrleansTasks.Queues;
using OrleansTasks.Resources;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Tests.Nodes;

/// <summary>What waits for nodes, as metrics show it.</summary>
public sealed class DemandFigureTests
{
    [Fact]
    public void Of_AFewShapes_HasLabelsThatPeopleRead()
    {
        var node = NodeAnswer.ExampleView with { Slots = 2, Labels = [new Label("arch", "arm64"), new Label("zone", "a")] };

        var figures = DemandFigure.Of(
            [
                Demand("memory=8589934592 cpu=2500 license=1", 7), Demand("", 3, new Label("arch", "arm64"), new Label("zone", "a")),
                Demand("", 1),
            ],
            [node]);

        Assert.Equal(
            [
                new DemandFigure("", "cpu=2.5,license=1,memory=8GiB", 7, null),
                new DemandFigure("arch=arm64,zone=a", "", 3, 2), new DemandFigure("", "", 1, 1),
            ],
            figures);
    }

    [Fact]
    public void Of_ManyShapesOrLongLabels_AddsTheRestUp()
    {
        var node = NodeAnswer.ExampleView with { Slots = 1, Resources = [new ResourceUse("cpu", 60, 0)] };
        var demands = Enumerable.Range(1, 70).Select(static cpu => Demand($"cpu={cpu}", 2))
            .Prepend(Demand("", 5, new Label("k", new string('v', ServiceLimits.DemandLabel))));

        var figures = DemandFigure.Of(demands, [node]);

        Assert.Equal(ServiceLimits.DemandShapes + 1, figures.Length);
        // Of the 20 others the first ten fit the node, one on each at a time; the long label fits none.
        Assert.Contains(new DemandFigure("other", "other", 45, 20), figures);
        Assert.Equal(145, figures.Sum(static figure => figure.Tasks));
        Assert.Equal(figures.Length, figures.DistinctBy(static figure => (figure.Requires, figure.Resources)).Count());
    }

    private static QueueDemand Demand(string resources, long count, params ImmutableArray<Label> requires) =>
        new(requires, ResourceVector.Parse(resources), count, 1);
}
