namespace OrleansTasks.Processing.Paths;

/// <summary>Writes a pattern with braces out as the patterns that it stands for.</summary>
internal static class Braces
{
    private const int MostDepth = 8;

    /// <summary>
    /// Returns the patterns in order, without braces. Returns null and what is wrong, as the end of a sentence about the pattern.
    /// </summary>
    public static List<string>? Expand(string text, int most, out string? fault)
    {
        var at = 0;
        var expanded = ExpandUntil(text, ref at, isInside: false, depth: 0, most, out fault);
        return fault is null ? expanded : null;
    }

    // Reads up to the end, or inside braces up to the comma or brace that ends a choice.
    private static List<string> ExpandUntil(string text, ref int at, bool isInside, int depth, int most, out string? fault)
    {
        fault = null;
        List<string> all = [""];
        while (at < text.Length)
        {
            var begin = at;
            if (text[at] == '{')
            {
                if (depth == MostDepth)
                {
                    fault = $"has braces more than {MostDepth} deep";
                    return [];
                }

                at++;
                var inner = ExpandChoices(text, ref at, depth + 1, most, out fault);
                if (fault is null && all.Count * inner.Count > most)
                    fault = $"stands for more than {most} patterns";
                if (fault is not null)
                    return [];
                all = [.. all.SelectMany(_ => inner, static (before, choice) => before + choice)];
                continue;
            }

            if (text[at] == '}' || (isInside && text[at] == ','))
            {
                if (isInside)
                    return all;
                fault = "has a } without its {";
                return [];
            }

            at = text[at] switch
            {
                '\\' => Math.Min(at + 2, text.Length),
                '[' => EndOfClass(text, at),
                _ => at + 1,
            };
            var piece = text[begin..at];
            for (var i = 0; i < all.Count; i++)
                all[i] += piece;
        }

        if (isInside)
            fault = "has a { without its }";
        return all;
    }

    private static List<string> ExpandChoices(string text, ref int at, int depth, int most, out string? fault)
    {
        var choices = new List<string>();
        while (true)
        {
            choices.AddRange(ExpandUntil(text, ref at, isInside: true, depth, most, out fault));
            if (fault is null && choices.Count > most)
                fault = $"stands for more than {most} patterns";
            if (fault is not null)
                return [];
            if (text[at++] == '}')
                return choices;
        }
    }

    // Braces inside brackets are ordinary characters. An unclosed bracket is skipped; Segment reports it.
    private static int EndOfClass(string text, int at)
    {
        var begin = at + 1 < text.Length && text[at + 1] is '!' or '^' ? at + 2 : at + 1;
        for (var i = begin; i < text.Length && text[i] != '/'; i++)
        {
            if (text[i] == '\\')
                i++;
            else if (text[i] == ']' && i > begin)
                return i + 1;
        }

        return at + 1;
    }
}
