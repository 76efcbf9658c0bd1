using OrleansTasks.Nodes;
using OrleansTasks.Processing.Resources;
using OrleansTasks.Queues;
using OrleansTasks.Resources;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Nodes;

/// <summary>What waits for nodes of one shape, as metrics show it.</summary>
/// <param name="Requires">The labels that the tasks require, such as <c>arch=arm64,zone=a</c>; empty for none.</param>
/// <param name="Resources">What each task needs besides a slot, such as <c>cpu=4,memory=8GiB</c>; empty for nothing.</param>
/// <param name="Tasks">How many tasks wait, chunks of data jobs included.</param>
/// <param name="Nodes">How many nodes run all of them at once; null if no node of the fleet can run one.</param>
internal readonly record struct DemandFigure(string Requires, string Resources, long Tasks, long? Nodes)
{
    /// <summary>Both labels of the tasks whose shapes have none of their own.</summary>
    public const string Other = "other";

    /// <summary>
    /// Returns a figure for each of the first shapes, and one for all others together. The groups come in the order in
    /// which they have waited, the longest first.
    /// </summary>
    public static ImmutableArray<DemandFigure> Of(IEnumerable<QueueDemand> demands, IReadOnlyCollection<NodeView> nodes)
    {
        var shapes = new Dictionary<(string, string), (long Tasks, long? Nodes)>();
        var own = 0;
        foreach (var demand in demands)
        {
            var (requires, resources) = (TextOf(demand.Requires), TextOf(demand.Resources ?? ResourceVector.None));
            var isOwn = own < ServiceLimits.DemandShapes && requires.Length <= ServiceLimits.DemandLabel
                && resources.Length <= ServiceLimits.DemandLabel;
            own += isOwn ? 1 : 0;
            var key = isOwn ? (requires, resources) : (Other, Other);
            var needed = DemandAnswer.Of(demand, nodes).NodesNeeded;
            shapes[key] = shapes.TryGetValue(key, out var sum)
                ? (sum.Tasks + demand.Count, sum.Nodes is null && needed is null ? null : (sum.Nodes ?? 0) + (needed ?? 0))
                : (demand.Count, needed);
        }

        return
        [
            .. shapes.Select(static one =>
                new DemandFigure(one.Key.Item1, one.Key.Item2, one.Value.Tasks, one.Value.Nodes)),
        ];
    }

    private static string TextOf(ImmutableArray<Label> labels) =>
        string.Join(',', labels.Select(static label => $"{label.Key}={label.Value}"));

    private static string TextOf(ResourceVector shape) =>
        string.Join(
            ',', shape.Amounts.Select(static one => $"{one.Name}={ResourceForms.Format(one.Name, one.Amount)}"));
}
