using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using OrleansTasks.Processing.Json;
using OrleansTasks.Processing.Lines;
using OrleansTasks.Processing.Paths;

namespace OrleansTasks.Workflows;

/// <summary>
/// The items of a node with <c>forEach</c> as strings: read from the output or result of another node, and stored as a
/// JSON array.
/// </summary>
internal static class ItemList
{
    /// <summary>Limit on the bytes of all items of a node: 16 MiB.</summary>
    public const int MostBytes = 16 << 20;

    private static readonly JsonWriterOptions Writing = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Returns the elements of an array in a result: strings as they are, anything else as its JSON.</summary>
    /// <param name="result">JSON in UTF-8; empty if the other node left none.</param>
    /// <param name="select">JSON pointer to the array.</param>
    /// <param name="fault">Why there is no list, as the end of a human-readable sentence; null if the list is valid.</param>
    public static ImmutableArray<string> OfResult(ReadOnlyMemory<byte> result, string select, out string? fault)
    {
        if (result.IsEmpty)
            return None("wrote no result", out fault);
        try
        {
            // The aggregates of a job have some levels around a value.
            using var document = JsonDocument.Parse(result, new JsonDocumentOptions { MaxDepth = 2 * RawJson.MostLevels });
            var place = select.Length == 0 ? "" : $" at {select}";
            if (JsonPointer.TryParse(select)?.Find(document.RootElement) is not { } found)
                return None($"wrote a result with no value{place}", out fault);
            if (found.ValueKind != JsonValueKind.Array)
                return None($"wrote a result that is not an array{place}", out fault);
            return found.GetArrayLength() is var count and > ForEach.MostItems
                ? TooMany(count, out fault)
                : Checked([.. found.EnumerateArray().Select(TextOf)], out fault);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return None("wrote an unreadable result", out fault);
        }
    }

    /// <summary>Returns the lines of an output, as <see cref="TextLines"/> defines them.</summary>
    public static ImmutableArray<string> OfLines(ReadOnlyMemory<byte> output, out string? fault)
    {
        if (TextLines.FaultOf(output.Span) is { } notText)
            return None($"wrote output that {notText}", out fault);
        if (!Utf8.IsValid(output.Span))
            return None("wrote output that is not UTF-8", out fault);
        output = TextLines.WithoutReturns(output[TextLines.MarkLength(output.Span)..]);
        var count = output.Span.Count((byte)'\n') + (output.IsEmpty || output.Span[^1] == '\n' ? 0 : 1);
        if (count > ForEach.MostItems)
            return TooMany(count, out fault);
        return Checked([.. Encoding.UTF8.GetString(output.Span).Split('\n').Take(count)], out fault);
    }

    /// <summary>Returns the paths of artifacts that match a pattern, in the order given.</summary>
    /// <param name="paths">The paths of all artifacts.</param>
    /// <param name="select">The pattern; empty for all.</param>
    /// <param name="fault">See <see cref="OfResult"/>.</param>
    public static ImmutableArray<string> OfArtifacts(IReadOnlyList<string> paths, string select, out string? fault)
    {
        var pattern = PathPattern.Parse(select.Length == 0 ? "**" : select, out _);
        ImmutableArray<string> list = [.. paths.Where(path => pattern?.Matches(path) ?? false)];
        if (list.Length > ForEach.MostItems)
            return TooMany(list.Length, out fault);
        return list.FirstOrDefault(static path => PathPattern.Escape(path).Length > PathPattern.MostLength) is { } tooLong
            ? None($"left an artifact whose path has {tooLong.Length} characters, which is too long for an item", out fault)
            : Checked(list, out fault);
    }

    /// <summary>Returns no list, because the other node's task left no artifacts.</summary>
    public static ImmutableArray<string> WithoutArtifacts(out string? fault) =>
        None("left no artifacts, or they have expired", out fault);

    /// <summary>Returns no list, because the output cannot be read.</summary>
    public static ImmutableArray<string> Lost(out string? fault) =>
        None($"has output that was removed, or that exceeds {MostBytes} bytes", out fault);

    /// <summary>Writes the stored form.</summary>
    public static byte[] Write(ImmutableArray<string> list)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Writing))
        {
            json.WriteStartArray();
            foreach (var item in list)
                json.WriteStringValue(item);
            json.WriteEndArray();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Reads the stored form. Throws <see cref="FormatException"/> for anything else.</summary>
    public static ImmutableArray<string> Read(ReadOnlyMemory<byte> stored)
    {
        try
        {
            using var document = JsonDocument.Parse(stored);
            return [.. document.RootElement.EnumerateArray().Select(static item => item.GetString()!)];
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            throw new FormatException("The stored items of a workflow's node cannot be read.", fault);
        }
    }

    private static string TextOf(JsonElement item) =>
        item.ValueKind == JsonValueKind.String ? item.GetString()! : item.GetRawText();

    private static ImmutableArray<string> Checked(ImmutableArray<string> list, out string? fault)
    {
        var bytes = 0L;
        for (var i = 0; i < list.Length; i++)
        {
            var length = Encoding.UTF8.GetByteCount(list[i]);
            bytes += length;
            if (length > ForEach.MostItemBytes)
            {
                return None(
                    $"wrote an item [{i}] of {length} bytes; at most {ForEach.MostItemBytes} are allowed",
                    out fault);
            }

            if (list[i].Contains('\0', StringComparison.Ordinal))
                return None($"wrote an item [{i}] with a NUL character, which an environment variable cannot hold", out fault);
        }

        if (bytes > MostBytes)
            return None($"wrote items of {bytes} bytes in total; at most {MostBytes} are allowed", out fault);
        fault = null;
        return list;
    }

    private static ImmutableArray<string> TooMany(int count, out string? fault) =>
        None($"wrote {count} items; at most {ForEach.MostItems} are allowed", out fault);

    private static ImmutableArray<string> None(string what, out string? fault)
    {
        fault = what;
        return [];
    }
}
