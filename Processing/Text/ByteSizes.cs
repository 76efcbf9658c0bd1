using System.Globalization;

namespace OrleansTasks.Processing.Text;

/// <summary>
/// Parses sizes as people write them: a number of bytes, or a number with one of the units <c>KiB MiB GiB TiB</c>.
/// </summary>
public static class ByteSizes
{
    /// <summary>A description of a size, for messages.</summary>
    public const string Examples = "a number of bytes, or a string with a unit such as \"512MiB\" or \"8GiB\"";

    private static readonly (string Suffix, int Shift)[] Units = [("KiB", 10), ("MiB", 20), ("GiB", 30), ("TiB", 40)];

    /// <summary>Parses a size. Rejects any other string, including one with a sign, a fraction or a space.</summary>
    public static bool TryParse(string text, out long bytes)
    {
        ArgumentNullException.ThrowIfNull(text);
        bytes = 0;
        var shift = 0;
        foreach (var unit in Units)
        {
            if (text.EndsWith(unit.Suffix, StringComparison.Ordinal))
                (text, shift) = (text[..^unit.Suffix.Length], unit.Shift);
        }

        if (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number > long.MaxValue >> shift)
            return false;
        bytes = number << shift;
        return true;
    }
}
