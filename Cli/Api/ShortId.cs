using System.Text.RegularExpressions;

namespace OrleansTasks.Cli.Api;

/// <summary>A path with a shortened id, that is, the beginning of an id.</summary>
/// <param name="Before">The path before the id.</param>
/// <param name="Type">
/// The type of the thing, as the search names it: <c>task</c>, <c>job</c>, <c>workflow</c> or <c>rollout</c>.
/// </param>
/// <param name="Text">The shortened id, of 4 to 35 characters.</param>
/// <param name="After">The path after the id.</param>
internal sealed partial record ShortId(string Before, string Type, string Text, string After)
{
    /// <summary>The types of things whose id a user may give in place of a task's.</summary>
    public static string[] OtherTypes { get; } = ["workflow", "job", "rollout"];

    /// <summary>Returns the whole id of a task in a path; null if there is none.</summary>
    public static string? TaskIn(string path) =>
        TaskPattern().Match(path) is { Success: true } match ? match.Groups["id"].Value : null;

    /// <summary>Says that an id is not a task's, and which commands take it.</summary>
    public static string Advice(string type, string id)
    {
        var use = type == "workflow"
            ? $"Its tasks: otask workflow nodes {id}; otask workflow get, cancel and retry take the id."
            : $"See: otask {type} get {id}";
        return $"This id is a {type}'s, not a task's. {use}";
    }

    /// <summary>Parses a path; returns null if it has a whole id or none.</summary>
    public static ShortId? In(string path)
    {
        var match = Pattern().Match(path);
        return match.Success
            ? new ShortId(
                match.Groups["before"].Value, match.Groups["type"].Value, match.Groups["id"].Value.ToLowerInvariant(), match.Groups["after"].Value)
            : null;
    }

    /// <summary>
    /// Returns the path with the whole id. Throws <see cref="RefusedException"/> unless exactly one id was found.
    /// </summary>
    public string Complete(IReadOnlyList<string> found) => found switch
    {
        [var id] => Before + id + After,
        [] => throw new RefusedException($"No {Type} has an id that begins with '{Text}'."),
        _ => throw new RefusedException($"Several ids begin with '{Text}'; give more characters: "
            + string.Join(", ", found.Take(5)) + (found.Count > 5 ? ", …" : "")),
    };

    [GeneratedRegex(@"^(?<before>/api/v1/(?<type>task|job|workflow|rollout)s/)(?<id>(?=[0-9a-fA-F-]{4,35}([/?]|$))[0-9a-fA-F]{1,8}(-[0-9a-fA-F]{0,4}){0,3}(-[0-9a-fA-F]{0,12})?)(?<after>([/?].*)?)$")]
    private static partial Regex Pattern();

    [GeneratedRegex("^/api/v1/tasks/(?<id>[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})([/?]|$)")]
    private static partial Regex TaskPattern();
}
