namespace OrleansTasks.Client.Attention;

/// <summary>
/// Remembers since when things need attention that do not tell it themselves, and what is snoozed. A snooze ends by its
/// time, or when the thing was fine in between. Not thread-safe. Times are Unix milliseconds.
/// </summary>
internal sealed class AttentionBook
{
    /// <summary>How many snoozes are kept at most.</summary>
    public const int MostSnoozes = ServiceLimits.Snoozes;

    private readonly Dictionary<(string Code, string Target), long> since = [];
    private readonly Dictionary<(string Code, string Target), long> snoozed = [];

    /// <summary>Notes what needs attention now; returns it with times and without what is snoozed.</summary>
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

    /// <summary>Hides something until a time.</summary>
    public void Snooze(string code, string target, long until, long now)
    {
        foreach (var over in snoozed.Where(one => one.Value <= now).Select(static one => one.Key).ToArray())
            snoozed.Remove(over);
        if (snoozed.Count >= MostSnoozes)
            snoozed.Remove(snoozed.MinBy(static one => one.Value).Key);
        snoozed[(code, target)] = until;
    }
}
