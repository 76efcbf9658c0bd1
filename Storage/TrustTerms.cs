namespace OrleansTasks.Storage;

/// <summary>How long what has ended is remembered, so that its holder can be told why it does not count any more.</summary>
internal static class TrustTerms
{
    /// <summary>A day, in milliseconds.</summary>
    internal const long Remembered = 24 * 3600 * 1000;
}
