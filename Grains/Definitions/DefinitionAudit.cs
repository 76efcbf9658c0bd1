using System.Text.Json;
using OrleansTasks.Audit;

namespace OrleansTasks.Definitions;

/// <summary>
/// Builds audit records of changes to definitions: the latest versions. The definition's history has the bodies.
/// </summary>
internal static class DefinitionAudit
{
    /// <inheritdoc cref="ChangeAudit.Of{T}"/>
    public static AuditRecord? Of(Origin? origin, long now, DefinitionView? before, DefinitionView? after) =>
        ChangeAudit.Of(origin, now, before, after, Write);

    private static void Write(Utf8JsonWriter json, DefinitionView definition)
    {
        json.WriteNumber("version"u8, definition.Version);
        json.WriteString("kind"u8, definition.Kind.Name());
    }
}
