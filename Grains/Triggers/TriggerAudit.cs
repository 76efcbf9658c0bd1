using System.Text.Json;
using OrleansTasks.Audit;

namespace OrleansTasks.Triggers;

/// <summary>
/// Builds audit records of changes to triggers, without secrets and without constant values of parameters.
/// </summary>
internal static class TriggerAudit
{
    /// <inheritdoc cref="ChangeAudit.Of{T}"/>
    public static AuditRecord? Of(Origin? origin, long now, TriggerView? before, TriggerView? after) =>
        ChangeAudit.Of(origin, now, before, after, Write);

    private static void Write(Utf8JsonWriter json, TriggerView trigger)
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
    }
}
