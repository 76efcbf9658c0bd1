using OrleansTasks.Events;
using OrleansTasks.Storage;

namespace OrleansTasks.Webhooks;

/// <summary>
/// Reads pages of stored events. Caches the last page of the log because most webhooks are at the same position; the
/// other sources are short and read for each webhook.
/// </summary>
internal sealed class WebhookReading(ITaskStore tasks, INodeEventStore nodes, IResourceEventStore resources)
{
    /// <summary>Limit on commits per log page; one commit may have thousands of transitions.</summary>
    public const int LogPage = 32;

    /// <summary>Limit on transitions per log page; its first commit may exceed it.</summary>
    public const int MostEntries = 4_096;

    /// <summary>Limit on events per page of the other sources.</summary>
    public const int OtherPage = 256;

    private EventLogPage? log;
    private long logAfter;

    /// <summary>Returns the ends of the sources; events from now on come after them.</summary>
    public async Task<WebhookCursor> Ends() => new(
        (await tasks.ReadEventLog(long.MaxValue, 1)).Last, (await nodes.Position()).Last, (await resources.Read(long.MaxValue, 1)).Last);

    /// <summary>Drops the cached page, since more may follow.</summary>
    public void Forget() => log = null;

    /// <summary>
    /// Reads the page after a number, and whether it is the last. GoneUntil is the last expired number after it, or 0.
    /// In the log, events of other queues up to GoneUntil may remain, and the page has them; in the other sources none
    /// remain, and the page is null.
    /// </summary>
    public Task<(EventPage? Page, bool IsLast, long GoneUntil)> Read(EventSource source, long after) => source switch
    {
        EventSource.Log => ReadLog(after),
        EventSource.Nodes => ReadNodes(after),
        _ => ReadResources(after),
    };

    private async Task<(EventPage? Page, bool IsLast, long GoneUntil)> ReadLog(long after)
    {
        if (log is not { } page || logAfter != after)
            (log, logAfter) = (page = await tasks.ReadEventLog(after, LogPage), after);
        var goneUntil = page.Trimmed > after ? page.Trimmed : 0;
        if (goneUntil > 0 && page.Records.IsEmpty)
            return (null, false, goneUntil);
        var records = Bounded(page.Records);
        return (new EventPage(after, records), records.Length == page.Records.Length && records.Length < LogPage, goneUntil);
    }

    /// <summary>Returns the first records, up to <see cref="MostEntries"/> transitions, but at least one.</summary>
    private static ImmutableArray<EventRecord> Bounded(ImmutableArray<EventRecord> records)
    {
        var (count, entries) = (0, 0);
        while (count < records.Length && (count == 0 || entries + records[count].Entries.Length <= MostEntries))
            entries += records[count++].Entries.Length;
        return count == records.Length ? records : [.. records[..count]];
    }

    private async Task<(EventPage? Page, bool IsLast, long GoneUntil)> ReadNodes(long after)
    {
        var page = await nodes.Read(after, OtherPage);
        return page is [{ Sequence: var first }, ..] && first > after + 1
            ? (null, false, first - 1)
            : (new EventPage(after, page), page.Length < OtherPage, 0);
    }

    private async Task<(EventPage? Page, bool IsLast, long GoneUntil)> ReadResources(long after)
    {
        var page = await resources.Read(after, OtherPage);
        return page.HasLost(after)
            ? (null, false, page.First - 1)
            : (new EventPage(after, page.Events), page.Events.Length < OtherPage, 0);
    }
}
