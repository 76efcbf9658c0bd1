using System.Buffers;
using System.Text;
using System.Text.Json;

namespace OrleansTasks.Processing.Files;

/// <summary>
/// The column names of a CSV file (RFC 4180, with commas). A row is an object of its fields.
/// An unquoted field in the form of a JSON number is a number; any other field is a string. A field in quotes may have
/// line breaks.
/// </summary>
public sealed class CsvHeader
{
    /// <summary>The fault of a first row with a carriage return that is not part of its end.</summary>
    internal const string HasReturn = "The first row has a carriage return that is neither in quotes nor followed by a line feed. Rows must end "
        + "with a line feed, or with a carriage return and a line feed; convert the file, for example with 'tr \\r \\n'.";

    private const string QuotesDoNotMatch = "it has an unclosed quote, or text after a closing quote";
    private const int Unmatched = -1;
    private const int Return = -2;
    private readonly byte[][] names;
    private readonly List<(byte[] Name, int Column)> asked = [];
    private readonly (int Start, int Length)[] fields;
    private ReadOnlyMemory<byte> current;
    private int read;
    private int next;

    /// <summary>
    /// Reads the header from the first row, without its line ending. Throws <see cref="IOException"/> if the row is not
    /// CSV or names a column twice.
    /// </summary>
    public CsvHeader(ReadOnlySpan<byte> line)
    {
        var found = new List<byte[]>();
        var row = line.ToArray().AsMemory();
        if (CountFields(row) is var count and < 0)
            throw new IOException(count == Return ? HasReturn : $"The first row is not CSV: {QuotesDoNotMatch}.");
        for (var at = 0; at <= row.Length;)
            found.Add(Text(Next(row, ref at)).ToArray());
        names = [.. found];
        fields = new (int, int)[names.Length];
        if (names.Select(Encoding.UTF8.GetString).GroupBy(static name => name).FirstOrDefault(static name => name.Count() > 1) is { } twice)
            throw new IOException($"The first row names the column '{twice.Key}' {twice.Count()} times.");
    }

    /// <summary>
    /// Returns the field of a column; false if the file has no such column. The row must have as many fields as the
    /// header.
    /// </summary>
    internal bool TryField(ReadOnlyMemory<byte> row, byte[] name, out Value value)
    {
        var column = ColumnOf(name);
        value = column < 0 ? default : ValueOf(Field(row, column));
        return column >= 0;
    }

    /// <summary>The number of columns.</summary>
    internal int Columns => names.Length;

    /// <summary>Returns the column that a pointer names; null if it names none.</summary>
    internal int? ColumnOf(JsonPointer? pointer) =>
        pointer?.OnlyName is { } name && ColumnOf(name) is var column and >= 0 ? column : null;

    /// <summary>
    /// Returns the index of a column. Names come from a plan's few pointers, so the same array means the same column.
    /// </summary>
    private int ColumnOf(byte[] name)
    {
        foreach (var known in asked)
        {
            if (ReferenceEquals(known.Name, name))
                return known.Column;
        }

        var column = Array.FindIndex(names, other => other.AsSpan().SequenceEqual(name));
        asked.Add((name, column));
        return column;
    }

    /// <summary>Returns a field of a row. Fields found earlier in the same row are not searched for again.</summary>
    private ReadOnlyMemory<byte> Field(ReadOnlyMemory<byte> row, int column)
    {
        if (!row.Equals(current))
            (current, read, next) = (row, 0, 0);
        while (read <= column)
        {
            var start = next;
            fields[read++] = (Math.Min(start, row.Length), Next(row, ref next).Length);
        }

        return row.Slice(fields[column].Start, fields[column].Length);
    }

    /// <summary>
    /// Returns what is wrong with a row: it does not have one field for each column, its quotes do not match, or it has
    /// a carriage return outside quotes. Null if it is valid.
    /// </summary>
    public string? FaultOf(ReadOnlyMemory<byte> row)
    {
        var found = row.Span.ContainsAny((byte)'"', (byte)'\r') ? CountFields(row) : row.Span.Count((byte)',') + 1;
        return found == Unmatched ? $"the row is not CSV: {QuotesDoNotMatch}"
            : found == Return ? "the row has a carriage return that is neither in quotes nor part of its end"
            : found != names.Length ? $"the row has {found} fields, but the first row has {names.Length}"
            : null;
    }

