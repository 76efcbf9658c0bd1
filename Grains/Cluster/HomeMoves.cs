namespace OrleansTasks.Cluster;

/// <summary>
/// Picks the dispatcher to end next so that the queue's home loads it: the one whose home has been elsewhere for
/// longest, without a break and for at least <paramref name="patience"/>. Not thread-safe.
/// </summary>
public sealed class HomeMoves(TimeSpan patience)
{
    // When the homes of local queues were first seen elsewhere, in milliseconds.
    private readonly Dictionary<string, long> away = [];

    /// <summary>
    /// Returns the queue to move, or null. Called once a second, which limits moves to one a second. A returned queue
    /// that stays must wait again. <paramref name="now"/> is in milliseconds of a steady clock.
    /// </summary>
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
