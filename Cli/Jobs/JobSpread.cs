using System.Globalization;
using System.Text.Json.Nodes;
using OrleansTasks.Cli.Api;
using OrleansTasks.Cli.Output;

namespace OrleansTasks.Cli.Jobs;

/// <summary>How a job's items were distributed over the nodes.</summary>
/// <param name="Nodes">Each node with its number of items, busiest first.</param>
internal sealed record JobSpread(IReadOnlyList<(string Node, long Items)> Nodes)
{
    private const int MostNamed = 8;

    /// <summary>
    /// The busiest node's items divided by the mean of all nodes: 1 if they are even, the number of nodes if one did
    /// everything.
    /// </summary>
    public double Skew => Nodes.Sum(static node => node.Items) is var all and > 0 ? (double)Nodes[0].Items * Nodes.Count / all : 1;

    /// <summary>Reads the distribution from a job as the gateway shows it.</summary>
    public static JobSpread Of(JsonNode job) => new(
    [
        .. (job.Field("perNode").Length == 0 ? [] : job.Objects("perNode"))
            .Select(static node => (node.Field("node"), node.Whole("items")))
            .OrderByDescending(static node => node.Item2),
    ]);

    /// <summary>The number of nodes and their skew, for the progress line; empty for a single node.</summary>
    public string Short => Nodes.Count < 2 ? "" : string.Create(CultureInfo.InvariantCulture, $", {Nodes.Count} nodes, skew {Skew:0.00}");

    /// <summary>Returns each node's number of items, for the final line.</summary>
    public override string ToString()
    {
        var named = string.Join(", ", Nodes.Take(MostNamed).Select(static node => string.Create(CultureInfo.InvariantCulture, $"{node.Node} {node.Items}")));
        var rest = Nodes.Count > MostNamed ? $" and {Nodes.Count - MostNamed} more nodes" : "";
        return Nodes.Count < 2 ? named : string.Create(CultureInfo.InvariantCulture, $"{named}{rest}; skew {Skew:0.00}");
    }
}
