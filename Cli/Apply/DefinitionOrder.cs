using System.Text.Json.Nodes;
using OrleansTasks.Cli.Output;

namespace OrleansTasks.Cli.Apply;

/// <summary>Orders definitions so that each comes after those that nodes of its workflow name.</summary>
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
            foreach (var use in UsesIn(definition.Settings["workflow"]))
            {
                foreach (var named in byName[use.Field("name")])
                    Add(named);
            }

            ordered.Add(definition);
        }
    }

    /// <summary>Returns the objects with which nodes of a workflow name definitions.</summary>
    public static IEnumerable<JsonObject> UsesIn(JsonNode? workflow) =>
        workflow is JsonObject flow && flow["nodes"] is JsonArray nodes
            ? nodes.OfType<JsonObject>().Select(static node => node["definition"]).OfType<JsonObject>()
            : [];
}
