namespace OrleansTasks.Storage.Encodings;

/// <summary>
/// Gives one instance for equal bytes, so that a million rows with a handful of different values parse and keep a
/// handful. Used by one thread at a time.
/// </summary>
/// <param name="read">Makes the instance from the bytes.</param>
internal sealed class InternTable<T>(Func<ReadOnlySpan<byte>, T> read)
{
    private const int MostKept = 8192;
    private readonly Dictionary<int, (byte[] Bytes, T Value)> entries = [];
    private byte[] lastBytes = [];
    private T? lastValue;

    /// <summary>The instance of those bytes.</summary>
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
