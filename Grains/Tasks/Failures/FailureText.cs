using System.Buffers;
using System.Text.RegularExpressions;
using OrleansTasks.Storage;

namespace OrleansTasks.Tasks.Failures;

/// <summary>
/// Reduces the end of a failed command's output to the text that equal failures share: the lines that say what went
/// wrong, without colours, numbers, ids, times, addresses and file names. Pure. Any change here must increase
/// <see cref="FailureFingerprint.Version"/>.
/// </summary>
/// <remarks>
/// Takes the first and the last line that contain a word such as "error", or the last two lines if none does. Stack
/// trace frames do not count. If a line ends with a colon, the next line is taken as well, because it has the message
/// (in Rust, for example).
/// </remarks>
public static partial class FailureText
{
    private const int LongestLine = 1_000;

    // Limit on the matched part of a line: the cost of matching may rise with the square of the length.
    private const int LongestNormalised = 400;

    private const int LongestText = 200;

    private static readonly SearchValues<string> Words = SearchValues.Create(
        [
            "error", "exception", "fatal", "panic", "failed", "failure", "denied", "not found", "cannot", "can't", "no such", "unable",
            "refused", "what():",
        ],
        StringComparison.OrdinalIgnoreCase);

    // A line with one of these starts is a stack frame; one of the heads below begins an indented block of frames.
    private static readonly string[] FrameStarts = ["at ", "from ", "[C]:", "File \"", "error, called at ", "... "];
    private static readonly string[] TraceHeads = ["stack traceback:", "CallStack (from HasCallStack):"];

    /// <summary>
    /// Returns at most two lines and those that follow their colons; empty for no output. <paramref name="tail"/> is
    /// UTF-8, standard output before standard error; <paramref name="sizes"/> is null if unknown.
    /// </summary>
    public static string Of(ReadOnlySpan<byte> tail, OutputSizes? sizes)
    {
        var lines = LinesOf(OutputEnd.TextOf(tail, sizes));
        var chosen = Choose(lines);
        return string.Join('\n', chosen.Select(at => Normalise(lines[at])));
    }

    /// <summary>
    /// Returns the last two lines of an output that are not empty, without colours and surrounding spaces; empty for no
    /// output. Takes what <see cref="Of"/> takes.
    /// </summary>
    public static string LastLines(ReadOnlySpan<byte> tail, OutputSizes? sizes)
    {
        var lines = OutputEnd.TextOf(tail, sizes).Split(['\n', '\r'])
            .Select(static line => Plain(line)).Where(static line => line.Length > 0);
        return string.Join(
            '\n', lines.TakeLast(2).Select(static line => line.Length <= LongestText ? line : line[..LongestText]));
    }

    private static List<string> LinesOf(string text)
    {
        var lines = new List<string>();
        var isTrace = false;
        foreach (var range in text.AsSpan().SplitAny('\n', '\r'))
        {
            var line = text.AsSpan(range);
            // A block of frames ends with the first line that is not indented.
            isTrace &= line is [' ' or '\t', ..];
            if (isTrace)
                continue;
            var plain = Plain(line);
            isTrace = Array.Exists(TraceHeads, head => plain.StartsWith(head, StringComparison.Ordinal));
            if (!isTrace && plain.Length > 0 && !Array.Exists(FrameStarts, start => plain.StartsWith(start, StringComparison.Ordinal)))
                lines.Add(plain);
        }

        return lines;
    }

    private static string Plain(ReadOnlySpan<char> line)
    {
        if (line.Length > LongestLine)
            line = line[..LongestLine];
        return line.Contains('\e') ? Escape().Replace(line.ToString(), "").Trim() : line.Trim().ToString();
    }

    // Returns the indexes of the lines to take, in ascending order.
    private static SortedSet<int> Choose(List<string> lines)
    {
        var first = lines.FindIndex(Says);
        SortedSet<int> chosen = first >= 0 ? [first, lines.FindLastIndex(Says)]
            : [.. Enumerable.Range(Math.Max(0, lines.Count - 2), Math.Min(2, lines.Count))];
        foreach (var at in chosen.ToArray())
        {
            if (lines[at].EndsWith(':') && at + 1 < lines.Count)
                chosen.Add(at + 1);
        }

        return chosen;

        static bool Says(string line) => line.AsSpan().ContainsAny(Words);
    }

    private static string Normalise(string line)
    {
        var text = Variable().Replace(line[..Math.Min(line.Length, LongestNormalised)], static match =>
            match.Groups["time"].Success ? "<time>"
            : match.Groups["id"].Success ? "<id>"
            : match.Groups["url"].Success ? "<url>"
            : match.Groups["address"].Success ? "<address>"
            : match.Groups["file"].Success ? "<file>"
            : match.Groups["space"].Success ? " "
            : "#");
        return text.Length <= LongestText ? text : text[..LongestText];
    }

    // Escape sequences of terminals: colours, cursor movements, titles and links.
    [GeneratedRegex(@"\e(?:\[[0-?]*[ -/]*[@-~]|\][^\a\e]*(?:\a|\e\\)?|[@-_])", RegexOptions.CultureInvariant)]
    private static partial Regex Escape();

    // The parts that differ between equal failures. The most specific alternative comes first, because later ones do
    // not see its match. Any other digits become one mark, so no number is left.
    [GeneratedRegex("""
        (?<time>(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),?\s+)?(?:\d{1,2}\s+)?(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\s+\d{1,4}(?:\s+\d\d:\d\d(?::\d\d)?(?:[.,]\d+)?)?
            |\d{4}[-/]\d\d[-/]\d\d(?:[T\ ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:\s?Z|\s?[+-]\d\d:?\d\d)?)?
            |\b\d{1,2}:\d\d:\d\d(?:[.,]\d+)?)
        |(?<id>\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b
            |\b0[xX][0-9a-fA-F]+\b
            |\b(?=[a-fA-F]*\d)[0-9a-fA-F]{8,}\b
            |\b(?=(?:[A-Za-z_]*\d){3})\w{16,}\b)
        |(?<url>\b[A-Za-z][A-Za-z0-9+.-]*://[^\s'"<>)\]]+)
        |(?<address>\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b
            |(?<![\w:])\[?[0-9a-fA-F]{0,4}(?::[0-9a-fA-F]{0,4}){2,7}(?![\w:])(?:\]:\d+)?)
        |(?<file>(?<!\w)(?:[A-Za-z]:\\[^\s'"<>:,;()]+
            |[~.]{0,2}/[^\s'"`<>:,;()\[\]]+
            |(?<![\w.@+-])(?>[\w.@+-]+)(?:/(?>[\w.@+-]+)){2,}/?
            |(?<![\w.@+-])(?>[\w.@+-]+)/[\w.@+-]*\.\w{1,5}(?!\w)
            |(?<![\w.@+-])[\w.@+-]+\.(?:py|js|mjs|cjs|jsx|tsx?|rb|go|rs|java|kt|scala|cs|fs|cc|cpp|cxx|hpp|[chmrR]|php|p[lm]|lua|sh|exs?|erl|hs|swift|jl|json|ya?ml|toml|xml|csv|tsv|txt|log|gz|zip|tar|tmp|out|db|sql|conf|cfg|ini|so|dll|exe|jar|class|html?|png|jpe?g|pdf|parquet|bin|dat|ps1|bat|lock|pid|sock)(?!\w|\.\w)))
        |(?<space>\s+)
        |(?<number>\d+(?:[.,]\d+)*)
        """, RegexOptions.IgnorePatternWhitespace | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Variable();
}
