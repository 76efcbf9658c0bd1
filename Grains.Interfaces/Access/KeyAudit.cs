using OrleansTasks.Audit;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Access;

/// <summary>
/// Creates audit records for API keys, with the key's name, scopes and expiry. Times are in Unix milliseconds.
/// </summary>
public static class KeyAudit
{
    /// <summary>Returns the record of a new key; null without an origin.</summary>
    public static AuditRecord? OfCreation(Origin? origin, KeyRecord key, long now) =>
        Of(origin, key, now) is { } record ? record with { After = TextOf(key) } : null;

    /// <summary>Returns the record of a revocation; null without an origin.</summary>
    public static AuditRecord? OfRevocation(Origin? origin, KeyRecord key, long now) =>
        Of(origin, key, now) is { } record ? record with { Before = TextOf(key) } : null;

    private static AuditRecord? Of(Origin? origin, KeyRecord key, long now) =>
        origin is null ? null : new AuditRecord(origin with { Target = key.Id }, now, 1);

    private static string TextOf(KeyRecord key) => AuditText.Of(json =>
    {
        json.WriteString("name"u8, key.Name);
        json.WriteStartArray("scopes"u8);
        foreach (var scope in ScopeNames.Of(key.Scopes))
            json.WriteStringValue(scope);
        json.WriteEndArray();
        if (key.Scopes.HasFlag(Scopes.Run))
        {
            json.WriteStartArray("definitions"u8);
            foreach (var pattern in key.Definitions)
                json.WriteStringValue(pattern);
            json.WriteEndArray();
        }

        if (key.ExpiresAt is { } end)
            json.WriteString("expiresAt"u8, Timestamps.Format(end));
    });
}
