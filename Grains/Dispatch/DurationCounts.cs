using OrleansTasks.Cluster;

namespace OrleansTasks.Dispatch;

/// <summary>Counts durations in <see cref="DurationBuckets"/>. Thread-safe. The counts never decrease.</summary>
internal sealed class DurationCounts
{
    private readonly long[] counts = new long[DurationBuckets.Count];
    private long total;

    public void Add(long microseconds)
    {
        Interlocked.Increment(ref counts[DurationBuckets.IndexOf(microseconds)]);
        Interlocked.Increment(ref total);
    }

    /// <summary>Returns the current count of each bucket, or an empty array if nothing was counted yet.</summary>
    public ImmutableArray<long> Read()
    {
        if (Interlocked.Read(ref total) == 0)
            return [];
        var read = new long[counts.Length];
        for (var i = 0; i < read.Length; i++)
            read[i] = Interlocked.Read(ref counts[i]);
        return [.. read];
    }
}
