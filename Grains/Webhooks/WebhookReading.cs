using OrleansTasks.Events;
using OrleansTasks.Storage;

namespace OrleansTasks.Webhooks;

/// <summary>
/// Reads pages of the stored events for webhooks. Keeps the last page of the log: most webhooks have got equally far, and read the
/// same. The other sequences are read for each webhook anew; they are short.
/// </summary>
internal sealed class WebhookReading(ITaskStore tasks, INodeEventStore nodes, IResourceEventStore resources)
{
    /// <summary>How many commits a page of the log has at most; one commit may have thousands of transitions.</summary>
    public const int LogPage = 32;

    /// <summary>How many transitions a page of the log has at most, but for those of its first commit.</summary>
    public const int MostEntries = 4_096;

    /// <summary>How many changes another page has at most.</summary>
    public const int OtherPage = 256;

    private EventLogPage? log;
    private long logAfter;

    /// <summary>The ends of the sequences: what happens from now on comes after them.</summary>
    public async Task<WebhookCursor> Ends() => new(
        (await tasks.ReadEventLog(long.MaxValue, 1)).Last, (await nodes.Position()).Last, (await resources.Read(long.MaxValue, 1)).Last);

    /// <summary>Forgets what was read, since there may be more.</summary>
    public void Forget() => log = null;

    /// <summary>
    /// Reads what follows a number: the page, and whether there was no more. When some that follow the given number were removed
    /// for their age, also the number up to which they were. Of the log, what other queues have stored up to there is still
    /// in the page; of the other sequences nothing is left up to there, and there is no page.
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

    /// <summary>The first of the records, with <see cref="MostEntries"/> transitions together, or the first alone.</summary>
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
