namespace OrleansTasks.Storage.Encodings;

/// <summary>
/// The stored form of the definitions that a key may run: patterns, which have no commas, separated by commas.
/// </summary>
internal static class PatternText
{
    /// <summary>Returns the text; null if there are none.</summary>
    internal static string? Write(ImmutableArray<string> patterns) => patterns.IsDefaultOrEmpty ? null : string.Join(',', patterns);

    /// <summary>Parses the text. Null means no patterns, so the key may run no definition.</summary>
    internal static ImmutableArray<string> Read(string? text) => string.IsNullOrEmpty(text) ? [] : [.. text.Split(',')];
}
