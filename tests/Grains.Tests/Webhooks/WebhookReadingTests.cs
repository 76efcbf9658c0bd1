using OrleansTasks.Events;
using OrleansTasks.Feed;
using OrleansTasks.Grains.Tests.Cluster;
using OrleansTasks.Nodes;
using OrleansTasks.Queues;
using OrleansTasks.Storage;
using OrleansTasks.Storage.Memory;
using OrleansTasks.Tasks;
using OrleansTasks.Webhooks;

namespace OrleansTasks.Grains.Tests.Webhooks;

/// <summary>Pages of each source of which nothing, the beginning, or everything was removed for its age.</summary>
public sealed class WebhookReadingTests
{
    private long[] left = [];
    private long trimmed;
    private int reads;

    [Theory]
    [InlineData((int)EventSource.Log, 0, 2, 2)]
    [InlineData((int)EventSource.Log, 2, 4, 2)]
    [InlineData((int)EventSource.Nodes, 0, 2, 2)]
    [InlineData((int)EventSource.Resources, 0, 2, 2)]
    [InlineData((int)EventSource.Resources, 1, 2, 1)]
    public async Task Read_NothingIsGone_GivesThePage(int source, long after, long last, int count)
    {
        (trimmed, left) = (after, [.. Enumerable.Range((int)after + 1, count).Select(static number => (long)number)]);

        var (page, isLast, goneUntil) = await Reading().Read((EventSource)source, after);

        Assert.Equal((count, last, true, 0L), (page!.Count, page.Last, isLast, goneUntil));
    }

    [Theory]
    [InlineData((int)EventSource.Log)]
    [InlineData((int)EventSource.Nodes)]
    [InlineData((int)EventSource.Resources)]
    public async Task Read_TheBeginningIsGone_TellsUpToWhere(int source)
    {
        (trimmed, left) = (4, [5, 6]);

        var (page, _, goneUntil) = await Reading().Read((EventSource)source, 1);

        Assert.Equal(4, goneUntil);
        // Of the log, other queues may have events up to there: what is left is in the page. Of others nothing is.
        Assert.Equal((EventSource)source == EventSource.Log ? 2 : null, page?.Count);
    }

    [Fact]
    public async Task Read_AllOfTheLogIsGone_GivesNoPage()
    {
        (trimmed, left) = (4, []);

        Assert.Equal((null, false, 4L), await Reading().Read(EventSource.Log, 1));
    }

    [Fact]
    public async Task Read_EqualPositionsInTheLog_ReadOnce_UntilThereMayBeMore()
    {
        left = [1];
        var reading = Reading();
        await reading.Read(EventSource.Log, 0);
        await reading.Read(EventSource.Log, 0);
        Assert.Equal(1, reads);

        left = [1, 2];
        reading.Forget();

        Assert.Equal(2, (await reading.Read(EventSource.Log, 0)).Page!.Count);
    }

    [Fact]
    public async Task Read_CommitsWithManyTransitions_AreTakenInParts()
    {
        left = [1, 2, 3];

        var (page, isLast, _) = await Reading(transitions: WebhookReading.MostEntries / 2).Read(EventSource.Log, 0);
        Assert.Equal((2, false), (page!.Count, isLast));
        (page, isLast, _) = await Reading(transitions: WebhookReading.MostEntries + 1).Read(EventSource.Log, 0);
        Assert.Equal((1, false), (page!.Count, isLast));
    }

    private WebhookReading Reading(int transitions = 1)
    {
        var (tasks, log) = StoreGate.Before<ITaskStore>(new MemoryTaskStore(TimeProvider.System));
        log.Replace(nameof(ITaskStore.ReadEventLog), arguments =>
        {
            reads++;
            return Task.FromResult(new EventLogPage(trimmed, left.LastOrDefault(trimmed),
                [.. After(arguments).Select(number => new EventRecord(QueueSettings.DefaultQueue, number, 1,
                    [.. Enumerable.Repeat(new FeedEntry(new TaskId(1, 1), TaskState.Queued, 1), transitions)], number))]));
        });
        var (nodes, states) = StoreGate.Before<INodeEventStore>(new MemoryNodeEventStore());
        states.Replace(nameof(INodeEventStore.Read), arguments => Task.FromResult<ImmutableArray<NodeEvent>>(
            [.. After(arguments).Select(static number => new NodeEvent(number, 1, "n", NodeState.Ready))]));
        var (resources, changes) = StoreGate.Before<IResourceEventStore>(new MemoryResourceEventStore());
        changes.Replace(nameof(IResourceEventStore.Read), arguments => Task.FromResult(new ResourceEventPage(
            left.FirstOrDefault(), left.LastOrDefault(),
            [.. After(arguments).Select(static number => new ResourceEvent(number, 1, ResourceKind.Queue, "q", ResourceState.Changed))])));
        return new WebhookReading(tasks, nodes, resources);

        IEnumerable<long> After(object?[] arguments) => left.Where(number => number > (long)arguments[0]!);
    }
}
