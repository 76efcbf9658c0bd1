using System.Text.Json;
using OrleansTasks.Workflows;

namespace OrleansTasks.Definitions;

/// <summary>The definitions that nodes of a workflow name, those of nodes of their workflows included.</summary>
public sealed class DefinitionBook
{
    private readonly Dictionary<(string Name, long? Version), (DefinitionView View, DefinitionSpec Spec)> found = [];
    private readonly Dictionary<string, PrintedChoices> choices = new(StringComparer.Ordinal);

    /// <summary>Whether definitions are missing because all together would be too large.</summary>
    public bool IsCut { get; set; }

    /// <summary>
    /// Whether values are checked against printed choices; false while a definition is stored, which must not depend on
    /// what has run.
    /// </summary>
    public bool ChecksChoices { get; init; } = true;

    /// <summary>The number of definitions.</summary>
    public int Count => found.Count;

    /// <summary>The definitions from which the parameters of those in the book take choices.</summary>
    public IEnumerable<string> ChoiceSources => found.Values.SelectMany(static one => SourcesOf(one.Spec));

    /// <summary>Returns the definitions from which the parameters of a definition take choices.</summary>
    public static IEnumerable<string> SourcesOf(DefinitionSpec spec) =>
        spec.Parameters.Select(static one => one.ChoicesFrom).OfType<string>();

    /// <summary>Adds what a definition printed.</summary>
    public void Offer(PrintedChoices printed) => choices[printed.Definition] = printed;

    /// <summary>
    /// Returns what is wrong with a value of a parameter whose choices a definition prints; null if nothing is.
    /// </summary>
    internal string? FaultOfChoice(string source, string value) =>
        ChecksChoices ? choices.GetValueOrDefault(source, PrintedChoices.NotRead(source)).FaultOf(value) : null;

    /// <summary>Adds a definition under the name and version by which a node asks for it.</summary>
    public void Add((string Name, long? Version) asked, DefinitionView view) =>
        found[asked] = (view, DefinitionSpecReader.ReadStored(view.Body));

    /// <summary>Finds a definition; a version of null is the latest.</summary>
    public bool TryGet((string Name, long? Version) asked, out (DefinitionView View, DefinitionSpec Spec) definition) =>
        found.TryGetValue(asked, out definition);

    /// <summary>Returns the names and versions in a workflow's nodes that can be those of definitions, each once.</summary>
    public static HashSet<(string Name, long? Version)> NamedIn(JsonElement workflow)
    {
        var named = new HashSet<(string, long?)>();
        foreach (var node in NodesOf(workflow))
        {
            if (NamedBy(node) is { } one)
                named.Add(one);
        }

        return named;
    }

    /// <summary>Returns the name and version in a node if they can be those of a definition; otherwise null.</summary>
    internal static (string Name, long? Version)? NamedBy(JsonElement node) =>
        node.ValueKind == JsonValueKind.Object && JsonFields.TryGet(node, NodeExpansion.Field, out var use)
            && use.ValueKind == JsonValueKind.Object && JsonFields.TryGet(use, "name", out var name)
            && name.ValueKind == JsonValueKind.String && DefinitionName.FaultOf(name.GetString()!) is null
            ? (name.GetString()!, VersionOf(use)) : null;

    /// <summary>Returns the nodes of a workflow; empty if its field <c>nodes</c> is not an array.</summary>
    internal static IEnumerable<JsonElement> NodesOf(JsonElement workflow) =>
        workflow.ValueKind == JsonValueKind.Object && JsonFields.TryGet(workflow, "nodes", out var nodes)
            && nodes.ValueKind == JsonValueKind.Array && nodes.GetArrayLength() <= WorkflowSpec.MostNodes
            ? nodes.EnumerateArray() : [];

    private static long? VersionOf(JsonElement use) =>
        JsonFields.TryGet(use, "version", out var version) && version.ValueKind == JsonValueKind.Number
            && version.TryGetInt64(out var number) ? number : null;
}

/// <summary>Where a workflow's nodes are filled: with which definitions, and inside which.</summary>
/// <param name="Book">The definitions.</param>
/// <param name="Path">The names of the definitions whose workflows contain the nodes, outermost first.</param>
public sealed record NodeScope(DefinitionBook Book, ImmutableArray<string> Path)
{
    /// <summary>The counts of the whole workflow, which all its levels share.</summary>
    internal ExpansionCounts Counts { get; private init; } = new();

    /// <summary>Returns the scope of the nodes of a definition's workflow.</summary>
    internal NodeScope Within(string definition) => this with { Path = Path.Add(definition), Counts = Counts };
}

/// <summary>How many definitions, nodes, conditions and bytes a workflow's nodes have needed so far.</summary>
internal sealed class ExpansionCounts
{
    public int Uses { get; set; }

    public int Nodes { get; set; }

    public int Edges { get; set; }

    public long Bytes { get; set; }
}
