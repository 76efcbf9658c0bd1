using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace OrleansTasks.Client.Http;

/// <summary>Compares entity tags (RFC 9110, section 8.8.3).</summary>
internal static class ETags
{
    /// <summary>Returns whether <c>If-None-Match</c> names a tag, weakly compared, or any.</summary>
    public static bool Match(StringValues header, string tag) =>
        EntityTagHeaderValue.TryParseList(header, out var tags)
        && tags.Any(known => known.Tag == "*" || known.Tag == tag);
}
