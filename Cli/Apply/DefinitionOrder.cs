using System.Text.Json.Nodes;
using OrleansTasks.Cli.Output;

namespace OrleansTasks.Cli.Apply;

/// <summary>
/// Orders definitions so that each comes after those that it needs: those that nodes of its workflow name, and those that
/// print choices of its parameters.
/// </summary>
internal static class DefinitionOrder
{
    /// <summary>Returns the declarations; those of a cycle stay in their order, and the gateway refuses them.</summary>
    public static List<Declaration> Of(IReadOnlyList<Declaration> definitions)
    {
        // Two of one name are refused later.
        var byName = definitions.ToLookup(static one => one.Name, StringComparer.Ordinal);
        var ordered = new List<Declaration>(definitions.Count);
        var begun = new HashSet<Declaration>(ReferenceEqualityComparer.Instance);
        foreach (var definition in definitions)
            Add(definition);
        return ordered;

        void Add(Declaration definition)
        {
            if (!begun.Add(definition))
                return;
            var needed = UsesIn(definition.Settings["workflow"]).Select(static use => use.Field("name"))
                .Concat(SourcesIn(definition.Settings["parameters"]));
            foreach (var named in needed.SelectMany(name => byName[name]))
                Add(named);

            ordered.Add(definition);
        }
    }

    // The gateway says what is wrong with parameters that are no list of objects.
    private static IEnumerable<string> SourcesIn(JsonNode? parameters) =>
        parameters is JsonArray list ? list.OfType<JsonObject>().Select(static one => one.Field("choicesFrom")) : [];

    /// <summary>Returns the objects with which nodes of a workflow name definitions.</summary>
    public static IEnumerable<JsonObject> UsesIn(JsonNode? workflow) =>
        workflow is JsonObject flow && flow["nodes"] is JsonArray nodes
            ? nodes.OfType<JsonObject>().Select(static node => node["definition"]).OfType<JsonObject>()
            : [];
}