    /// <summary>Returns the number of fields of a row, or <see cref="Unmatched"/> or <see cref="Return"/>.</summary>
    private static int CountFields(ReadOnlyMemory<byte> row)
    {
        var count = 0;
        var hasReturns = row.Span.Contains((byte)'\r');
        for (var at = 0; at <= row.Length; count++)
        {
            var field = Next(row, ref at).Span;
            if (field is not [(byte)'"', ..])
            {
                if (hasReturns && field.Contains((byte)'\r'))
                    return Return;
            }
            else if (field.Length < 2 || field[^1] != '"' || !Matches(field[1..^1]))
                return field.IndexOf("\"\r"u8) >= 0 ? Return : Unmatched;
        }

        return count;
    }

    /// <summary>Whether every quote within a field is escaped by another one.</summary>
    private static bool Matches(ReadOnlySpan<byte> inner)
    {
        for (var quote = inner.IndexOf((byte)'"'); quote >= 0; quote = inner.IndexOf((byte)'"'))
        {
            if (quote + 1 == inner.Length || inner[quote + 1] != '"')
                return false;
            inner = inner[(quote + 2)..];
        }

        return true;
    }

    /// <summary>Returns a row as a JSON object.</summary>
    public ReadOnlyMemory<byte> ToJson(ReadOnlyMemory<byte> row)
    {
        var buffer = new ArrayBufferWriter<byte>(row.Length * 2);
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { SkipValidation = true }))
        {
            json.WriteStartObject();
            var at = 0;
            foreach (var name in names)
            {
                json.WritePropertyName(name);
                ValueOf(Next(row, ref at)).Write(json);
            }

            json.WriteEndObject();
        }

        return buffer.WrittenMemory;
    }

    /// <summary>Returns the next field with its quotes, and moves <paramref name="at"/> past its comma.</summary>
    private static ReadOnlyMemory<byte> Next(ReadOnlyMemory<byte> row, ref int at)
    {
        if (at >= row.Length)
        {
            at = row.Length + 1;
            return default;
        }

        var rest = row.Span[at..];
        var end = 0;
        if (rest[0] == '"')
        {
            for (end = 1; end < rest.Length; end++)
            {
                if (rest[end] != '"')
                    continue;
                if (end + 1 == rest.Length || rest[end + 1] != '"')
                    break;
                end++;
            }

            end = Math.Min(end + 1, rest.Length);
        }

        var comma = rest[end..].IndexOf((byte)',');
        end = comma < 0 ? rest.Length : end + comma;
        var field = row.Slice(at, end);
        at += end + 1;
        return field;
    }

    private static Value ValueOf(ReadOnlyMemory<byte> field) =>
        Numbers.TryReadInteger(field.Span, out var integer) ? Value.Of(integer)
        : IsNumber(field.Span) ? Value.Read(field)
        : Value.OfText(Text(field));

    private static ReadOnlyMemory<byte> Text(ReadOnlyMemory<byte> field)
    {
        var text = field.Span;
        if (text.Length < 2 || text[0] != '"' || text[^1] != '"')
            return field;
        var inner = field[1..^1];
        return inner.Span.Contains((byte)'"')
            ? Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(inner.Span).Replace("\"\"", "\"", StringComparison.Ordinal))
            : inner;
    }

    private static bool IsNumber(ReadOnlySpan<byte> text)
    {
        // A number ends with a digit. A field with white space after the number is a string.
        if (text.IsEmpty || !(text[0] == '-' || char.IsAsciiDigit((char)text[0])) || !char.IsAsciiDigit((char)text[^1]))
            return false;
        var digits = text[0] == '-' ? text[1..] : text;
        var whole = digits.IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        if (whole < 0)
            return digits.Length > 0 && (digits.Length == 1 || digits[0] != '0');
        if (whole == 0 || (whole > 1 && digits[0] == '0'))
            return false;
        return RawJson.Check(text.ToArray()) is not null;
    }
}
