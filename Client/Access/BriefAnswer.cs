using System.Text.Json;
using OrleansTasks.Access;
using OrleansTasks.Client.Http;

namespace OrleansTasks.Client.Access;

/// <summary>
/// The answer to a write if the caller may not read: the thing's id, state and version, but nothing that others wrote,
/// such as a task's spec and output.
/// </summary>
internal static class BriefAnswer
{
    /// <summary>Returns whether the caller has the scope <see cref="Scopes.Read"/> or needs no key.</summary>
    public static bool MayRead(this HttpContext context) =>
        context.Features.Get<ICallerFeature>() is not Caller caller || caller.Key.Scopes.HasFlag(Scopes.Read);

    /// <summary>Writes the answer.</summary>
    /// <param name="json">The writer.</param>
    /// <param name="id">The thing's id.</param>
    /// <param name="state">The name of its state; null if it has none.</param>
    /// <param name="version">Its version; null if it has none.</param>
    /// <param name="name">The name of the field for the id.</param>
    public static void Write(Utf8JsonWriter json, string id, string? state, long? version = null, string name = "id")
    {
        json.WriteStartObject();
        json.WriteString(name, id);
        if (state is not null)
            json.WriteString("state"u8, state);
        if (version is { } known)
            json.WriteNumber("version"u8, known);
        json.WriteEndObject();
    }
}
