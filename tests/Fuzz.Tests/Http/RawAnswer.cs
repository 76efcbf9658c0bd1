using System.Globalization;
using System.Text;

namespace OrleansTasks.Fuzz.Tests.Http;

/// <summary>An HTTP/1.1 response, read from the bytes of a connection.</summary>
/// <param name="Status">Its status.</param>
/// <param name="Headers">Its headers by name, in lower case; of several of one name the last.</param>
/// <param name="Body">Its body as far as it has come.</param>
/// <param name="IsWhole">Whether all of the body has come.</param>
internal sealed record RawAnswer(int Status, IReadOnlyDictionary<string, string> Headers, byte[] Body, bool IsWhole)
{
    /// <summary>Its media type without parameters; empty when it has none.</summary>
    public string MediaType => Headers.GetValueOrDefault("content-type", "").Split(';')[0].Trim();

    /// <summary>
    /// Reads all answers in the bytes; the last one may be cut.
    /// </summary>
    /// <param name="bytes">What has come.</param>
    /// <param name="isHead">Whether the first answer is to HEAD and has no body.</param>
    /// <param name="mayBeHead">Whether a later one may be.</param>
    /// <exception cref="FormatException">The bytes are no HTTP responses.</exception>
    public static List<RawAnswer> ReadAll(ReadOnlySpan<byte> bytes, bool isHead, bool mayBeHead)
    {
        var answers = new List<RawAnswer>();
        while (!bytes.IsEmpty
            && ReadOne(ref bytes, isHead && answers.Count == 0, mayBeHead && answers.Count > 0) is { } answer)
        {
            // 1xx are followed by the answer itself.
            if (answer.Status >= 200)
                answers.Add(answer);
            if (!answer.IsWhole)
                break;
        }

        return answers;
    }

    private static RawAnswer? ReadOne(ref ReadOnlySpan<byte> bytes, bool isHead, bool mayBeHead)
    {
        var end = bytes.IndexOf("\r\n\r\n"u8);
        if (end < 0)
            return null;
        var lines = Encoding.Latin1.GetString(bytes[..end]).Split("\r\n");
        if (!lines[0].StartsWith("HTTP/1.", StringComparison.Ordinal) || lines[0].Length < 12
            || !int.TryParse(lines[0].AsSpan(9, 3), NumberStyles.None, CultureInfo.InvariantCulture, out var status))
            throw new FormatException($"A response begins with '{lines[0]}'.");
        var headers = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in lines.Skip(1))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon <= 0)
                throw new FormatException($"A response has the header line '{line}'.");
            headers[line[..colon].ToLowerInvariant()] = line[(colon + 1)..].Trim();
        }

        bytes = bytes[(end + 4)..];
        // Which of several requests an answer is to is not said; what follows at once is no body.
        isHead |= mayBeHead && (bytes.IsEmpty || bytes.StartsWith("HTTP/1."u8));
        if (isHead || status is < 200 or 204 or 304)
            return new RawAnswer(status, headers, [], true);
        var isWhole = true;
        var body = headers.GetValueOrDefault("transfer-encoding") == "chunked" ? Chunked(ref bytes, out isWhole)
            : headers.TryGetValue("content-length", out var length)
                ? Counted(ref bytes, int.Parse(length, CultureInfo.InvariantCulture), out isWhole)
            : ToEnd(ref bytes);
        return new RawAnswer(status, headers, body, isWhole);
    }

    private static byte[] Counted(ref ReadOnlySpan<byte> bytes, int length, out bool isWhole)
    {
        isWhole = bytes.Length >= length;
        var body = bytes[..Math.Min(length, bytes.Length)].ToArray();
        bytes = bytes[body.Length..];
        return body;
    }

    private static byte[] ToEnd(ref ReadOnlySpan<byte> bytes)
    {
        var body = bytes.ToArray();
        bytes = default;
        return body;
    }

    private static byte[] Chunked(ref ReadOnlySpan<byte> bytes, out bool isWhole)
    {
        var body = new List<byte>();
        isWhole = false;
        while (bytes.IndexOf("\r\n"u8) is var line and >= 0)
        {
            var size = int.Parse(Encoding.Latin1.GetString(bytes[..line]), NumberStyles.AllowHexSpecifier,
                CultureInfo.InvariantCulture);
            if (bytes.Length < line + 4 + size)
                break;
            body.AddRange(bytes.Slice(line + 2, size));
            bytes = bytes[(line + 4 + size)..];
            if (size > 0)
                continue;
            isWhole = true;
            break;
        }

        return [.. body];
    }
}
