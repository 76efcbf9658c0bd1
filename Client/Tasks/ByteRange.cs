using Microsoft.Net.Http.Headers;

namespace OrleansTasks.Client.Tasks;

/// <summary>The range of bytes that a caller requests (RFC 9110, section 14).</summary>
/// <param name="From">The first byte; null to request the last <paramref name="To"/> bytes.</param>
/// <param name="To">The last byte, inclusive; null for the rest.</param>
internal readonly record struct ByteRange(long? From, long? To)
{
    /// <summary>
    /// Returns the range of a request; null if it requests everything: it has no <c>Range</c>, an invalid one, another
    /// unit, several ranges (which a server may ignore), or an <c>If-Range</c> that does not match
    /// <paramref name="tag"/>.
    /// </summary>
    public static ByteRange? Find(IHeaderDictionary headers, string? tag)
    {
        if (headers.Range.Count != 1
            || !RangeHeaderValue.TryParse(headers.Range[0], out var parsed)
            || !parsed.Unit.Equals("bytes", StringComparison.OrdinalIgnoreCase)
            || parsed.Ranges.Count != 1)
            return null;
        if (headers.IfRange.Count > 0 && (tag is null || headers.IfRange.ToString() != tag))
            return null;
        var range = parsed.Ranges.First();
        return new ByteRange(range.From, range.To);
    }

    /// <summary>
    /// Returns whether the range requests the tail of empty content. That request is valid, but no Content-Range can
    /// express it.
    /// </summary>
    public bool IsTailOfNothing(long length) => length == 0 && From is null && To > 0;

    /// <summary>
    /// Fits the range to <paramref name="length"/> bytes; <paramref name="end"/> is exclusive. Returns false if the
    /// range is entirely outside.
    /// </summary>
    public bool TryResolve(long length, out long start, out long end)
    {
        (start, end) = From is { } from
            ? (from, To is { } to ? Math.Min(to, length - 1) + 1 : length)
            : (Math.Max(length - (To ?? 0), 0), length);
        return start < end;
    }
}
