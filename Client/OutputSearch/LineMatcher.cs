using System.Buffers;
using System.Text;
using System.Text.RegularExpressions;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Client.OutputSearch;

/// <summary>Finds the first match in lines of output. Thread-safe.</summary>
internal abstract class LineMatcher
{
    /// <summary>The maximum time that a pattern may take for one line.</summary>
    private static readonly TimeSpan LongestMatch = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Returns the byte offset at which the first match begins; -1 if there is none. A match never spans lines. Throws
    /// <see cref="RegexMatchTimeoutException"/> if the pattern takes too long.
    /// </summary>
    /// <param name="lines">
    /// UTF-8, with a newline after each line except possibly the last. Invalid UTF-8 is allowed.
    /// </param>
    public abstract int Find(ReadOnlySpan<byte> lines);

    /// <summary>Returns a matcher that finds a literal string.</summary>
    /// <param name="text">The string, without a newline.</param>
    /// <param name="ignoreCase">Whether to ignore case.</param>
    public static LineMatcher OfText(string text, bool ignoreCase) =>
        ignoreCase ? OfPattern(Regex.Escape(text), ignoreCase) : new BytesMatcher(Encoding.UTF8.GetBytes(text));

    /// <summary>
    /// Returns a matcher for a regular expression, which takes time linear in the length of the output. Throws
    /// <see cref="ArgumentException"/> for an invalid expression, and <see cref="NotSupportedException"/> for one that
    /// needs backtracking, too much memory, or counts that multiply to more than <see cref="PatternCost.Most"/>.
    /// </summary>
    /// <param name="pattern">A .NET regular expression without backreferences, lookarounds and atomic groups.</param>
    /// <param name="ignoreCase">Whether to ignore case.</param>
    public static LineMatcher OfPattern(string pattern, bool ignoreCase)
    {
        var regex = new Regex(
            pattern,
            RegexOptions.NonBacktracking | RegexOptions.CultureInvariant
                | (ignoreCase ? RegexOptions.IgnoreCase : RegexOptions.None),
            LongestMatch);
        var cost = PatternCost.Of(pattern);
        return cost <= PatternCost.Most
            ? new PatternMatcher(regex, cost)
            : throw new NotSupportedException("The product of the pattern's nested counts is too large.");
    }

    private sealed class BytesMatcher(byte[] text) : LineMatcher
    {
        public override int Find(ReadOnlySpan<byte> lines) => lines.IndexOf(text);
    }

    private sealed class PatternMatcher(Regex pattern, long cost) : LineMatcher
    {
        /// <summary>
        /// Maximum work to locate a match within its line: characters times the pattern's cost. Whether a line matches
        /// takes one pass, which can time out; locating the match takes further passes, which cannot.
        /// </summary>
        private const long MostForPlace = 200_000;

        public override int Find(ReadOnlySpan<byte> lines)
        {
            for (var from = 0; from < lines.Length;)
            {
                var length = lines[from..].IndexOf((byte)'\n');
                var end = length < 0 ? lines.Length : from + length;
                if (FindInLine(lines[from..end]) is var at and >= 0)
                    return from + at;
                from = end + 1;
            }

            return -1;
        }

        private int FindInLine(ReadOnlySpan<byte> line)
        {
            // Drop the \r of a Windows line ending, so that $ matches before it.
            if (line.EndsWith("\r"u8))
                line = line[..^1];
            var chars = ArrayPool<char>.Shared.Rent(line.Length);
            try
            {
                var count = Encoding.UTF8.GetChars(line, chars);
                var text = chars.AsSpan(0, count);
                return pattern.IsMatch(text) ? PlaceIn(line, text) : -1;
            }
            finally
            {
                ArrayPool<char>.Shared.Return(chars);
            }
        }

        // Returns 0, the beginning of the line, if locating the match may take too long.
        private int PlaceIn(ReadOnlySpan<byte> line, ReadOnlySpan<char> text)
        {
            if (text.Length * cost > MostForPlace)
                return 0;
            foreach (var match in pattern.EnumerateMatches(text))
                return ByteOf(line, match.Index);
            return 0;
        }

        /// <summary>Returns the byte offset of a char. Invalid UTF-8 decodes to one or a few chars.</summary>
        private static int ByteOf(ReadOnlySpan<byte> line, int index)
        {
            var at = 0;
            while (index > 0)
            {
                Rune.DecodeFromUtf8(line[at..], out var rune, out var length);
                at += length;
                index -= rune.Utf16SequenceLength;
            }

            return at;
        }
    }
}
