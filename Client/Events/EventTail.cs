using OrleansTasks.Client.Http;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Events;

namespace OrleansTasks.Client.Events;

/// <summary>
/// Sends one event stream: the stored events of all queues, of the nodes and of resources, from the reader's position on.
/// </summary>
/// <param name="grains">Tells the current end of the log.</param>
/// <param name="log">Gives the events.</param>
internal sealed class EventTail(GatewayGrains grains, EventLog log)
{
    private static readonly TimeSpan FaultPause = TimeSpan.FromSeconds(1);

    private EventCursor cursor;

    // How many commits are read next: one after the reader was waited for, then twice as many each time.
    private int most = EventLog.PageSize;

    /// <summary>How far the reader has got.</summary>
    public EventCursor Position => cursor;

    /// <summary>
    /// Finds where to begin; true when what the reader has not seen is partly gone, and it begins anew.
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

    /// <summary>Sends events until it is cancelled.</summary>
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

    /// <summary>Sends all that is new; false when it could not be read now.</summary>
    private async Task<bool> Look(EventLog.Reader reader, EventStream stream, CancellationToken cancellation)
    {
        try
        {
            // Alternates between them: a slow reader may never reach the end of any.
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
            // The reader need not come again for that: it goes on where it is.
            return false;
        }
    }

    private static bool CanResume(
        EventCursor seen, EventLogPage log, NodeEventPosition nodes, ResourceEventPage resources) =>
        seen.Nodes <= nodes.Last && (seen.Nodes == nodes.Last || nodes.First <= seen.Nodes + 1)
        && seen.Log <= log.Last && seen.Log >= log.Trimmed
        && seen.Resources <= resources.Last && !resources.HasLost(seen.Resources);

    /// <summary>Sends a page of commits; false when there is none.</summary>
    private async Task<bool> SendNews(EventLog.Reader reader, EventStream stream)
    {
        var isMore = await AddNews(reader, stream);
        await stream.Flush();
        return isMore;
    }

    /// <summary>
    /// Adds a page of commits, and sends what it has whenever the stream is full. While it waits for a slow reader it
    /// holds one commit instead of the page, because a thousand readers may wait.
    /// </summary>
    private async Task<bool> AddNews(EventLog.Reader reader, EventStream stream)
    {
        var page = await reader.Read(cursor.Log, most);
        if (page.Trimmed > cursor.Log)
        {
            // The reader is so far behind that what comes next for it was removed.
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
            // Forgets the rest of the page, which is read again.
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
            // Only the last transition of a commit moves the position: a reader cut off in its midst gets all of it
            // again.
            stream.Add(null, i == record.Entries.Length - 1 ? after.ToString() : null, json.Written);
            json.Return();
        }

        cursor = after;
    }

    /// <summary>Sends a page of nodes' changes; false when there is none.</summary>
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

    /// <summary>Sends a page of resources' changes; false when there is none.</summary>
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
