using System.Globalization;
using System.Text.Json.Nodes;
using OrleansTasks.Cli.Output;

namespace OrleansTasks.Cli.Jobs;

/// <summary>How a job's items are spread over the nodes that took part in it.</summary>
/// <param name="Nodes">Each node with its items, the busiest first.</param>
internal sealed record JobSpread(IReadOnlyList<(string Node, long Items)> Nodes)
{
    private const int MostNamed = 8;

    /// <summary>The busiest node's items over the mean of all: 1 when they are even, the number of nodes when one did everything.</summary>
    public double Skew => Nodes.Sum(static node => node.Items) is var all and > 0 ? (double)Nodes[0].Items * Nodes.Count / all : 1;

    /// <summary>Reads the spread of a job as the gateway shows it.</summary>
    public static JobSpread Of(JsonNode job) => new(
    [
        .. (job["perNode"]?.AsArray() ?? []).OfType<JsonNode>()
            .Select(static node => (node.Field("node"), long.Parse(node.Field("items"), CultureInfo.InvariantCulture)))
            .OrderByDescending(static node => node.Item2),
    ]);

    /// <summary>For a line that changes all the time: how many nodes, and their skew. Nothing for a single node.</summary>
    public string Short => Nodes.Count < 2 ? "" : string.Create(CultureInfo.InvariantCulture, $", {Nodes.Count} nodes, skew {Skew:0.00}");

    /// <summary>For the end: who did how much.</summary>
    public override string ToString()
    {
        var named = string.Join(", ", Nodes.Take(MostNamed).Select(static node => string.Create(CultureInfo.InvariantCulture, $"{node.Node} {node.Items}")));
        var rest = Nodes.Count > MostNamed ? $" and {Nodes.Count - MostNamed} more nodes" : "";
        return Nodes.Count < 2 ? named : string.Create(CultureInfo.InvariantCulture, $"{named}{rest}; skew {Skew:0.00}");
    }
}
