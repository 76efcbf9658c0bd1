namespace OrleansTasks.Storage;

/// <summary>How long expired tokens and certificates are kept, so that their holder can be told why they no longer work.</summary>
internal static class TrustTerms
{
    /// <summary>A day, in milliseconds.</summary>
    internal const long Remembered = 24 * 3600 * 1000;
}
