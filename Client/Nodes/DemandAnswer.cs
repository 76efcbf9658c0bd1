using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using OrleansTasks.Client.Contract;
using OrleansTasks.Contract;
using OrleansTasks.Nodes;
using OrleansTasks.Queues;
using OrleansTasks.Resources;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Nodes;

/// <summary>Waiting tasks that ask the same of a node, as the HTTP contract shows them.</summary>
[Schema("Demand"), Description("Waiting tasks that ask the same of a node, in all queues together.")]
internal sealed record DemandAnswer
{
    [Description("The labels that they require.")]
    public required LabelMap Requires { get; init; }

    [Description("What each of them needs besides a slot, by name: cpu in cores, memory in bytes, others in units.")]
    public required SortedDictionary<string, double> Resources { get; init; }

    [Description("How many would start at once if there were nodes for them. Those that their queue holds back do not count. Chunks of data jobs do.")]
    [Range(1, double.PositiveInfinity)]
    public required long Count { get; init; }

    [Description("Since when the one that has waited longest has been ready.")]
    public required Timestamp Oldest { get; init; }

    [Description("How many nodes run all of them at once, if nothing else is on them: as many as of the largest node that can run one. "
        + "Null if no node in the fleet can.")]
    [Range(1, double.PositiveInfinity)]
    public required long? NodesNeeded { get; init; }

    /// <summary>The example of the contract.</summary>
    public static DemandAnswer Example => Of(
        new QueueDemand([new Label("zone", "a")], ResourceVector.Parse("cpu=4000 gpu=1"), 12, Examples.Time),
        [NodeAnswer.ExampleView with { Labels = [new Label("zone", "a")] }]);

    /// <summary>Returns the answer of a group of tasks.</summary>
    public static DemandAnswer Of(QueueDemand demand, IReadOnlyCollection<NodeView> nodes)
    {
        var shape = demand.Resources ?? ResourceVector.None;
        var most = nodes.Select(node => MostOn(node, demand.Requires, shape)).DefaultIfEmpty().Max();
        return new DemandAnswer
        {
            Requires = demand.Requires,
            Resources = new SortedDictionary<string, double>(
                shape.Amounts.ToDictionary(static one => one.Name, static one => NodeResourceAnswer.Shown(one.Name, one.Amount)), StringComparer.Ordinal),
            Count = demand.Count,
            Oldest = demand.Oldest,
            NodesNeeded = most == 0 ? null : (demand.Count + most - 1) / most,
        };
    }

    private static int MostOn(NodeView node, ImmutableArray<Label> requires, ResourceVector shape) =>
        node.State is NodeState.Lost or NodeState.Gone || requires.Any(label => !node.Labels.Contains(label))
            ? 0
            : Math.Min(node.Slots, shape.TimesIn(node.Offers()));
}
