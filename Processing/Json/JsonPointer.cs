using System.Text;
using System.Text.Json;

namespace OrleansTasks.Processing.Json;

/// <summary>A JSON pointer (RFC 6901), which names one value within another.</summary>
public sealed class JsonPointer
{
    private readonly byte[][] names;

    private JsonPointer(string text, byte[][] names) => (Text, this.names) = (text, names);

    /// <summary>The pointer as it was given; empty for the whole value.</summary>
    public string Text { get; }

    /// <summary>The only name in the pointer; null if it has none or several.</summary>
    internal byte[]? OnlyName => names is [var name] ? name : null;

    /// <summary>Whether the pointer names the whole value.</summary>
    public bool IsWhole => names.Length == 0;

    /// <summary>Parses a pointer. Returns null if the string is not a JSON pointer.</summary>
    public static JsonPointer? TryParse(string text)
    {
        if (text.Length == 0)
            return new JsonPointer(text, []);
        if (text[0] != '/')
            return null;
        var parts = text[1..].Split('/');
        var names = new byte[parts.Length][];
        for (var i = 0; i < parts.Length; i++)
        {
            for (var at = parts[i].IndexOf('~'); at >= 0; at = parts[i].IndexOf('~', at + 1))
            {
                if (at + 1 == parts[i].Length || parts[i][at + 1] is not ('0' or '1'))
                    return null;
            }

            names[i] = Encoding.UTF8.GetBytes(
                parts[i].Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal));
        }

        return new JsonPointer(text, names);
    }

    /// <summary>Returns the value in a parsed document; null if there is none.</summary>
    public JsonElement? Find(JsonElement root)
    {
        var found = root;
        foreach (var name in names)
        {
            if (found.ValueKind == JsonValueKind.Object && TryGetField(found, name, out var field))
                found = field;
            else if (found.ValueKind == JsonValueKind.Array && IndexOf(name) is { } index && index < found.GetArrayLength())
                found = found[index];
            else
                return null;
        }

        return found;
    }

    /// <summary>Finds the value in a JSON text. Returns false if there is none.</summary>
    internal bool TryFind(ReadOnlyMemory<byte> json, out ReadOnlyMemory<byte> found)
    {
        var reader = new Utf8JsonReader(json.Span);
        reader.Read();
        foreach (var name in names)
        {
            var isInside = reader.TokenType switch
            {
                JsonTokenType.StartObject => EnterField(ref reader, name),
                JsonTokenType.StartArray => EnterElement(ref reader, name),
                _ => false,
            };
            if (!isInside)
            {
                found = default;
                return false;
            }
        }

        var start = (int)reader.TokenStartIndex;
        reader.Skip();
        found = json[start..(int)reader.BytesConsumed];
        return true;
    }

    private static bool EnterField(ref Utf8JsonReader reader, ReadOnlySpan<byte> name)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isIt = IsNamed(reader, name);
            reader.Read();
            if (isIt)
                return true;
            reader.Skip();
        }

        return false;
    }

    /// <summary>Whether the reader is at a field of this name.</summary>
    private static bool IsNamed(in Utf8JsonReader reader, ReadOnlySpan<byte> name)
    {
        try
        {
            return reader.ValueTextEquals(name);
        }
        catch (InvalidOperationException)
        {
            // The field's name has an unpaired surrogate, which no pointer can have.
            return false;
        }
    }

    private static bool TryGetField(JsonElement value, byte[] name, out JsonElement field)
    {
        try
        {
            return value.TryGetProperty(name, out field);
        }
        catch (InvalidOperationException)
        {
            // A name with an unpaired surrogate ends the search, even if another field matches. If several fields
            // match, the last one counts, as in TryGetProperty.
            field = default;
            var isFound = false;
            foreach (var one in value.EnumerateObject())
            {
                if (IsNamed(one, name))
                    (field, isFound) = (one.Value, true);
            }

            return isFound;
        }
    }

    private static bool IsNamed(JsonProperty field, byte[] name)
    {
        try
        {
            return field.NameEquals(name);
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    private static bool EnterElement(ref Utf8JsonReader reader, ReadOnlySpan<byte> name)
    {
        if (IndexOf(name) is not { } index)
            return false;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (index-- == 0)
                return true;
            reader.Skip();
        }

        return false;
    }

    /// <summary>Returns the place in an array that a name refers to; null if it refers to none.</summary>
    private static int? IndexOf(ReadOnlySpan<byte> name) =>
        // At most nine digits, which fit in an int.
        name.Length is > 0 and <= 9 && !name.ContainsAnyExceptInRange((byte)'0', (byte)'9') && (name.Length == 1 || name[0] != '0')
            ? int.Parse(name, System.Globalization.CultureInfo.InvariantCulture)
            : null;
}
