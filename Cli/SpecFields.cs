using System.CommandLine;
using System.Text.Json.Nodes;

namespace OrleansTasks.Cli;

/// <summary>Creates options for fields of a spec, and sets these fields.</summary>
internal static class SpecFields
{
    /// <summary>Creates an option with one string.</summary>
    public static Option<string?> Text(string name, string value, string description) =>
        new(name) { HelpName = value, Description = description };

    /// <summary>Creates an option that may be repeated.</summary>
    public static Option<string[]> Many(string name, string value, string description) =>
        new(name) { HelpName = value, Description = description + "; repeatable", Arity = ArgumentArity.OneOrMore };

    /// <summary>Sets a field unless the value is null.</summary>
    public static void Set(JsonObject target, string field, JsonNode? value)
    {
        if (value is not null)
            target[field] = value;
    }
}
