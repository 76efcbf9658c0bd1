using OrleansTasks.Queues;

namespace OrleansTasks.Cluster;

/// <summary>
/// Decides which dispatcher of a silo ends next so that the partition's home loads it: the one whose home has been elsewhere
/// for longest, once that has lasted for <paramref name="patience"/>. Not safe for several threads.
/// </summary>
/// <param name="patience">How long a partition's home must be elsewhere, without a break, before the partition moves.</param>
public sealed class HomeMoves(TimeSpan patience)
{
    // Since when the homes of this silo's partitions have been elsewhere, in milliseconds.
    private readonly Dictionary<PartitionKey, long> away = [];

    /// <summary>
    /// Returns the partition whose dispatcher is to end now; null: none. The caller calls once a second, so at most one
    /// ends in a second. A partition that was returned and stays here must wait anew.
    /// </summary>
    /// <param name="local">The partitions whose dispatchers are active on this silo.</param>
    /// <param name="isElsewhere">Whether the home of a partition is another silo.</param>
    /// <param name="now">The time of a steady clock, in milliseconds.</param>
    public PartitionKey? Next(IEnumerable<PartitionKey> local, Func<PartitionKey, bool> isElsewhere, long now)
    {
        var here = local.Where(isElsewhere).ToHashSet();
        foreach (var partition in away.Keys.Where(partition => !here.Contains(partition)).ToArray())
            away.Remove(partition);
        foreach (var partition in here)
            away.TryAdd(partition, now);
        if (away.Count == 0)
            return null;
        var (longest, since) = away.MinBy(static entry => (entry.Value, entry.Key.ToString()));
        if (now - since < (long)patience.TotalMilliseconds)
            return null;
        away.Remove(longest);
        return longest;
    }
}
