using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace OrleansTasks.Fuzz.Tests.Http;

/// <summary>What can be said of a request's bytes without a server.</summary>
/// <param name="Method">The method of the first request; empty when the request line cannot be read.</param>
/// <param name="Path">Its path, still escaped, without the query; empty when the request line cannot be read.</param>
/// <param name="IsWhole">
/// Whether the first request is all there, so that a server has no reason to wait for more.
/// </param>
/// <param name="HasMore">Whether bytes follow the first request.</param>
/// <param name="HasLaterHead">Whether one of the later requests has the method HEAD.</param>
/// <param name="IsClean">
/// Whether nothing in the head is against HTTP, so that a close without an answer is none.
/// </param>
internal sealed partial record RequestShape(string Method, string Path, bool IsWhole, bool HasMore, bool HasLaterHead,
    bool IsClean)
{
    private const int LargestCleanHead = 8_000;
    private const int MostCleanHeaders = 50;

    /// <summary>Looks at a request.</summary>
    public static RequestShape Of(ReadOnlySpan<byte> request)
    {
        var end = request.IndexOf("\r\n\r\n"u8);
        var head = Encoding.Latin1.GetString(end < 0 ? request : request[..end]).Split("\r\n");
        if (end < 0 || RequestLine().Match(head[0]) is not { Success: true } line)
            return new RequestShape("", "", false, true, HasHead(request), false);
        var body = request[(end + 4)..];
        var fields = head.Skip(1).Select(static field => field.Split(':', 2)).ToArray();
        var lengths = Values(fields, "content-length");
        var codings = Values(fields, "transfer-encoding");
        var isClean = end < LargestCleanHead && fields.Length < MostCleanHeaders && head.Skip(1)
            .All(static field => Field().IsMatch(field))
            && lengths.Length + codings.Length <= 1 && Values(fields, "host").Length == 1 && Values(fields, "upgrade")
                .Length == 0;
        // A server may take a line feed alone for the end of a line, and so see another header.
        var used = head.Any(static field => field.Contains('\n', StringComparison.Ordinal)) ? -1
            : codings.Length == 0 && lengths.Length == 0 ? 0
            : codings.Length == 1 && lengths.Length == 0 && codings[0] == "chunked" ? ChunkedLength(body)
            : lengths.Length == 1 && codings.Length == 0
                && int.TryParse(lengths[0], NumberStyles.None, CultureInfo.InvariantCulture, out var length) ? length
            : -1;
        var isWhole = used >= 0 && used <= body.Length;
        return new RequestShape(line.Groups[1].Value, line.Groups[2].Value, isWhole, !isWhole || used < body.Length,
            HasHead(body), isClean && isWhole);
    }

    private static bool HasHead(ReadOnlySpan<byte> bytes) => bytes.IndexOf("HEAD "u8) >= 0;

    private static string[] Values(string[][] fields, string name) =>
        [.. fields.Where(field => field.Length == 2 && field[0].Trim()
            .Equals(name, StringComparison.OrdinalIgnoreCase)).Select(static field => field[1].Trim())];

    /// <summary>The length of a chunked body; -1 when it is not whole or not well-formed.</summary>
    private static int ChunkedLength(ReadOnlySpan<byte> body)
    {
        for (var at = 0; ;)
        {
            var line = body[at..].IndexOf("\r\n"u8);
            if (line is < 1 or > 7
                || !int.TryParse(Encoding.Latin1.GetString(body.Slice(at, line)), NumberStyles.AllowHexSpecifier,
                    CultureInfo.InvariantCulture, out var size))
                return -1;
            at += line + 2 + size;
            if (at + 2 > body.Length || !body.Slice(at, 2).SequenceEqual("\r\n"u8))
                return -1;
            at += 2;
            if (size == 0)
                return at;
        }
    }

    [GeneratedRegex(@"^([A-Z]{3,10}) (/[!-""$->@-~]*)(?:\?[!-~]*)? HTTP/1\.1$")]
    private static partial Regex RequestLine();

    [GeneratedRegex("^[A-Za-z0-9-]+:[ -~]*$")]
    private static partial Regex Field();
}
