using System.Text.Json;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Definitions;

/// <summary>
/// Reads fields of a parsed JSON object and collects their faults. A field that is null counts as omitted.
/// </summary>
public static class JsonFields
{
    /// <summary>Parses a document as strictly as specs are read. Returns null if it is not JSON.</summary>
    public static JsonDocument? Parse(ReadOnlyMemory<byte> utf8, SpecErrors errors)
    {
        try
        {
            var reader = new StrictReader(utf8.Span, errors);
            reader.Read();
            reader.Skip();
            reader.Finish();
            return JsonDocument.Parse(utf8);
        }
        catch (JsonException fault)
        {
            errors.Malformed = StrictReader.Describe(fault);
            return null;
        }
    }

    /// <summary>
    /// Returns whether a document may have a field of a name anywhere, by a search that is much cheaper than parsing.
    /// Names can be written with escapes, such as <c>"\u006fnly"</c>, so every document with one may have it.
    /// </summary>
    /// <param name="utf8">The document.</param>
    /// <param name="quoted">The name in quotes.</param>
    public static bool MayHave(ReadOnlySpan<byte> utf8, ReadOnlySpan<byte> quoted) =>
        utf8.IndexOf(quoted) >= 0 || utf8.IndexOf("\\u"u8) >= 0;

    /// <summary>Finds a field.</summary>
    public static bool TryGet(JsonElement item, string name, out JsonElement value) =>
        item.TryGetProperty(name, out value) && value.ValueKind != JsonValueKind.Null;

    /// <summary>Returns whether a value is of a kind; adds a fault if it is not.</summary>
    public static bool Is(JsonElement value, JsonValueKind kind, string path, SpecErrors errors)
    {
        if (value.ValueKind == kind)
            return true;
        errors.Add(path, kind == JsonValueKind.Array ? "must be an array" : "must be an object");
        return false;
    }

    /// <summary>Adds a fault for each field that an object should not have.</summary>
    public static void CheckNames(JsonElement item, string[] names, string path, SpecErrors errors)
    {
        foreach (var field in item.EnumerateObject())
        {
            if (Array.IndexOf(names, field.Name) >= 0)
                continue;
            errors.Add(StrictReader.Join(path, StrictReader.Quote(field.Name)), NearMatch.Find(field.Name, names) is { } near
                ? $"unknown field; did you mean '{near}'?"
                : $"unknown field; the fields are {string.Join(", ", names)}");
        }
    }

    /// <summary>Returns a text; null if it is omitted or not a text.</summary>
    public static string? Text(JsonElement item, string name, string path, SpecErrors errors)
    {
        if (!TryGet(item, name, out var value))
            return null;
        if (value.ValueKind == JsonValueKind.String)
            return value.GetString();
        errors.Add(StrictReader.Join(path, name), "must be a string");
        return null;
    }

    /// <summary>Returns a Boolean; false if it is omitted.</summary>
    public static bool Flag(JsonElement item, string name, string path, SpecErrors errors)
    {
        if (!TryGet(item, name, out var value))
            return false;
        if (value.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
            errors.Add(StrictReader.Join(path, name), "must be true or false");
        return value.ValueKind == JsonValueKind.True;
    }

    /// <summary>Returns a whole number from 1; null if it is omitted.</summary>
    public static long? Version(JsonElement item, string name, SpecErrors errors)
    {
        if (!TryGet(item, name, out var value))
            return null;
        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) && number > 0)
            return number;
        errors.Add(name, "must be a whole number from 1");
        return null;
    }
}
