namespace OrleansTasks.Client.Live;

/// <summary>
/// Numbers the changes of the board's items and returns the items that changed after a given number. A change is a
/// difference between two readings of a topic. The 1,000 items removed last stay, marked as removed, so that readers
/// learn of the removal. Not thread-safe.
/// </summary>
internal sealed class BoardChanges
{
    private const int MostGone = 1_000;
    private const string GoneMark = "";
    private readonly Dictionary<(LiveTopics Topic, string Key), BoardItem> items = [];

    /// <summary>The number of the last change.</summary>
    public long Last { get; private set; }

    /// <summary>Compares a new reading of a topic with the one before, and numbers the differences.</summary>
    /// <param name="topic">The topic.</param>
    /// <param name="now">All of its items.</param>
    /// <param name="gone">
    /// Makes the JSON of a removed item; null if the list is partial, so that an item missing from it may still exist.
    /// </param>
    public void Set(LiveTopics topic, IReadOnlyList<BoardItem> now, Func<string, byte[]>? gone)
    {
        var keys = new HashSet<string>(StringComparer.Ordinal);
        foreach (var item in now)
        {
            keys.Add(item.Key);
            if (!items.TryGetValue((topic, item.Key), out var known) || known.Mark != item.Mark)
                items[(topic, item.Key)] = item with { Change = ++Last };
        }

        foreach (var item in items.Values.Where(item => item.Topic == topic && item.Mark != GoneMark && !keys.Contains(item.Key)).ToArray())
        {
            if (gone is null)
                items.Remove((topic, item.Key));
            else
                items[(topic, item.Key)] = new BoardItem(topic, item.Key, GoneMark, gone(item.Key), ++Last);
        }

        var surplus = items.Values.Where(static item => item.Mark == GoneMark)
            .OrderByDescending(static item => item.Change).Skip(MostGone);
        foreach (var item in surplus.ToArray())
            items.Remove((item.Topic, item.Key));
    }

    /// <summary>Returns the items that changed after the given number, in the order of the changes.</summary>
    public BoardItem[] After(long seen, LiveTopics topics) => seen >= Last
        ? []
        : [.. items.Values.Where(item => item.Change > seen && topics.HasFlag(item.Topic)).OrderBy(static item => item.Change)];
}
