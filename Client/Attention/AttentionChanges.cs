using OrleansTasks.Audit;

namespace OrleansTasks.Client.Attention;

/// <summary>
/// Finds the changes that callers made shortly before an item began: changes of the thing itself and, for tasks that
/// cannot start, also of nodes. Reads the audit once per item. Not thread-safe.
/// </summary>
/// <param name="read">Reads the audit, newest first.</param>
internal sealed class AttentionChanges(Func<AuditQuery, Task<ImmutableArray<AuditRecord>>> read)
{
    /// <summary>Maximum number of changes that are added to an item.</summary>
    public const int Most = 3;

    /// <summary>How long before the item a change may have been made.</summary>
    public static readonly TimeSpan Span = TimeSpan.FromHours(1);

    /// <summary>How inexact an item's start time may be: failures are counted in steps of this length.</summary>
    public static readonly TimeSpan Slack = TimeSpan.FromSeconds(10);

    private const int MostItems = 50;
    private const int MostRead = 20;

    private static readonly string[] OfNodes = [AuditActions.DrainNode, AuditActions.ForgetNode];

    private Dictionary<(string Code, string Target, long Since), ImmutableArray<AuditRecord>> known = [];

    /// <summary>
    /// Adds the changes to the first 50 items; further items get none. Throws
    /// <see cref="Storage.StoreUnavailableException"/> if the audit cannot be read.
    /// </summary>
    public async Task<ImmutableArray<AttentionItem>> AddTo(ImmutableArray<AttentionItem> items)
    {
        var with = ImmutableArray.CreateBuilder<AttentionItem>(items.Length);
        var next = new Dictionary<(string Code, string Target, long Since), ImmutableArray<AuditRecord>>();
        foreach (var item in items)
        {
            if (with.Count >= MostItems || item.Since is not { } since)
            {
                with.Add(item);
                continue;
            }

            var key = (item.Code, item.Target, since);
            var changes = known.TryGetValue(key, out var found) ? found : await Find(item, since);
            next[key] = changes;
            with.Add(item with { Before = changes });
        }

        known = next;
        return with.MoveToImmutable();
    }

    private async Task<ImmutableArray<AuditRecord>> Find(AttentionItem item, long since)
    {
        // The audit has no records about the store, silos and clocks, or about all tasks together.
        if (item.Code is "store-low-space" or "files-full" or "quarantined" or "submissions-refused"
            or "submissions-waiting" or "silo-refuses" or "clock-stepped" or "files-unreachable")
            return [];
        var records = new List<AuditRecord>(await read(new AuditQuery(null, null, item.Target, null, MostRead)));
        if (item.Code is "queue-stuck" or "no-node-fits")
        {
            foreach (var action in OfNodes)
                records.AddRange(await read(new AuditQuery(null, action, null, null, MostRead)));
        }

        var (from, to) = (since - (long)Span.TotalMilliseconds, since + (long)Slack.TotalMilliseconds);
        return [.. records.Where(record => record.At >= from && record.At <= to)
            .OrderByDescending(static record => record.At).Take(Most)];
    }
}
