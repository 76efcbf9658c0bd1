namespace OrleansTasks.Client.Attention;

/// <summary>
/// Records since when each item has needed attention, for items that do not know it themselves, and which items are
/// snoozed. A snooze ends at its time, or once the item no longer needs attention. Not thread-safe. Times are Unix
/// milliseconds.
/// </summary>
internal sealed class AttentionBook
{
    /// <summary>Maximum number of snoozes.</summary>
    public const int MostSnoozes = ServiceLimits.Snoozes;

    private readonly Dictionary<(string Code, string Target), long> since = [];
    private readonly Dictionary<(string Code, string Target), long> snoozed = [];

    /// <summary>Records what needs attention now. Returns it with start times and without snoozed items.</summary>
    public ImmutableArray<AttentionItem> Note(ImmutableArray<AttentionItem> found, long now)
    {
        var keys = found.Select(static item => (item.Code, item.Target)).ToHashSet();
        foreach (var gone in since.Keys.Where(key => !keys.Contains(key)).ToArray())
        {
            since.Remove(gone);
            snoozed.Remove(gone);
        }

        foreach (var key in keys)
            since.TryAdd(key, now);
        return [.. found
            .Where(item => !snoozed.TryGetValue((item.Code, item.Target), out var until) || until <= now)
            .Select(item => item with { Since = item.Since ?? since[(item.Code, item.Target)] })];
    }

    /// <summary>
    /// Hides an item until a time. If there are too many snoozes, the one that would end first is dropped.
    /// </summary>
    public void Snooze(string code, string target, long until, long now)
    {
        foreach (var over in snoozed.Where(one => one.Value <= now).Select(static one => one.Key).ToArray())
            snoozed.Remove(over);
        if (snoozed.Count >= MostSnoozes)
            snoozed.Remove(snoozed.MinBy(static one => one.Value).Key);
        snoozed[(code, target)] = until;
    }
}
