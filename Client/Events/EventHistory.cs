using OrleansTasks.Client.Contract;
using OrleansTasks.Client.Http;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Events;

namespace OrleansTasks.Client.Events;

/// <summary>
/// Lists stored events, newest first. They are in three logs: the transitions of tasks and jobs, the changes of nodes,
/// and the changes of resources such as queues. Each log is read backwards, page by page, as far as the call needs.
/// </summary>
/// <param name="grains">Reads events.</param>
/// <param name="time">The clock.</param>
public sealed class EventHistory(GatewayGrains grains, TimeProvider time)
{
    internal const string TaskType = "task";
    internal const string JobType = "job";
    internal const string NodeType = "node";

    /// <summary>Answers with the events that a query selects.</summary>
    internal async Task Get(HttpContext context, ApiCall call)
    {
        var query = HistoryQuery.Read(context.ReadQuery(call), time.GetUtcNow());
        var scan = new HistoryScan(time);
        var items = new List<EventAnswer>();
        await foreach (var happened in Newest(query, scan))
        {
            if (items.Count == query.Limit)
            {
                scan.Miss();
                break;
            }

            items.Add(happened);
        }

        await ContractJson.Send(context, new EventListAnswer(items, scan.IsComplete));
    }

    // Merges the logs: repeatedly returns the newest of their next events.
    private async IAsyncEnumerable<EventAnswer> Newest(HistoryQuery query, HistoryScan scan)
    {
        var logs = new List<IAsyncEnumerator<EventAnswer>>();
        try
        {
            foreach (var log in LogsOf(query, scan))
                await Advance(logs, log.GetAsyncEnumerator());
            while (logs.MaxBy(static log => log.Current.At.UnixMilliseconds) is { } newest)
            {
                yield return newest.Current;
                logs.Remove(newest);
                await Advance(logs, newest);
            }
        }
        finally
        {
            foreach (var log in logs)
                await log.DisposeAsync();
        }
    }

    // Moves to a log's next event, and keeps the log unless it has ended.
    private static async ValueTask Advance(List<IAsyncEnumerator<EventAnswer>> logs, IAsyncEnumerator<EventAnswer> log)
    {
        if (await log.MoveNextAsync())
            logs.Add(log);
        else
            await log.DisposeAsync();
    }

    private IEnumerable<IAsyncEnumerable<EventAnswer>> LogsOf(HistoryQuery query, HistoryScan scan)
    {
        if (query.Wants(TaskType) || query.Wants(JobType))
            yield return Transitions(query, scan);
        if (query.Wants(NodeType))
            yield return Nodes(query, scan);
        if (Enum.GetValues<ResourceKind>().Any(kind => query.Wants(kind.Name())))
            yield return Resources(query, scan);
    }

    private async IAsyncEnumerable<EventAnswer> Transitions(HistoryQuery query, HistoryScan scan)
    {
        var end = await grains.Events.ReadLog(long.MaxValue, 1);
        var records = BackwardReading.Read(
            end.Trimmed, end.Last, async (after, limit) => (await grains.Events.ReadLog(after, limit)).Records,
            static record => (record.Number, record.At), query.From, scan);
        await foreach (var record in records)
        {
            foreach (var entry in record.Entries.Reverse())
            {
                if (query.Matches(entry.IsJob ? JobType : TaskType, query.Id is null ? "" : entry.Task.ToString(), record.At))
                    yield return EventAnswer.Of(entry, record.At);
            }
        }
    }

    private async IAsyncEnumerable<EventAnswer> Nodes(HistoryQuery query, HistoryScan scan)
    {
        var stored = await grains.Events.NodePosition();
        var changes = BackwardReading.Read(
            Math.Max(stored.First, 1) - 1, stored.Last, grains.Events.ReadNodes,
            static change => (change.Sequence, change.At), query.From, scan);
        await foreach (var change in changes)
        {
            if (query.Matches(NodeType, change.Node, change.At))
                yield return EventAnswer.Of(change);
        }
    }

    private async IAsyncEnumerable<EventAnswer> Resources(HistoryQuery query, HistoryScan scan)
    {
        var stored = await grains.Events.ReadResources(long.MaxValue, 1);
        var changes = BackwardReading.Read(
            Math.Max(stored.First, 1) - 1, stored.Last,
            async (after, limit) => (await grains.Events.ReadResources(after, limit)).Events,
            static change => (change.Sequence, change.At), query.From, scan);
        await foreach (var change in changes)
        {
            if (query.Matches(change.Kind.Name(), change.Id, change.At))
                yield return EventAnswer.Of(change);
        }
    }
}
