namespace OrleansTasks.Tasks.Spec;

/// <summary>Finds the name that a caller probably meant.</summary>
public static class NearMatch
{
    private const int LongestName = 32;

    /// <summary>
    /// Returns the name in <paramref name="allowed"/> that is nearest to <paramref name="given"/> by optimal string
    /// alignment, ignoring case; otherwise one that shortens <paramref name="given"/> or that it shortens
    /// (<c>command</c>, <c>cmd</c>); null if none is near.
    /// </summary>
    public static string? Find(string given, ReadOnlySpan<string> allowed)
    {
        if (given.Length is 0 or > LongestName)
            return null;
        string? nearest = null;
        // At most two fifths of the letters, or one letter, may differ.
        var least = Math.Max(1, given.Length * 2 / 5) + 1;
        foreach (var name in allowed)
        {
            var distance = Distance(given, name);
            if (distance >= least)
                continue;
            least = distance;
            nearest = name;
        }

        if (nearest is not null)
            return nearest;
        foreach (var name in allowed)
        {
            if (Shortens(name, given) || Shortens(given, name))
                return name;
        }

        return null;
    }

    private static bool Shortens(string brief, string full)
    {
        if (brief.Length < 3 || char.ToLowerInvariant(brief[0]) != char.ToLowerInvariant(full[0]))
            return false;
        var at = 0;
        foreach (var letter in full)
        {
            if (at < brief.Length && char.ToLowerInvariant(letter) == char.ToLowerInvariant(brief[at]))
                at++;
        }

        return at == brief.Length;
    }

    // Computes the distance letter by letter. Only three rows are kept: row for the current letter, last for the one
    // before, and before for two letters back, which transpositions need.
    private static int Distance(string left, string right)
    {
        var width = right.Length + 1;
        Span<int> before = stackalloc int[width];
        Span<int> last = stackalloc int[width];
        Span<int> row = stackalloc int[width];
        for (var column = 0; column < width; column++)
            last[column] = column;
        for (var line = 1; line <= left.Length; line++)
        {
            row[0] = line;
            for (var column = 1; column < width; column++)
            {
                var same = Same(left[line - 1], right[column - 1]);
                var least = Math.Min(Math.Min(last[column], row[column - 1]) + 1, last[column - 1] + (same ? 0 : 1));
                if (line > 1 && column > 1 && Same(left[line - 1], right[column - 2])
                    && Same(left[line - 2], right[column - 1]))
                    least = Math.Min(least, before[column - 2] + 1);
                row[column] = least;
            }

            last.CopyTo(before);
            row.CopyTo(last);
        }

        return last[width - 1];
    }

    private static bool Same(char left, char right) => char.ToLowerInvariant(left) == char.ToLowerInvariant(right);
}
