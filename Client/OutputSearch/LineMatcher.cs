using System.Buffers;
using System.Text;
using System.Text.RegularExpressions;

namespace OrleansTasks.Client.OutputSearch;

/// <summary>Finds the first match in some lines of output. Thread-safe.</summary>
internal abstract class LineMatcher
{
    /// <summary>The longest time that a pattern may take for one line.</summary>
    private static readonly TimeSpan LongestMatch = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Returns where the first match begins, in bytes; -1 for none. No match reaches over the end of a line. Throws
    /// <see cref="RegexMatchTimeoutException"/> when a pattern takes too long.
    /// </summary>
    /// <param name="lines">
    /// UTF-8, with a newline after each line but possibly the last; other bytes are allowed.
    /// </param>
    public abstract int Find(ReadOnlySpan<byte> lines);

    /// <summary>Finds a text.</summary>
    /// <param name="text">The text, without a newline.</param>
    /// <param name="ignoreCase">Whether letters in another case are the same.</param>
    public static LineMatcher OfText(string text, bool ignoreCase) =>
        ignoreCase ? OfPattern(Regex.Escape(text), ignoreCase) : new BytesMatcher(Encoding.UTF8.GetBytes(text));

    /// <summary>
    /// Finds a regular expression, in time that is linear in the length of the output. Throws
    /// <see cref="ArgumentException"/> for one that is not valid, and <see cref="NotSupportedException"/> for one that
    /// takes backtracking, more memory than is allowed, or counts that multiply to more than <see cref="PatternCost.Most"/>.
    /// </summary>
    /// <param name="pattern">
    /// A regular expression of .NET without back-references, look-arounds and atomic groups.
    /// </param>
    /// <param name="ignoreCase">Whether letters in another case are the same.</param>
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
            : throw new NotSupportedException("The pattern's counts multiply to too much.");
    }

    private sealed class BytesMatcher(byte[] text) : LineMatcher
    {
        public override int Find(ReadOnlySpan<byte> lines) => lines.IndexOf(text);
    }

    private sealed class PatternMatcher(Regex pattern, long cost) : LineMatcher
    {
        /// <summary>
        /// How much work may go into the place of a match within its line: characters times the pattern's cost. That a line
        /// matches is found in one pass, with a look at the clock; its place takes passes without one.
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
            // An end of line as Windows writes it is no part of the line: $ stands before it.
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

        // The beginning of the line where finding the match in it may take too long.
        private int PlaceIn(ReadOnlySpan<byte> line, ReadOnlySpan<char> text)
        {
            if (text.Length * cost > MostForPlace)
                return 0;
            foreach (var match in pattern.EnumerateMatches(text))
                return ByteOf(line, match.Index);
            return 0;
        }

        /// <summary>
        /// The byte at which a char begins; bytes that are no UTF-8 are decoded to one char each, or a few.
        /// </summary>
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
