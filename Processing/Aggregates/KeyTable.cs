using OrleansTasks.Processing.Chunks;

namespace OrleansTasks.Processing.Aggregates;

/// <summary>
/// Distinct keys, numbered in the order of their first occurrence. All keys share one array, so no key is an object.
/// </summary>
internal sealed class KeyTable
{
    private byte[] bytes = new byte[256];
    private Entry[] entries = new Entry[16];

    // Open addressing: 0 is empty. The upper half is the upper half of the key's hash, which tells most keys apart
    // without comparing them; the lower half is the key's number plus one.
    private ulong[] buckets = new ulong[32];
    private int used;

    /// <summary>The maximum size of the keys that an aggregate of a job keeps, in bytes.</summary>
    public const int MostBytes = 64 << 20;

    public int Count { get; private set; }

    /// <summary>The total size of all keys, in bytes.</summary>
    public int Bytes => used;

    public ReadOnlySpan<byte> this[int index] => bytes.AsSpan(entries[index].Start, entries[index].Length);

    public ulong HashOf(int index) => entries[index].Hash;

    /// <summary>Returns the number of a key. It equals the previous <see cref="Count"/> if the key is new.</summary>
    public int FindOrAdd(ReadOnlySpan<byte> key) => FindOrAdd(key, Hash64.Of(key));

    /// <summary>Returns the number of the key that consists of a kind and a value's bytes.</summary>
    public int FindOrAdd(byte kind, ReadOnlySpan<byte> value)
    {
        var hash = Hash64.Of(kind, value);
        var mask = buckets.Length - 1;
        for (var at = (int)hash & mask; ; at = (at + 1) & mask)
        {
            var bucket = buckets[at];
            if (bucket == 0)
                return Add([kind, .. value], hash, at);
            if ((bucket ^ hash) >> 32 == 0 && (int)(uint)bucket - 1 is var index
                && this[index] is [var first, .. var rest] && first == kind && rest.SequenceEqual(value))
                return index;
        }
    }

    public int FindOrAdd(ReadOnlySpan<byte> key, ulong hash)
    {
        var mask = buckets.Length - 1;
        for (var at = (int)hash & mask; ; at = (at + 1) & mask)
        {
            var bucket = buckets[at];
            if (bucket == 0)
                return Add(key, hash, at);
            if ((bucket ^ hash) >> 32 == 0 && (int)(uint)bucket - 1 is var index && this[index].SequenceEqual(key))
                return index;
        }
    }

    private int Add(ReadOnlySpan<byte> key, ulong hash, int bucket)
    {
        if (key.Length > Array.MaxLength - used)
            throw new ResultsTooLargeException("The distinct values of one chunk need too much memory; give the job a smaller chunkSize.");
        if (used + key.Length > bytes.Length)
            Array.Resize(ref bytes, (int)Math.Min(Array.MaxLength, Math.Max(2L * bytes.Length, (long)used + key.Length)));
        if (Count == entries.Length)
            Array.Resize(ref entries, 2 * Count);
        key.CopyTo(bytes.AsSpan(used));
        entries[Count] = new Entry(hash, used, key.Length);
        used += key.Length;
        buckets[bucket] = BucketOf(hash, Count++);
        if (2 * Count > buckets.Length)
            Spread();
        return Count - 1;
    }

    private static ulong BucketOf(ulong hash, int index) => (hash & ~(ulong)uint.MaxValue) | (uint)(index + 1);

    private void Spread()
    {
        buckets = new ulong[2 * buckets.Length];
        var mask = buckets.Length - 1;
        for (var i = 0; i < Count; i++)
        {
            var at = (int)entries[i].Hash & mask;
            while (buckets[at] != 0)
                at = (at + 1) & mask;
            buckets[at] = BucketOf(entries[i].Hash, i);
        }
    }

    private readonly record struct Entry(ulong Hash, int Start, int Length);
}
