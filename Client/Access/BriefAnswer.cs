using System.Text.Json;
using OrleansTasks.Access;
using OrleansTasks.Client.Http;

namespace OrleansTasks.Client.Access;

/// <summary>
/// The answer to a write whose caller may not read: which thing it is and how it stands, and nothing of what others wrote there,
/// such as a task's spec and output.
/// </summary>
internal static class BriefAnswer
{
    /// <summary>Whether the caller has the scope <see cref="Scopes.Read"/>, or needs no key.</summary>
    public static bool MayRead(this HttpContext context) =>
        context.Features.Get<ICallerFeature>() is not Caller caller || caller.Key.Scopes.HasFlag(Scopes.Read);

    /// <summary>Writes it.</summary>
    /// <param name="json">Where to.</param>
    /// <param name="id">Which one.</param>
    /// <param name="state">The name of its state; null for what has none.</param>
    /// <param name="version">Its version; null for what has none.</param>
    /// <param name="name">The name of the field with the id.</param>
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
