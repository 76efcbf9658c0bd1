using System.Globalization;

namespace OrleansTasks.Tasks.Spec;

/// <summary>
/// Estimates how much work a regular expression may cause by nested counts, which multiply, as in
/// <c>((a|b){1,60}c?){1,60}</c>. A matcher without backtracking tracks that many states at once for each character.
/// </summary>
public static class PatternCost
{
    /// <summary>The maximum allowed cost. <c>(\w+\s?){1,40}</c> costs just as much.</summary>
    public const long Most = 200;

    // The count assumed for an open-ended repetition. It adds no states of its own, but keeps those within it alive.
    private const int Endless = 5;
    private const long Huge = 1_000_000;

    /// <summary>
    /// Returns the sum of the products of nested counts; 0 if no counts are nested. Throws
    /// <see cref="NotSupportedException"/> for syntax that makes it hard to tell what a count applies to: the option x,
    /// and classes within classes.
    /// </summary>
    /// <param name="pattern">A valid regular expression.</param>
    public static long Of(string pattern)
    {
        var outer = new Stack<Part>();
        Part sum = default, last = default;
        for (var i = 0; i < pattern.Length; i++)
        {
            switch (pattern[i])
            {
                // Skip a comment, since a count after it applies to the part before it.
                case '(' when pattern.AsSpan(i).StartsWith("(?#"):
                    i = IndexOf(pattern, ')', i);
                    break;
                case '(':
                    CheckOptions(pattern.AsSpan(i + 1));
                    outer.Push(sum + last);
                    (sum, last) = (default, default);
                    break;
                case ')':
                    last = sum + last;
                    sum = outer.Count > 0 ? outer.Pop() : default;
                    break;
                case '*' or '+':
                    last = last.Times(Endless);
                    break;
                case '?':
                    break;
                case '{' when TryCount(pattern, ref i, out var count):
                    last = last.Times(count);
                    break;
                default:
                    (sum, last) = (sum + last, default);
                    i = pattern[i] == '\\' ? EndOfEscape(pattern, i) : pattern[i] == '[' ? EndOfClass(pattern, i) : i;
                    break;
            }
        }

        return (sum + last).Nested;
    }

    private static void CheckOptions(ReadOnlySpan<char> group)
    {
        if (!group.StartsWith("?"))
            return;
        group = group[1..];
        var options = group[..Math.Max(0, group.IndexOfAnyExcept("imnsxIMNSX-+"))];
        if (options.ContainsAny('x', 'X'))
            throw new NotSupportedException("The option x is not supported.");
    }

    // Inside a class, [ may begin a subtracted class or be a literal. Refuse it rather than follow all the rules.
    private static int EndOfClass(string pattern, int at)
    {
        at += at + 1 < pattern.Length && pattern[at + 1] == '^' ? 2 : 1;
        for (var first = at; at < pattern.Length; at++)
        {
            if (pattern[at] == '\\')
                at = EndOfEscape(pattern, at);
            else if (pattern[at] == '[')
                throw new NotSupportedException("A class within a class is not supported.");
            else if (pattern[at] == ']' && at != first)
                return at;
        }

        return pattern.Length;
    }

    // \cX is a control character, so it has one more character than other escapes.
    private static int EndOfEscape(string pattern, int at) => at + 1 < pattern.Length && pattern[at + 1] == 'c' ? at + 2 : at + 1;

    // Parses {n}, {n,} or {n,m}. Other braces are literals.
    private static bool TryCount(string pattern, ref int at, out long count)
    {
        count = 0;
        var end = IndexOf(pattern, '}', at);
        if (end == pattern.Length)
            return false;
        var text = pattern.AsSpan((at + 1)..end);
        var comma = text.IndexOf(',');
        if (!TryNumber(comma < 0 ? text : text[..comma], out var least))
            return false;
        if (comma < 0)
            count = least;
        else if (comma == text.Length - 1)
            count = least + Endless;
        else if (!TryNumber(text[(comma + 1)..], out count))
            return false;
        at = end;
        return true;
    }

    private static bool TryNumber(ReadOnlySpan<char> text, out long number) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);

    private static int IndexOf(string pattern, char character, int from) =>
        pattern.IndexOf(character, from) is var at and >= 0 ? at : pattern.Length;

    /// <summary>A part of a pattern.</summary>
    /// <param name="Counts">The sum of its counts, with nested ones multiplied.</param>
    /// <param name="Nested">The same sum over counts that contain other counts only.</param>
    private readonly record struct Part(long Counts, long Nested)
    {
        public static Part operator +(Part one, Part other) => new(one.Counts + other.Counts, one.Nested + other.Nested);

        public Part Times(long count)
        {
            if (count <= 1)
                return this;
            var product = Math.Min(Math.Min(count, Huge) * Math.Max(1, Counts), Huge);
            return new Part(product, Counts > 0 ? product : 0);
        }
    }
}
