using System.Text;

namespace OrleansTasks.Processing.Paths;

/// <summary>
/// A pattern for the paths of files below a folder. <c>*</c> stands for any characters of a segment, <c>?</c> for one character,
/// <c>[a-z]</c> and <c>[!a-z]</c> for one of them or none, <c>{a,b}</c> for either text, <c>**</c> as a whole segment for any number of
/// folders, and <c>\</c> before a character for that character itself. Names that begin with a dot match like others. A pattern that
/// ends with <c>/</c> stands for everything below that folder.
/// </summary>
/// <remarks>
/// Expanding the braces gives lists of segments. Matching follows all segments of a list at once, as states of an automaton, so its
/// cost is at most the pattern's segments times the path's. Within a segment, <c>*</c> needs one position to return to.
/// </remarks>
public sealed class PathPattern
{
    /// <summary>The maximum length of a pattern, in characters.</summary>
    public const int MostLength = 1_024;

    /// <summary>The maximum number of texts that the braces of one pattern stand for.</summary>
    public const int MostChoices = 64;

    // The states of a choice are the bits of one number; the last one is the end.
    private const int MostSegments = 63;

    private readonly Segment[][] choices;

    private PathPattern(string text, Segment[][] choices) => (Text, this.choices) = (text, choices);

    /// <summary>The pattern as it was given.</summary>
    public string Text { get; }

    /// <summary>Whether the pattern can match one path alone.</summary>
    public bool IsLiteral => LiteralPath is not null;

    /// <summary>The only path that matches; null if others may.</summary>
    public string? LiteralPath => choices.Length == 1 && choices[0].All(static segment => segment.Literal is not null)
        ? string.Join('/', choices[0].Select(static segment => segment.Literal)) : null;

    /// <summary>Returns the pattern that matches one path alone.</summary>
    public static string Escape(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        var text = new StringBuilder(path.Length);
        foreach (var one in path)
            text.Append(@"*?[]{}\".Contains(one, StringComparison.Ordinal) ? $"\\{one}" : $"{one}");
        return text.ToString();
    }

    /// <summary>
    /// Reads a pattern. Returns null and, in <paramref name="fault"/>, what is wrong with the text, as the end of a sentence about it.
    /// </summary>
    public static PathPattern? Parse(string text, out string? fault)
    {
        ArgumentNullException.ThrowIfNull(text);
        fault = FindFault(text);
        if (fault is not null || Braces.Expand(text.EndsWith('/') ? text + "**" : text, MostChoices, out fault) is not { } texts)
            return null;
        var choices = new List<Segment[]>(texts.Count);
        foreach (var choice in texts)
        {
            if (ReadChoice(choice, out fault) is not { } segments)
                return null;
            choices.Add(segments);
        }

        return new PathPattern(text, [.. choices]);
    }

    /// <summary>Returns whether a path, which <see cref="FolderPath"/> accepts, matches.</summary>
    public bool Matches(ReadOnlySpan<char> path)
    {
        foreach (var choice in choices)
        {
            if ((Follow(choice, path) & EndOf(choice)) != 0)
                return true;
        }

        return false;
    }

    /// <summary>
    /// Returns whether any path below a folder can match, so that others need not be walked. The folder's path has no <c>/</c> at its
    /// end; the empty path is the folder that all paths begin at.
    /// </summary>
    public bool MayMatchBelow(ReadOnlySpan<char> folder)
    {
        foreach (var choice in choices)
        {
            if ((folder.IsEmpty || (Follow(choice, folder) & ~EndOf(choice)) != 0) && choice.Length > 0)
                return true;
        }

        return false;
    }

    private static ulong EndOf(Segment[] choice) => 1UL << choice.Length;

    // Returns the states after a path: bit i means that the first i segments of the pattern have been matched.
    private static ulong Follow(Segment[] choice, ReadOnlySpan<char> path)
    {
        var states = Skip(choice, 1UL);
        foreach (var range in path.Split('/'))
        {
            var name = path[range];
            var next = 0UL;
            for (var i = 0; i < choice.Length; i++)
            {
                if ((states & (1UL << i)) == 0)
                    continue;
                // At the end of a pattern, ** also takes the name of the file.
                if (choice[i].IsAnyFolders)
                    next |= i == choice.Length - 1 ? 3UL << i : 1UL << i;
                else if (choice[i].Matches(name))
                    next |= 1UL << (i + 1);
            }

            states = Skip(choice, next);
            if (states == 0)
                break;
        }

        return states;
    }

    // ** also stands for no folder, but not at the end of a pattern.
    private static ulong Skip(Segment[] choice, ulong states)
    {
        for (var i = 0; i < choice.Length - 1; i++)
        {
            if (choice[i].IsAnyFolders && (states & (1UL << i)) != 0)
                states |= 1UL << (i + 1);
        }

        return states;
    }

    private static string? FindFault(string text) =>
        text.Length == 0 ? "is empty"
        : text.Length > MostLength ? $"is longer than {MostLength} characters"
        : text[0] == '/' ? "is absolute; patterns begin at the working folder"
        : text.Contains('\0', StringComparison.Ordinal) ? "contains NUL"
        : !FolderPath.IsUnicode(text) ? "is not valid Unicode"
        : null;

    private static Segment[]? ReadChoice(string text, out string? fault)
    {
        var segments = new List<Segment>();
        foreach (var part in Segment.Split(text))
        {
            if (part.Length == 0)
                return Fail("has an empty segment", out fault);
            if (part is "." or "..")
                return Fail($"has a segment {part}", out fault);
            // Several in a row mean the same as one.
            if (part == "**" && segments is [.., { IsAnyFolders: true }])
                continue;
            if (segments.Count == MostSegments)
                return Fail($"has more than {MostSegments} segments", out fault);
            if (Segment.Read(part, out fault) is not { } segment)
                return null;
            segments.Add(segment);
        }

        fault = null;
        return [.. segments];
    }

    private static Segment[]? Fail(string message, out string fault)
    {
        fault = message;
        return null;
    }
}
