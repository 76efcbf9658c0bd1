using OrleansTasks.Client.Http;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Events;

namespace OrleansTasks.Client.Events;

/// <summary>
/// Sends one event stream: the stored events of all queues, nodes and resources from the reader's position on.
/// </summary>
/// <param name="grains">Finds the current end of the log.</param>
/// <param name="log">Reads the events.</param>
internal sealed class EventTail(GatewayGrains grains, EventLog log)
{
    private static readonly TimeSpan FaultPause = TimeSpan.FromSeconds(1);

    private EventCursor cursor;

    // How many commits to read next: 1 after waiting for a slow reader, then doubled each time up to a page.
    private int most = EventLog.PageSize;

    /// <summary>The reader's position.</summary>
    public EventCursor Position => cursor;

    /// <summary>
    /// Finds where to begin. Returns true if events that the reader has not seen were removed, so that the reader must
    /// start over.
    /// </summary>
    public async Task<bool> Begin(EventCursor? resumed)
    {
        var log = await grains.Events.ReadLog(long.MaxValue, 1);
        var nodes = await grains.Events.NodePosition();
        var resources = await grains.Events.ReadResources(long.MaxValue, 1);
        if (resumed is { } seen && CanResume(seen, log, nodes, resources))
        {
            cursor = seen;
            return false;
        }

        cursor = new EventCursor(nodes.Last, log.Last, resources.Last);
        return resumed is not null;
    }

    /// <summary>Sends events until cancelled.</summary>
    public async Task Run(EventStream stream, bool isReset, CancellationToken cancellation)
    {
        if (isReset)
            stream.Add("reset", cursor.ToString(), "{}"u8);
        else
            stream.AddPosition(cursor.ToString());
        await stream.Flush();
        using var reader = log.Join();
        while (true)
        {
            await stream.Beat();
            var isRead = await Look(reader, stream, cancellation);
            var pause = isRead || stream.UntilComment < FaultPause ? stream.UntilComment : FaultPause;
            await reader.Wait(pause, cancellation);
        }
    }

    /// <summary>Sends all new events; returns false if they cannot be read now.</summary>
    private async Task<bool> Look(EventLog.Reader reader, EventStream stream, CancellationToken cancellation)
    {
        try
        {
            // Alternate between the three logs: a slow reader may never reach the end of any of them.
            bool isMore;
            do
            {
                cancellation.ThrowIfCancellationRequested();
                isMore = await SendNodes(reader, stream);
                isMore |= await SendResources(reader, stream);
                isMore |= await SendNews(reader, stream);
            }
            while (isMore);
            return true;
        }
        catch (Exception fault) when (Faults.IsPassing(fault))
        {
            // The stream stays open across a passing fault and continues from its position.
            return false;
        }
    }

    private static bool CanResume(
        EventCursor seen, EventLogPage log, NodeEventPosition nodes, ResourceEventPage resources) =>
        seen.Nodes <= nodes.Last && (seen.Nodes == nodes.Last || nodes.First <= seen.Nodes + 1)
        && seen.Log <= log.Last && seen.Log >= log.Trimmed
        && seen.Resources <= resources.Last && !resources.HasLost(seen.Resources);

    /// <summary>Sends a page of commits; returns false if there is none.</summary>
    private async Task<bool> SendNews(EventLog.Reader reader, EventStream stream)
    {
        var isMore = await AddNews(reader, stream);
        await stream.Flush();
        return isMore;
    }

    /// <summary>
    /// Adds a page of commits and flushes whenever the stream is full. While waiting for a slow reader it holds one
    /// commit instead of a page, because a thousand readers may be slow.
    /// </summary>
    private async Task<bool> AddNews(EventLog.Reader reader, EventStream stream)
    {
        var page = await reader.Read(cursor.Log, most);
        if (page.Trimmed > cursor.Log)
        {
            // The reader is so far behind that the next commits were removed.
            cursor = cursor with { Log = page.Last };
            stream.Add("reset", cursor.ToString(), "{}"u8);
            return true;
        }

        var records = page.Records;
        if (records.IsEmpty)
            return false;
        most = Math.Min(2 * most, EventLog.PageSize);
        for (var next = 0; next < records.Length; next++)
        {
            var sent = Add(stream, records[next]);
            // Drop the rest of the page; it is read again.
            if (!sent.IsCompleted)
                (most, records) = (1, []);
            await sent;
        }

        return true;
    }

    private async Task Add(EventStream stream, EventRecord record)
    {
        var after = cursor with { Log = record.Number };
        for (var i = 0; i < record.Entries.Length; i++)
        {
            if (stream.IsFull)
                await stream.Flush();
            var json = JsonAnswer.Rent();
            EventJson.Write(json.Writer, record.Entries[i], record.At);
            // Only the last transition of a commit moves the position: a reader that is cut off within a commit gets
            // the whole commit again.
            stream.Add(null, i == record.Entries.Length - 1 ? after.ToString() : null, json.Written);
            json.Return();
        }

        cursor = after;
    }

    /// <summary>Sends a page of node changes; returns false if there is none.</summary>
    private async Task<bool> SendNodes(EventLog.Reader reader, EventStream stream)
    {
        var page = await reader.ReadNodes(cursor.Nodes);
        if (page.IsEmpty)
            return false;
        foreach (var change in page)
            AddNode(stream, change);
        await stream.Flush();
        return true;
    }

    private void AddNode(EventStream stream, NodeEvent change)
    {
        cursor = cursor with { Nodes = change.Sequence };
        var json = JsonAnswer.Rent();
        EventJson.Write(json.Writer, change);
        stream.Add(null, cursor.ToString(), json.Written);
        json.Return();
    }

    /// <summary>Sends a page of resource changes; returns false if there is none.</summary>
    private async Task<bool> SendResources(EventLog.Reader reader, EventStream stream)
    {
        var page = await reader.ReadResources(cursor.Resources);
        if (page.IsEmpty)
            return false;
        foreach (var change in page)
            AddResource(stream, change);
        await stream.Flush();
        return true;
    }

    private void AddResource(EventStream stream, ResourceEvent change)
    {
        cursor = cursor with { Resources = change.Sequence };
        var json = JsonAnswer.Rent();
        EventJson.Write(json.Writer, change);
        stream.Add(null, cursor.ToString(), json.Written);
        json.Return();
    }
}
