using System.Globalization;

namespace OrleansTasks.Client.Failures;

/// <summary>The text form of fingerprints: 16 hexadecimal digits.</summary>
internal static class Fingerprints
{
    /// <summary>How many digits a fingerprint has.</summary>
    public const int Length = 16;

    /// <summary>Writes a fingerprint, in small letters.</summary>
    public static string Format(long fingerprint) => ((ulong)fingerprint).ToString("x16", CultureInfo.InvariantCulture);

    /// <summary>Reads 16 hexadecimal digits, of either case; false for anything else.</summary>
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
