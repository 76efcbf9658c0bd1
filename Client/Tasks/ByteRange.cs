using Microsoft.Net.Http.Headers;

namespace OrleansTasks.Client.Tasks;

/// <summary>One range of bytes that a caller asks for (RFC 9110, section 14).</summary>
/// <param name="From">The first byte; null for the last <paramref name="To"/> bytes.</param>
/// <param name="To">The last byte, inclusive; null for all the rest.</param>
internal readonly record struct ByteRange(long? From, long? To)
{
    /// <summary>
    /// The range of a request; null when it asks for everything: no <c>Range</c>, one that cannot be understood,
    /// another unit, several ranges (which may be ignored), or an <c>If-Range</c> that does not match
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

    /// <summary>Whether it asks for the end of what is empty: that is satisfied, but no range of bytes can say
    /// so.</summary>
    public bool IsTailOfNothing(long length) => length == 0 && From is null && To > 0;

    /// <summary>
    /// Fits the range to <paramref name="length"/> bytes; <paramref name="end"/> is the byte after the last. False when
    /// nothing of it exists.
    /// </summary>
    public bool TryResolve(long length, out long start, out long end)
    {
        (start, end) = From is { } from
            ? (from, To is { } to ? Math.Min(to, length - 1) + 1 : length)
            : (Math.Max(length - (To ?? 0), 0), length);
        return start < end;
    }
}
