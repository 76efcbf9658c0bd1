namespace OrleansTasks.Storage;

/// <summary>How long expired tokens and certificates are kept, so that a refusal can give the reason.</summary>
internal static class TrustTerms
{
    /// <summary>A day, in milliseconds.</summary>
    internal const long Remembered = 24 * 3600 * 1000;
}
