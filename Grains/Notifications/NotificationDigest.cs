using System.Globalization;

namespace OrleansTasks.Notifications;

/// <summary>
/// What the next message tells: how often each kind of event occurred, and the first events in words.
/// </summary>
internal sealed class NotificationDigest
{
    private static readonly (NotificationKinds Kind, string Word)[] Words =
    [
        (NotificationKinds.Failed, "failed"), (NotificationKinds.Late, "late"),
        (NotificationKinds.Attention, "need attention"),
        (NotificationKinds.Recovered, "recovered"),
    ];

    private readonly SortedDictionary<NotificationKinds, long> counts = [];
    private readonly List<NotificationEvent> events = [];

    /// <summary>How many events it tells.</summary>
    public long Count => counts.Values.Sum();

    /// <summary>The first events.</summary>
    public IReadOnlyList<NotificationEvent> Events => events;

    /// <summary>The first events, in words.</summary>
    public IEnumerable<string> Lines => events.Select(static one => one.Text);

    /// <summary>What happened, in one line.</summary>
    public string Title => string.Join(", ", Words.Where(one => counts.ContainsKey(one.Kind))
        .Select(one => string.Create(CultureInfo.InvariantCulture, $"{counts[one.Kind]:N0} {one.Word}")));

    /// <summary>How many events are counted only; null if none are.</summary>
    public string? Rest => Count - events.Count is > 0 and var more
        ? string.Create(CultureInfo.InvariantCulture, $"and {more:N0} more") : null;

    /// <summary>Returns how many events of a kind it tells.</summary>
    public long CountOf(NotificationKinds kind) => counts.GetValueOrDefault(kind);

    /// <summary>Adds an event.</summary>
    public void Add(NotificationEvent told)
    {
        counts[told.Kind] = counts.GetValueOrDefault(told.Kind) + 1;
        if (events.Count < ServiceLimits.NotificationLines)
            events.Add(told);
    }

    /// <summary>Adds what a later digest tells.</summary>
    public void Add(NotificationDigest later)
    {
        foreach (var (kind, count) in later.counts)
            counts[kind] = counts.GetValueOrDefault(kind) + count;
        events.AddRange(later.events.Take(ServiceLimits.NotificationLines - events.Count));
    }
}
