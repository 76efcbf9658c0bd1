using System.ComponentModel;
using System.Text.Json.Serialization;
using OrleansTasks.Client.Contract;
using OrleansTasks.Contract;
using OrleansTasks.Rollouts;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Rollouts;

/// <summary>Groups of nodes whose commands ended alike, as the HTTP contract shows them.</summary>
[Schema("RolloutOutputList"), Description("Groups of nodes whose commands ended alike.")]
internal sealed record RolloutOutputAnswer(
    [property: Description("The groups; the largest first.")]
    IEnumerable<RolloutGroupAnswer> Items,
    [property: Description("False if there are more than 1,000 groups."), JsonPropertyOrder(1)]
    bool Complete) : IListAnswer
{
    [Description("Always null.")]
    public string? NextCursor => null;

    /// <summary>The example of the contract.</summary>
    public static RolloutOutputAnswer Example => new([new RolloutGroupAnswer(2, ["w1", "w2"], 0, null, "exit", "updated")], Complete: true);

    /// <summary>Returns the answer of groups.</summary>
    public static RolloutOutputAnswer Of(ImmutableArray<RolloutOutputGroup> groups) => new(
        groups.Take(ServiceLimits.RolloutGroups).Select(static group => new RolloutGroupAnswer(
            group.Nodes.Length, group.Nodes, group.ExitCode, group.Signal, group.Reason.Name(), group.Sample)),
        groups.Length <= ServiceLimits.RolloutGroups);
}

/// <summary>Nodes whose commands ended alike, as the HTTP contract shows them.</summary>
[Schema("RolloutGroup"), Description("Nodes whose commands ended alike.")]
internal sealed record RolloutGroupAnswer(
    [property: Description("The number of nodes.")]
    int Count,
    [property: Description("The ids of the nodes.")]
    ImmutableArray<string> Nodes,
    [property: Description("The exit code of their commands.")]
    int? ExitCode,
    [property: Description("The signal that ended their commands.")]
    string? Signal,
    [property: RefersTo("Reason")]
    string? Reason,
    [property: Description("The lines of the output's end that the nodes have in common, without numbers, ids and times.")]
    string Sample);
