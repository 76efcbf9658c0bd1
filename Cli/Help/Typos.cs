namespace OrleansTasks.Cli.Help;

/// <summary>Suggests a word for a mistyped one.</summary>
internal static class Typos
{
    /// <summary>
    /// Returns the closest of the known words; null if none is close. Allows one change per three letters, but at least
    /// one and at most two.
    /// </summary>
    public static string? Closest(string typed, IEnumerable<string> known)
    {
        var bound = Math.Clamp(typed.Length / 3, 1, 2);
        return known.Select(word => (Word: word, Distance: Distance(typed, word))).Where(pair => pair.Distance <= bound)
            .OrderBy(static pair => pair.Distance).ThenBy(static pair => pair.Word, StringComparer.Ordinal)
            .Select(static pair => pair.Word).FirstOrDefault();
    }

    /// <summary>
    /// Returns the optimal string alignment distance: how many letters must be added, removed, replaced or swapped with
    /// the next one.
    /// </summary>
    private static int Distance(string a, string b)
    {
        var cost = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++)
            cost[i, 0] = i;
        for (var j = 0; j <= b.Length; j++)
            cost[0, j] = j;
        for (var i = 1; i <= a.Length; i++)
        {
            for (var j = 1; j <= b.Length; j++)
            {
                var replaced = cost[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                cost[i, j] = Math.Min(replaced, Math.Min(cost[i - 1, j], cost[i, j - 1]) + 1);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                    cost[i, j] = Math.Min(cost[i, j], cost[i - 2, j - 2] + 1);
            }
        }

        return cost[a.Length, b.Length];
    }
}
