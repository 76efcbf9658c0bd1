using System.Globalization;
using System.Text;
using System.Text.Json;

namespace OrleansTasks.Processing.Json;

/// <summary>Works on JSON as text, without parsing it into objects.</summary>
public static class RawJson
{
    /// <summary>The maximum number of levels of objects and arrays within each other.</summary>
    public const int MostLevels = 64;

    /// <summary>What is wrong with JSON that has more levels, as the end of a sentence.</summary>
    public static readonly string TooDeep = $"JSON of more than {MostLevels} levels of objects and arrays";

    /// <summary>
    /// Copies valid JSON without the white space between tokens. Returns the number of bytes written.
    /// </summary>
    public static int Minify(ReadOnlySpan<byte> json, Span<byte> destination)
    {
        var at = 0;
        for (var i = 0; i < json.Length; i++)
        {
            var next = json[i];
            if (next is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n')
                continue;
            destination[at++] = next;
            if (next != '"')
                continue;
            var start = i + 1;
            while (json[++i] != '"')
            {
                if (json[i] == '\\')
                    i++;
            }

            json[start..(i + 1)].CopyTo(destination[at..]);
            at += i + 1 - start;
        }

        return at;
    }

    /// <summary>
    /// Returns the JSON value of a line without white space between tokens; null if the line is not exactly one value.
    /// </summary>
    public static ReadOnlyMemory<byte>? Check(ReadOnlyMemory<byte> line)
    {
        try
        {
            var reader = new Utf8JsonReader(line.Span);
            reader.Read();
            reader.Skip();
            var isScalar = reader.TokenType is not (JsonTokenType.EndObject or JsonTokenType.EndArray);
            var (start, end) = ((int)reader.TokenStartIndex, (int)reader.BytesConsumed);
            if (reader.Read())
                return null;
            if (isScalar)
                return line[start..end];
        }
        catch (JsonException)
        {
            return null;
        }

        var room = new byte[line.Length];
        return room.AsMemory(0, Minify(line.Span, room));
    }

    /// <summary>
    /// Whether a text that could not be read as JSON is JSON of more than <see cref="MostLevels"/> levels.
    /// </summary>
    public static bool IsTooDeep(ReadOnlySpan<byte> text)
    {
        if (text.Count((byte)'{') + text.Count((byte)'[') <= MostLevels)
            return false;
        var deepest = 0;
        var reader = new Utf8JsonReader(text, new JsonReaderOptions { MaxDepth = text.Length });
        try
        {
            while (reader.Read())
                deepest = Math.Max(deepest, reader.CurrentDepth);
            return deepest >= MostLevels; // A token's depth does not count its own level.
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>Unescapes the content of a JSON string. An unpaired surrogate becomes U+FFFD.</summary>
    internal static string UnescapeLoosely(ReadOnlySpan<byte> inner)
    {
        var text = Encoding.UTF8.GetString(inner);
        var plain = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\')
            {
                plain.Append(text[i]);
                continue;
            }

            i++;
            if (text[i] == 'u')
            {
                plain.Append((char)int.Parse(text.AsSpan(i + 1, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
                i += 4;
            }
            else
                plain.Append(text[i] switch { 'b' => '\b', 'f' => '\f', 'n' => '\n', 'r' => '\r', 't' => '\t', var same => same });
        }

        return plain.ToString();
    }
}
