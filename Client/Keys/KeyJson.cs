using System.Text.Json;
using OrleansTasks.Access;
using OrleansTasks.Client.Access;
using OrleansTasks.Client.Tasks;

namespace OrleansTasks.Client.Keys;

/// <summary>Writes keys and sessions as the HTTP contract shows them.</summary>
internal static class KeyJson
{
    private static readonly JsonEncodedText CreatedAt = JsonEncodedText.Encode("createdAt");
    private static readonly JsonEncodedText LastUsedAt = JsonEncodedText.Encode("lastUsedAt");
    private static readonly JsonEncodedText ExpiresAt = JsonEncodedText.Encode("expiresAt");

    /// <summary>Writes a key, with its text if one is given.</summary>
    public static void Write(Utf8JsonWriter json, KeyRecord key, string? text = null)
    {
        json.WriteStartObject();
        json.WriteString("id"u8, key.Id);
        WriteOwner(json, key);
        TaskJson.WriteTime(json, CreatedAt, key.CreatedAt);
        TaskJson.WriteTime(json, LastUsedAt, key.LastUsedAt);
        json.WriteString("lastAddress"u8, key.LastAddress);
        TaskJson.WriteTime(json, ExpiresAt, key.ExpiresAt);
        if (text is not null)
            json.WriteString("key"u8, text);
        json.WriteEndObject();
    }

    /// <summary>Writes a session and the key that began it.</summary>
    public static void Write(Utf8JsonWriter json, SessionView session, KeyRecord key)
    {
        json.WriteStartObject();
        json.WriteString("id"u8, session.Id);
        json.WriteString("keyId"u8, key.Id);
        WriteOwner(json, key);
        TaskJson.WriteTime(json, CreatedAt, session.CreatedAt.ToUnixTimeMilliseconds());
        TaskJson.WriteTime(json, LastUsedAt, session.LastUse?.At.ToUnixTimeMilliseconds());
        json.WriteString("lastAddress"u8, session.LastUse?.Address);
        TaskJson.WriteTime(json, ExpiresAt, session.ExpiresAt.ToUnixTimeMilliseconds());
        json.WriteEndObject();
    }

    private static void WriteOwner(Utf8JsonWriter json, KeyRecord key)
    {
        json.WriteString("name"u8, key.Name);
        json.WriteStartArray("scopes"u8);
        foreach (var scope in ScopeNames.Of(key.Scopes))
            json.WriteStringValue(scope);
        json.WriteEndArray();
    }
}
