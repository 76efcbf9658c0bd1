using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace OrleansTasks.Client.Http;

/// <summary>Decides whether a caller accepts what a resource produces.</summary>
public static class AcceptHeader
{
    /// <summary>
    /// Returns whether <paramref name="accept"/> allows <paramref name="type"/>. A missing or unreadable header allows
    /// everything. If several ranges match, the most specific one decides.
    /// </summary>
    public static bool Allows(StringValues accept, string type)
    {
        if (accept.Count == 0 || (accept.Count == 1 && (accept[0] is "*/*" or "" || accept[0] == type)))
            return true;
        if (!MediaTypeHeaderValue.TryParseList(accept, out var ranges) || ranges.Count == 0)
            return true;
        var wanted = new MediaTypeHeaderValue(type);
        var best = -1;
        var allowed = false;
        foreach (var range in ranges)
        {
            // 0 for */*, 1 for type/*, 2 for type/subtype.
            var precision = range.MatchesAllTypes ? 0 : range.MatchesAllSubTypes ? 1 : 2;
            if (precision < best || !Fits(range, wanted))
                continue;
            best = precision;
            allowed = range.Quality is not 0;
        }

        return allowed;
    }

    private static bool Fits(MediaTypeHeaderValue range, MediaTypeHeaderValue type) =>
        range.MatchesAllTypes
        || (range.Type.Equals(type.Type, StringComparison.OrdinalIgnoreCase)
            && (range.MatchesAllSubTypes || range.SubType.Equals(type.SubType, StringComparison.OrdinalIgnoreCase)));
}
