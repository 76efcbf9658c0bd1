using System.Text.Json;
using OrleansTasks.Audit;

namespace OrleansTasks.Triggers;

/// <summary>
/// Builds audit records of changes to triggers. They have no secrets, and no constant values of parameters.
/// </summary>
internal static class TriggerAudit
{
    /// <summary>Returns the record of one change; null without an origin.</summary>
    /// <param name="origin">Who made the change.</param>
    /// <param name="now">The time, in Unix milliseconds.</param>
    /// <param name="before">The trigger before the change; null if the change created it.</param>
    /// <param name="after">The trigger after the change; null if the change deleted it.</param>
    public static AuditRecord? Of(Origin? origin, long now, TriggerView? before, TriggerView? after) =>
        origin is null ? null : new AuditRecord(origin, now, 1) { Before = TextOf(before), After = TextOf(after) };

    private static string? TextOf(TriggerView? trigger) => trigger is null ? null : AuditText.Of(json =>
    {
        json.WriteString("definition"u8, trigger.Definition);
        json.WriteString("signature"u8, trigger.Kind.Name());
        using var body = JsonDocument.Parse(trigger.Body);
        foreach (var field in body.RootElement.EnumerateObject())
        {
            if (field.Value.ValueKind == JsonValueKind.Null)
                continue;
            if (field.NameEquals("rate"u8) || field.NameEquals("paused"u8))
                field.WriteTo(json);
            else if (field.NameEquals("filter"u8))
                json.WriteNumber("conditions"u8, field.Value.GetArrayLength());
        }
    });
}
