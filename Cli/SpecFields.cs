using System.CommandLine;
using System.Text.Json.Nodes;

namespace OrleansTasks.Cli;

/// <summary>Options that describe a spec, and how they get into it.</summary>
internal static class SpecFields
{
    /// <summary>An option with one text.</summary>
    public static Option<string?> Text(string name, string value, string description) =>
        new(name) { HelpName = value, Description = description };

    /// <summary>An option that can be given again and again.</summary>
    public static Option<string[]> Many(string name, string value, string description) =>
        new(name) { HelpName = value, Description = description + "; repeatable", Arity = ArgumentArity.OneOrMore };

    /// <summary>Sets a field, unless there is nothing to set.</summary>
    public static void Set(JsonObject target, string field, JsonNode? value)
    {
        if (value is not null)
            target[field] = value;
    }
}
