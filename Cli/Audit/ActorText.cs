using System.Text.Json.Nodes;
using OrleansTasks.Cli.Output;

namespace OrleansTasks.Cli.Audit;

/// <summary>Says in a few words who asked for a change.</summary>
internal static class ActorText
{
    /// <summary>The name of the key, or its id, and who the caller says it is; empty when nothing is known.</summary>
    public static string Of(JsonNode? actor)
    {
        if (actor is null)
            return "";
        var name = actor.Field("name") is { Length: > 0 } named ? named : actor.Field("key");
        var says = actor.Field("says");
        return says.Length == 0 ? name : name.Length == 0 ? $"says {says}" : $"{name}, says {says}";
    }
}
