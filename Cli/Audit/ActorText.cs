using System.Text.Json.Nodes;
using OrleansTasks.Cli.Output;

namespace OrleansTasks.Cli.Audit;

/// <summary>Formats the actor of a change.</summary>
internal static class ActorText
{
    /// <summary>
    /// Returns the name or id of the key, and the actor that the caller claimed to be; empty if neither is known.
    /// </summary>
    public static string Of(JsonNode? actor)
    {
        if (actor is null)
            return "";
        var name = actor.Field("name") is { Length: > 0 } named ? named : actor.Field("key");
        var says = actor.Field("says");
        return says.Length == 0 ? name : name.Length == 0 ? $"says {says}" : $"{name}, says {says}";
    }
}
