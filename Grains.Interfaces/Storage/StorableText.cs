namespace OrleansTasks.Storage;

/// <summary>
/// Makes text that others wrote storable: what a receiver, a command, a library or a caller says may have any
/// characters, and PostgreSQL refuses two kinds of them. NUL and surrogates without a partner become U+FFFD. Both stores
/// apply this to all text that they write or look for, so that no text can make them refuse a commit, and both return
/// the same. Code that takes text from outside also applies it and bounds the length, so that memory and store agree.
/// </summary>
public static class StorableText
{
    private const char Replacement = '\uFFFD';

    /// <summary>Returns the text itself if it is storable; otherwise one of the same length that is.</summary>
    public static string Of(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var first = FirstUnstorable(text);
        return first < 0 ? text : string.Create(text.Length, (text, first), static (kept, from) =>
        {
            from.text.CopyTo(kept);
            for (var i = from.first; i < kept.Length; i++)
            {
                if (i + 1 < kept.Length && char.IsSurrogatePair(kept[i], kept[i + 1]))
                    i++;
                else if (kept[i] == '\0' || char.IsSurrogate(kept[i]))
                    kept[i] = Replacement;
            }
        });
    }

    /// <summary>Returns the storable text, cut to at most <paramref name="most"/> UTF-16 units in whole characters.</summary>
    public static string Of(string text, int most)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length <= most)
            return Of(text);
        return Of(text[..(most > 0 && char.IsSurrogatePair(text[most - 1], text[most]) ? most - 1 : most)]);
    }

    // Two vectorized searches find that nearly all texts are storable. Only one with surrogates is read by characters.
    private static int FirstUnstorable(string text)
    {
        var nul = text.IndexOf('\0');
        var from = text.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF');
        if (from < 0)
            return nul;
        for (var i = from; i < text.Length && (nul < 0 || i < nul); i++)
        {
            if (i + 1 < text.Length && char.IsSurrogatePair(text[i], text[i + 1]))
                i++;
            else if (char.IsSurrogate(text[i]))
                return i;
        }

        return nul;
    }
}
