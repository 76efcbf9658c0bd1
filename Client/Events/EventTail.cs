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

    private readonly Signal signal = hub.NewSignal();
    private readonly Dictionary<PartitionKey, PartitionFeed> feeds = [];
    private EventVector vector = new();
    private DateTimeOffset nextNodeLook;
    private long seenChanges;

    /// <summary>Finds where to begin; true when what the reader has not seen is partly gone, and it begins
    /// anew.</summary>
    public async Task<bool> Begin(EventVector? resumed)
    {
        var positions = await grains.Events.Positions();
        var nodes = await grains.Events.NodePosition();
        if (resumed is not null && CanResume(resumed, positions, nodes))
        {
            vector = resumed;
            return false;
        }

        foreach (var position in positions)
            vector[position.Partition] = position.Last;
        vector.Nodes = nodes.Last;
        return resumed is not null;
    }

    /// <summary>Sends events until it is cancelled.</summary>
    public async Task Run(EventStream stream, bool isReset, CancellationToken cancellation)
    {
        if (isReset)
            stream.Add("reset", vector.ToString(), "{}"u8);
        else
            stream.AddPosition(vector.ToString());
        await stream.Flush();
        try
        {
            await nodeFeed.Listen(signal);
            await Listen(new PartitionKey(PartitionKey.DefaultQueue, 0));
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
            foreach (var feed in feeds.Values)
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

    private static bool CanResume(EventVector resumed, ImmutableArray<EventPosition> positions, NodeEventPosition nodes)
    {
        if (resumed.Nodes > nodes.Last || (resumed.Nodes < nodes.Last && nodes.First > resumed.Nodes + 1))
            return false;
        var known = positions.ToDictionary(position => position.Partition);
        foreach (var position in positions)
        {
            var seen = resumed[position.Partition];
            var isAhead = seen > position.Last;
            var isTrimmed = seen < position.Last && (position.First == 0 || position.First > seen + 1);
            if (isAhead || isTrimmed)
                return false;
        }

        return resumed.Partitions.All(known.ContainsKey);
    }

    private async Task<bool> SendNews(EventStream stream)
    {
        var any = false;
        foreach (var position in await grains.Events.Positions())
        {
            if (vector[position.Partition] >= position.Last)
                continue;
            any = true;
            await Listen(position.Partition);
            await SendPartition(stream, position);
        }

        return any;
    }

    private async Task SendPartition(EventStream stream, EventPosition position)
    {
        ImmutableArray<EventRecord> records;
        do
        {
            records = await grains.Events.Read(position.Partition, vector[position.Partition], PageSize);
            foreach (var record in records)
                Add(stream, record);
            await stream.Flush();
        }
        while (records.Length == PageSize);

        // Commits without transitions have no record; they are behind us all the same.
        if (vector[position.Partition] < position.Last)
            vector[position.Partition] = position.Last;
    }

    private void Add(EventStream stream, EventRecord record)
    {
        vector[record.Partition] = record.Sequence;
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
            stream.Add(null, i == record.Entries.Length - 1 ? vector.ToString() : null, json.Written);
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
        if (position.Last <= vector.Nodes)
            return false;
        ImmutableArray<NodeEvent> page;
        do
        {
            page = await grains.Events.ReadNodes(vector.Nodes, PageSize);
            foreach (var change in page)
                AddNode(stream, change);
            await stream.Flush();
        }
        while (page.Length == PageSize);
        return true;
    }

    private void AddNode(EventStream stream, NodeEvent change)
    {
        vector.Nodes = change.Sequence;
        var json = JsonAnswer.Rent();
        json.Writer.WriteStartObject();
        json.Writer.WriteString("type"u8, "node"u8);
        json.Writer.WriteString("id"u8, change.Node);
        json.Writer.WriteString("state"u8, change.State.Name());
        TaskJson.WriteTime(json.Writer, EventField.At, change.At);
        json.Writer.WriteEndObject();
        stream.Add(null, vector.ToString(), json.Written);
        json.Return();
    }

    private async Task Listen(PartitionKey partition)
    {
        if (feeds.ContainsKey(partition))
            return;
        var feed = hub.Of(partition);
        feed.Listen(signal);
        feeds.Add(partition, feed);
        await hub.Subscribe(feed);
    }
}
