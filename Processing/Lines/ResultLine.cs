using System.Text.Json;
using System.Text.Unicode;

namespace OrleansTasks.Processing.Lines;

/// <summary>Reads a line that a program wrote: as JSON if it is JSON, otherwise as a string.</summary>
internal static class ResultLine
{
    /// <summary>
    /// Reads the value of a line, which may refer to the line's own bytes. Returns what is wrong with the line: JSON
    /// that is too deep is not a string. Null if nothing is.
    /// </summary>
    internal static string? FaultOf(ReadOnlyMemory<byte> line, out Value value)
    {
        value = Read(line);
        return value.Kind == ValueKind.Text && Trim(line).Span is [(byte)'{' or (byte)'[', ..] trimmed
            && RawJson.IsTooDeep(trimmed)
            ? $"the command wrote {RawJson.TooDeep}"
            : null;
    }

    /// <summary>Returns the value of a line. It may refer to the line's own bytes.</summary>
    internal static Value Read(ReadOnlyMemory<byte> line)
    {
        if (Numbers.TryReadInteger(line.Span, out var integer))
            return Value.Of(integer);
        var trimmed = Trim(line);
        if (!MayBeJson(trimmed.Span) || !IsJson(trimmed.Span))
            return Value.OfText(TextLines.Repaired(line));
        if (trimmed.Span[0] is not ((byte)'{' or (byte)'['))
            return Value.Read(trimmed);
        var room = new byte[trimmed.Length];
        return Value.Read(room.AsMemory(0, RawJson.Minify(trimmed.Span, room)));
    }

    private static ReadOnlyMemory<byte> Trim(ReadOnlyMemory<byte> line)
    {
        var text = line.Span;
        var (start, end) = (0, text.Length);
        while (start < end && IsSpace(text[start]))
            start++;
        while (end > start && IsSpace(text[end - 1]))
            end--;
        return line[start..end];
    }

    private static bool IsSpace(byte next) => next is (byte)' ' or (byte)'\t' or (byte)'\r';

    private static bool MayBeJson(ReadOnlySpan<byte> text) =>
        !text.IsEmpty && text[0] is (byte)'{' or (byte)'[' or (byte)'"' or (byte)'-' or (byte)'t' or (byte)'f' or (byte)'n'
            or (>= (byte)'0' and <= (byte)'9');

    private static bool IsJson(ReadOnlySpan<byte> text)
    {
        try
        {
            var reader = new Utf8JsonReader(text);
            while (reader.Read())
            {
                if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName && !Utf8.IsValid(reader.ValueSpan))
                    return false;
            }

            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
