using System.Text.RegularExpressions;

namespace OrleansTasks.Cli.Api;

/// <summary>The beginning of an id that stands in a path in place of the whole id.</summary>
/// <param name="Before">The path before it.</param>
/// <param name="Type">What it names, as a search calls it: <c>task</c>, <c>job</c> or <c>workflow</c>.</param>
/// <param name="Text">The beginning: 4 to 35 characters of an id.</param>
/// <param name="After">The path after it.</param>
internal sealed partial record ShortId(string Before, string Type, string Text, string After)
{
    /// <summary>The beginning of an id in a path; null when the path names a whole id, or none.</summary>
    public static ShortId? In(string path)
    {
        var match = Pattern().Match(path);
        return match.Success
            ? new ShortId(
                match.Groups["before"].Value, match.Groups["type"].Value, match.Groups["id"].Value.ToLowerInvariant(), match.Groups["after"].Value)
            : null;
    }

    /// <summary>The path with the whole id. Throws <see cref="RefusedException"/> unless just one of those found begins so.</summary>
    public string Complete(IReadOnlyList<string> found)
    {
        var ids = found.Where(id => id.StartsWith(Text, StringComparison.Ordinal)).ToList();
        return ids switch
        {
            [var id] => Before + id + After,
            [] => throw new RefusedException($"There is no {Type} whose id begins with '{Text}'."),
            _ => throw new RefusedException(
                $"Several ids begin with '{Text}'; give more of the one you mean: {string.Join(", ", ids.Take(5))}{(ids.Count > 5 ? ", …" : "")}"),
        };
    }

    [GeneratedRegex(@"^(?<before>/api/v1/(?<type>task|job|workflow)s/)(?<id>(?=[0-9a-fA-F-]{4,35}([/?]|$))[0-9a-fA-F]{1,8}(-[0-9a-fA-F]{0,4}){0,3}(-[0-9a-fA-F]{0,12})?)(?<after>([/?].*)?)$")]
    private static partial Regex Pattern();
}
