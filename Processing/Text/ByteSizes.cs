using System.Globalization;

namespace OrleansTasks.Processing.Text;

/// <summary>Sizes in bytes as people write them: a whole number, with a unit or without.</summary>
public static class ByteSizes
{
    /// <summary>What is accepted, for a message.</summary>
    public const string Examples = "a number of bytes, or with a unit from KiB to TiB, such as 500MiB or 20GiB";

    private static readonly string[] Units = ["KiB", "MiB", "GiB", "TiB"];

    /// <summary>Parses a size. Accepts neither signs, nor fractions, nor spaces.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out long bytes)
    {
        bytes = 0;
        var shift = 0;
        for (var i = 0; i < Units.Length; i++)
        {
            if (!text.EndsWith(Units[i], StringComparison.Ordinal))
                continue;
            shift = 10 * (i + 1);
            text = text[..^Units[i].Length];
            break;
        }

        if (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number > long.MaxValue >> shift)
            return false;
        bytes = number << shift;
        return true;
    }
}
