using OrleansTasks.Audit;

namespace OrleansTasks.Definitions;

/// <summary>Builds audit records of changes to definitions. Their history has the bodies.</summary>
internal static class DefinitionAudit
{
    /// <summary>Returns the record of one change; null without an origin.</summary>
    /// <param name="origin">Who made the change.</param>
    /// <param name="now">The time, in Unix milliseconds.</param>
    /// <param name="before">The latest version before the change; null if the change created the definition.</param>
    /// <param name="after">The latest version after the change; null if the change deleted the definition.</param>
    public static AuditRecord? Of(Origin? origin, long now, DefinitionView? before, DefinitionView? after) =>
        origin is null ? null : new AuditRecord(origin, now, 1) { Before = TextOf(before), After = TextOf(after) };

    private static string? TextOf(DefinitionView? definition) => definition is null ? null : AuditText.Of(json =>
    {
        json.WriteNumber("version"u8, definition.Version);
        json.WriteString("kind"u8, definition.Kind.Name());
    });
}
