namespace OrleansTasks.Cluster;

/// <summary>
/// Decides which dispatcher of a silo ends next so that the queue's home loads it: the one whose home has been elsewhere
/// for longest, once that has lasted for <paramref name="patience"/>. Not safe for several threads.
/// </summary>
/// <param name="patience">How long a queue's home must be elsewhere, without a break, before the queue moves.</param>
public sealed class HomeMoves(TimeSpan patience)
{
    // Since when the homes of this silo's queues have been elsewhere, in milliseconds.
    private readonly Dictionary<string, long> away = [];

    /// <summary>
    /// Returns the queue whose dispatcher is to end now; null: none. The caller calls once a second, so at most one
    /// ends in a second. A queue that was returned and stays here must wait anew.
    /// </summary>
    /// <param name="local">The queues whose dispatchers are active on this silo.</param>
    /// <param name="isElsewhere">Whether the home of a queue is another silo.</param>
    /// <param name="now">The time of a steady clock, in milliseconds.</param>
    public string? Next(IEnumerable<string> local, Func<string, bool> isElsewhere, long now)
    {
        var here = local.Where(isElsewhere).ToHashSet();
        foreach (var queue in away.Keys.Where(queue => !here.Contains(queue)).ToArray())
            away.Remove(queue);
        foreach (var queue in here)
            away.TryAdd(queue, now);
        if (away.Count == 0)
            return null;
        var (longest, since) = away.MinBy(static entry => (entry.Value, entry.Key));
        if (now - since < (long)patience.TotalMilliseconds)
            return null;
        away.Remove(longest);
        return longest;
    }
}
