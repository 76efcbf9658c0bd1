namespace OrleansTasks.Client.Live;

/// <summary>
/// Numbers the changes of items: what a topic had when it was read last, and what of it has changed since a number. Items that have
/// gone are kept as such, the last ones of them. Not thread-safe.
/// </summary>
internal sealed class BoardChanges
{
    private const int MostGone = 1_000;
    private const string GoneMark = "";
    private readonly Dictionary<(LiveTopics Topic, string Key), BoardItem> items = [];

    /// <summary>The number of the last change.</summary>
    public long Last { get; private set; }

    /// <summary>Compares what a topic has now with what it had.</summary>
    /// <param name="topic">The topic.</param>
    /// <param name="now">All of its items.</param>
    /// <param name="gone">Makes the JSON of an item that has gone; null when items that are not listed any more have not gone.</param>
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

        var left = items.Values.Where(static item => item.Mark == GoneMark).OrderByDescending(static item => item.Change).Skip(MostGone);
        foreach (var item in left.ToArray())
            items.Remove((item.Topic, item.Key));
    }

    /// <summary>What has changed after a number, in the order of the changes.</summary>
    public BoardItem[] After(long seen, LiveTopics topics) => seen >= Last
        ? []
        : [.. items.Values.Where(item => item.Change > seen && topics.HasFlag(item.Topic)).OrderBy(static item => item.Change)];
}
