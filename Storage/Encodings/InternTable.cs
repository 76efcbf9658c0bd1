namespace OrleansTasks.Storage.Encodings;

/// <summary>
/// Returns one shared instance for equal bytes, so a million rows with a few different values parse and keep only those
/// few. Not thread-safe.
/// </summary>
/// <param name="read">Creates the instance from the bytes.</param>
internal sealed class InternTable<T>(Func<ReadOnlySpan<byte>, T> read)
{
    private const int MostKept = 8192;
    private readonly Dictionary<int, (byte[] Bytes, T Value)> entries = [];
    private byte[] lastBytes = [];
    private T? lastValue;

    /// <summary>
    /// Returns the shared instance for the bytes. Of two values with equal hash codes, only the latest is kept.
    /// </summary>
    internal T Get(ReadOnlySpan<byte> bytes)
    {
        if (lastValue is { } last && bytes.SequenceEqual(lastBytes))
            return last;
        var hash = new HashCode();
        hash.AddBytes(bytes);
        var key = hash.ToHashCode();
        if (!entries.TryGetValue(key, out var entry) || !bytes.SequenceEqual(entry.Bytes))
        {
            if (entries.Count >= MostKept)
                entries.Clear();
            entry = (bytes.ToArray(), read(bytes));
            entries[key] = entry;
        }

        (lastBytes, lastValue) = entry;
        return entry.Value;
    }
}
