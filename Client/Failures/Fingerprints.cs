using System.Globalization;

namespace OrleansTasks.Client.Failures;

/// <summary>The text form of fingerprints: 16 hexadecimal digits.</summary>
internal static class Fingerprints
{
    /// <summary>The number of digits of a fingerprint.</summary>
    public const int Length = 16;

    /// <summary>Formats a fingerprint, in lower case.</summary>
    public static string Format(long fingerprint) => ((ulong)fingerprint).ToString("x16", CultureInfo.InvariantCulture);

    /// <summary>Parses 16 hexadecimal digits in either case; returns false for anything else.</summary>
    public static bool TryParse(string text, out long fingerprint)
    {
        fingerprint = 0;
        if (text.Length != Length
            || !ulong.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value))
            return false;
        fingerprint = (long)value;
        return true;
    }
}
