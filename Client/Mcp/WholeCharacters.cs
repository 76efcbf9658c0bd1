namespace OrleansTasks.Client.Mcp;

/// <summary>Finds the characters of UTF-8 that a piece of a longer text has whole.</summary>
internal static class WholeCharacters
{
    /// <summary>
    /// Returns where the first complete character begins and the last one ends. Invalid UTF-8 is left as it is.
    /// </summary>
    public static (int Start, int End) Of(ReadOnlySpan<byte> bytes, bool isFirst, bool isLast)
    {
        var (start, end) = (0, bytes.Length);
        // Skip the rest of a cut character: UTF-8 continuation bytes are 10xxxxxx.
        for (; !isFirst && start < Math.Min(3, bytes.Length) && (bytes[start] & 0xC0) == 0x80; start++)
        {
        }

        for (var back = 1; !isLast && back <= Math.Min(3, end - start - 1); back++)
        {
            var lead = bytes[^back];
            if ((lead & 0xC0) == 0x80)
                continue;
            var length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
            return (start, length > back ? end - back : end);
        }

        return (start, end);
    }
}
