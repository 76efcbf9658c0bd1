namespace OrleansTasks.Client.Operations.Metrics;

/// <summary>
/// Finds the series for a set of tags, without allocating for known tags. The same tags in another order get an entry
/// of their own, which leads to the same series.
/// </summary>
internal sealed class SeriesTable(Func<string, Series> make)
{
    /// <summary>
    /// Maximum number of entries. Measurements with further tags are dropped, so that no caller can fill the memory.
    /// </summary>
    public const int Most = 2_000;

    private readonly Lock gate = new();
    private readonly SortedDictionary<string, Series> byLabels = new(StringComparer.Ordinal);
    private Entry?[] buckets = new Entry?[64];
    private int count;

    /// <summary>Returns the series for these tags; null if there are too many.</summary>
    public Series? Find(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var hash = Hash(tags);
        return Find(Volatile.Read(ref buckets), hash, tags) ?? Add(hash, tags);
    }

    /// <summary>Returns all series, sorted by labels.</summary>
    public Series[] All()
    {
        lock (gate)
            return [.. byLabels.Values];
    }

    private static Series? Find(Entry?[] buckets, int hash, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        for (var entry = Volatile.Read(ref buckets[hash & (buckets.Length - 1)]); entry is not null; entry = entry.Next)
            if (entry.Hash == hash && Same(entry.Tags, tags))
                return entry.Series;
        return null;
    }

    private Series? Add(int hash, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        lock (gate)
        {
            if (Find(buckets, hash, tags) is { } meanwhile)
                return meanwhile;
            if (count >= Most)
                return null;
            var labels = PrometheusText.Labels(tags);
            if (!byLabels.TryGetValue(labels, out var series))
                byLabels[labels] = series = make(labels);
            if (++count > buckets.Length)
                Grow();
            ref var head = ref buckets[hash & (buckets.Length - 1)];
            Volatile.Write(ref head, new Entry(hash, tags.ToArray(), series, head));
            return series;
        }
    }

    // Concurrent readers continue in the old table, which stays unchanged.
    private void Grow()
    {
        var larger = new Entry?[buckets.Length * 2];
        foreach (var first in buckets)
            for (var entry = first; entry is not null; entry = entry.Next)
            {
                ref var head = ref larger[entry.Hash & (larger.Length - 1)];
                head = entry with { Next = head };
            }

        Volatile.Write(ref buckets, larger);
    }

    // Each request makes several measurements, so hash strings quickly, by their length and four characters. There are
    // few entries, and Find compares tags in full, so collisions are harmless.
    private static int Hash(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var hash = tags.Length;
        foreach (var (name, value) in tags)
        {
            hash = Mix(hash, Hash(name));
            hash = Mix(hash, value is string text ? Hash(text) : value?.GetHashCode() ?? 0);
        }

        // Buckets are chosen by the lowest bits, so mix the high ones in.
        return hash ^ (hash >>> 16);
    }

    // -1640531535 is 2654435761 as a signed integer: Knuth's multiplicative hash.
    private static int Mix(int hash, int next) => (hash ^ next) * -1640531535;

    private static int Hash(string text) => text.Length == 0
        ? 0
        : (text.Length << 24) ^ (text[0] << 16) ^ (text[^1] << 8) ^ text[text.Length / 2] ^ (text[text.Length / 3] << 12);

    private static bool Same(KeyValuePair<string, object?>[] left, ReadOnlySpan<KeyValuePair<string, object?>> right)
    {
        if (left.Length != right.Length)
            return false;
        for (var i = 0; i < left.Length; i++)
            if (left[i].Key != right[i].Key || !Equals(left[i].Value, right[i].Value))
                return false;
        return true;
    }

    private sealed record Entry(int Hash, KeyValuePair<string, object?>[] Tags, Series Series, Entry? Next);
}
