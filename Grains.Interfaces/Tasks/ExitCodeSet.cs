using System.Globalization;

namespace OrleansTasks.Tasks;

/// <summary>
/// A set of exit codes from 0 to 255, stored as 256 bits. The text form lists codes and ranges, such as <c>3,64-78</c>.
/// The empty set is the empty string.
/// </summary>
/// <param name="Codes0">Codes 0 to 63, lowest bit first.</param>
/// <param name="Codes64">Codes 64 to 127.</param>
/// <param name="Codes128">Codes 128 to 191.</param>
/// <param name="Codes192">Codes 192 to 255.</param>
[GenerateSerializer, Immutable, Alias("ot.ExitCodeSet")]
public readonly record struct ExitCodeSet(
    [property: Id(0)] ulong Codes0,
    [property: Id(1)] ulong Codes64,
    [property: Id(2)] ulong Codes128,
    [property: Id(3)] ulong Codes192)
{
    /// <summary>The largest possible exit code.</summary>
    public const int Largest = 255;

    /// <summary>Whether the set is empty.</summary>
    public bool IsEmpty => this == default;

    /// <summary>
    /// Returns the set of the codes from <paramref name="first"/> to <paramref name="last"/>, both included.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The range is not within 0 to 255, or is empty.</exception>
    public static ExitCodeSet Range(int first, int last)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(last, Largest);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(first, last);
        return new ExitCodeSet(Bits(0), Bits(64), Bits(128), Bits(192));

        ulong Bits(int offset)
        {
            var (from, to) = (Math.Max(first - offset, 0), Math.Min(last - offset, 63));
            return from > to ? 0 : (ulong.MaxValue >> (63 - to)) & (ulong.MaxValue << from);
        }
    }

    /// <summary>Returns all codes that are in either set.</summary>
    public ExitCodeSet Union(ExitCodeSet other) =>
        new(Codes0 | other.Codes0, Codes64 | other.Codes64, Codes128 | other.Codes128, Codes192 | other.Codes192);

    /// <summary>Returns whether the sets have a code in common.</summary>
    public bool Overlaps(ExitCodeSet other) =>
        ((Codes0 & other.Codes0) | (Codes64 & other.Codes64) | (Codes128 & other.Codes128) | (Codes192 & other.Codes192)) != 0;

    /// <summary>Returns whether the code is in the set; false for a number outside 0 to 255.</summary>
    public bool Contains(int code) => (code >> 6) switch
    {
        0 => (Codes0 >> code & 1) != 0,
        1 => (Codes64 >> (code - 64) & 1) != 0,
        2 => (Codes128 >> (code - 128) & 1) != 0,
        3 => (Codes192 >> (code - 192) & 1) != 0,
        _ => false,
    };

    /// <summary>Parses the text form. Throws <see cref="FormatException"/> for any other string.</summary>
    public static ExitCodeSet Parse(string text)
    {
        var set = default(ExitCodeSet);
        if (text.Length == 0)
            return set;
        foreach (var part in text.Split(','))
            set = set.Union(TryParseRange(part, out var range) ? range : throw new FormatException($"'{part}' is not "
                + "a range of exit codes."));
        return set;
    }

    /// <summary>Parses a code (<c>3</c>) or a range (<c>64-78</c>).</summary>
    public static bool TryParseRange(string text, out ExitCodeSet range)
    {
        var dash = text.IndexOf('-', StringComparison.Ordinal);
        var isRange = TryParseCode(dash < 0 ? text : text[..dash], out var first);
        var last = first;
        isRange = isRange && (dash < 0 || TryParseCode(text[(dash + 1)..], out last)) && first <= last;
        range = isRange ? Range(first, last) : default;
        return isRange;
    }

    /// <summary>Returns the text form: codes and ranges in ascending order, separated by commas.</summary>
    public override string ToString()
    {
        var parts = new List<string>();
        for (var first = 0; first <= Largest; first++)
        {
            if (!Contains(first))
                continue;
            var last = first;
            while (last < Largest && Contains(last + 1))
                last++;
            parts.Add(first == last ? Number(first) : $"{Number(first)}-{Number(last)}");
            first = last;
        }

        return string.Join(',', parts);
    }

    private static string Number(int code) => code.ToString(CultureInfo.InvariantCulture);

    private static bool TryParseCode(string text, out int code) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out code) && code <= Largest && text.Length <= 3;
}
