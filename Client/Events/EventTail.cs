using OrleansTasks.Client.Feed;
using OrleansTasks.Client.Http;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Events;
using OrleansTasks.Nodes;
using OrleansTasks.Queues;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Events;

/// <summary>
/// One reader's way through the stored events of all partitions, and of the nodes. The feed says when to look; what is sent is
/// what is stored, so that nothing is missed when a feed's message is.
/// </summary>
internal sealed class EventTail(GatewayGrains grains, FeedHub hub, NodeFeed nodeFeed, TimeProvider time)
{
    private const int PageSize = 256;
    private static readonly TimeSpan QuietLook = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LeastPause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan NodeLook = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan ListenFor = TimeSpan.FromMinutes(1);

    private readonly Signal signal = hub.NewSignal();
    private readonly Dictionary<PartitionKey, (PartitionFeed Feed, DateTimeOffset Until)> feeds = [];
    private EventCursor cursor;
    private DateTimeOffset nextNodeLook;
    private DateTimeOffset nextTidy;
    private long seenChanges;

    /// <summary>Finds where to begin; true when what the reader has not seen is partly gone, and it begins
    /// anew.</summary>
    public async Task<bool> Begin(EventCursor? resumed)
    {
        var log = await grains.Events.ReadLog(long.MaxValue, 1);
        var nodes = await grains.Events.NodePosition();
        if (resumed is { } seen && CanResume(seen, log, nodes))
        {
            cursor = seen;
            return false;
        }

        cursor = new EventCursor(nodes.Last, log.Last);
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
        try
        {
            await nodeFeed.Listen(signal);
            Listen(new PartitionKey(PartitionKey.DefaultQueue, 0));
            while (true)
            {
                await stream.Beat();
                if (!await Look(stream))
                    await signal.Wait(stream.UntilComment < QuietLook ? stream.UntilComment : QuietLook, cancellation);
                else
                    await Task.Delay(LeastPause, time, cancellation);
            }
        }
        finally
        {
            nodeFeed.Unlisten(signal);
            foreach (var (feed, _) in feeds.Values)
                feed.Unlisten(signal);
        }
    }

    /// <summary>Sends what is new; false when there was nothing, or it could not be read now.</summary>
    private async Task<bool> Look(EventStream stream)
    {
        try
        {
            var anyNode = await SendNodes(stream);
            return await SendNews(stream) || anyNode;
        }
        catch (Exception fault) when (Faults.IsPassing(fault))
        {
            // The reader need not come again for that: it goes on where it is.
            return false;
        }
    }

    private static bool CanResume(EventCursor seen, EventLogPage log, NodeEventPosition nodes) =>
        seen.Nodes <= nodes.Last && (seen.Nodes == nodes.Last || nodes.First <= seen.Nodes + 1)
        && seen.Log <= log.Last && seen.Log >= log.Trimmed;

    private async Task<bool> SendNews(EventStream stream)
    {
        Tidy();
        var any = false;
        EventLogPage page;
        do
        {
            page = await grains.Events.ReadLog(cursor.Log, PageSize);
            if (page.Trimmed > cursor.Log)
            {
                // The reader is so far behind that what comes next for it was removed.
                cursor = cursor with { Log = page.Last };
                stream.Add("reset", cursor.ToString(), "{}"u8);
                await stream.Flush();
                return true;
            }

            foreach (var record in page.Records)
            {
                Listen(record.Partition);
                Add(stream, record);
            }

            any |= page.Records.Length > 0;
            await stream.Flush();
        }
        while (page.Records.Length == PageSize);
        return any;
    }

    private void Add(EventStream stream, EventRecord record)
    {
        cursor = cursor with { Log = record.Number };
        for (var i = 0; i < record.Entries.Length; i++)
        {
            var entry = record.Entries[i];
            var json = JsonAnswer.Rent();
            json.Writer.WriteStartObject();
            json.Writer.WriteString("type"u8, entry.IsJob ? "job"u8 : "task"u8);
            TaskJson.WriteId(json.Writer, EventField.Id, entry.Task);
            json.Writer.WriteString("state"u8, entry.State.Name());
            if (!entry.IsJob)
                json.Writer.WriteNumber("attempt"u8, entry.Attempt);
            TaskJson.WriteTime(json.Writer, EventField.At, record.At);
            json.Writer.WriteEndObject();
            // Only the last transition of a commit moves the position: a reader cut off in its midst gets all of it
            // again.
            stream.Add(null, i == record.Entries.Length - 1 ? cursor.ToString() : null, json.Written);
            json.Return();
        }
    }

    private async Task<bool> SendNodes(EventStream stream)
    {
        var now = time.GetUtcNow();
        var changes = nodeFeed.Changes;
        if (now < nextNodeLook && changes == seenChanges)
            return false;
        var position = await grains.Events.NodePosition();
        (nextNodeLook, seenChanges) = (now + NodeLook, changes);
        if (position.Last <= cursor.Nodes)
            return false;
        ImmutableArray<NodeEvent> page;
        do
        {
            page = await grains.Events.ReadNodes(cursor.Nodes, PageSize);
            foreach (var change in page)
                AddNode(stream, change);
            await stream.Flush();
        }
        while (page.Length == PageSize);
        return true;
    }

    private void AddNode(EventStream stream, NodeEvent change)
    {
        cursor = cursor with { Nodes = change.Sequence };
        var json = JsonAnswer.Rent();
        json.Writer.WriteStartObject();
        json.Writer.WriteString("type"u8, "node"u8);
        json.Writer.WriteString("id"u8, change.Node);
        json.Writer.WriteString("state"u8, change.State.Name());
        TaskJson.WriteTime(json.Writer, EventField.At, change.At);
        json.Writer.WriteEndObject();
        stream.Add(null, cursor.ToString(), json.Written);
        json.Return();
    }

    private void Listen(PartitionKey partition)
    {
        var until = time.GetUtcNow() + ListenFor;
        if (feeds.TryGetValue(partition, out var known))
        {
            feeds[partition] = (known.Feed, until);
            return;
        }

        var feed = hub.Of(partition);
        feed.Listen(signal);
        feeds.Add(partition, (feed, until));
        // Nobody waits for it: the look every second finds what is committed before the subscription counts.
        _ = hub.Subscribe(feed);
    }

    /// <summary>Stops listening to partitions without recent events. The look every second finds their next ones.</summary>
    private void Tidy()
    {
        var now = time.GetUtcNow();
        if (now < nextTidy)
            return;
        nextTidy = now + ListenFor;
        foreach (var (partition, (feed, until)) in feeds)
        {
            if (until >= now)
                continue;
            feed.Unlisten(signal);
            feeds.Remove(partition);
        }
    }
}
