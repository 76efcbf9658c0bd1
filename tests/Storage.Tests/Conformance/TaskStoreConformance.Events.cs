using OrleansTasks.Events;
using OrleansTasks.Feed;
using OrleansTasks.Queues;

namespace OrleansTasks.Storage.Tests.Conformance;

public abstract partial class TaskStoreConformance
{
    [Fact]
    public async Task Events_OfEveryCommit_AreStoredUnderItsSequenceInOrder()
    {
        var partition = await Take();
        var a = partition.New();
        var b = partition.New();
        FeedEntry[] entries =
        [
            new(a.Row.Id, TaskState.Queued, 0), new(a.Row.Id, TaskState.Assigned, 1), new(
                b.Row.Id, TaskState.Scheduled, 0),
            new(a.Row.Id, TaskState.Running, 300), new(b.Row.Id, TaskState.Cancelled, int.MaxValue),
        ];
        await partition.TryCommit(partition.Plan([a, b]) with { Events = entries, At = 123 });
        await partition.TryCommit(partition.Plan([]));
        var c = partition.New();
        await partition.Commit(c);
        Reopen();

        var events = await Store.ReadEvents(partition.Key, 0, 10);
        Assert.Equal([1L, 2L, 3L], events.Select(e => e.Sequence));
        Assert.Equal((partition.Key, 123L), (events[0].Partition, events[0].At));
        Assert.Equal(entries, events[0].Entries);
        Assert.Empty(events[1].Entries);
        Assert.Equal([new FeedEntry(c.Row.Id, TaskState.Queued, 0)], events[2].Entries);
    }

    [Fact]
    public async Task ReadEvents_AfterASequence_IsBoundedAndOfThatPartition()
    {
        var partition = await Take();
        var other = await Take("other");
        for (var i = 0; i < 5; i++)
        {
            await partition.Commit(partition.New());
            await other.Commit(other.New());
        }

        Assert.Equal([3L, 4L], (await Store.ReadEvents(partition.Key, 2, 2)).Select(e => e.Sequence));
        Assert.Equal([5L], (await Store.ReadEvents(partition.Key, 4, 10)).Select(e => e.Sequence));
        Assert.Empty(await Store.ReadEvents(partition.Key, 5, 10));
        Assert.Empty(await Store.ReadEvents(new PartitionKey("none", 0), 0, 10));
        Assert.Equal(
            [new EventPosition(partition.Key, 1, 5), new EventPosition(other.Key, 1, 5)], await Store.EventPositions());
    }

    [Fact]
    public async Task ReadEventLog_GivesAllPartitionsCommitsInTheirOrder()
    {
        Assert.Equal((0, 0, 0), Bounds(await Store.ReadEventLog(0, 10)));
        var partition = await Take();
        var other = await Take("other");
        for (var i = 0; i < 3; i++)
        {
            await other.Commit(other.New());
            await partition.Commit(partition.New());
        }

        Reopen();
        var log = await Store.ReadEventLog(0, 10);
        Assert.Equal((0, 6, 6), Bounds(log));
        Assert.Equal([1L, 2, 3, 4, 5, 6], log.Records.Select(e => e.Number));
        Assert.Equal(
            [(other.Key, 1L), (partition.Key, 1L), (other.Key, 2L), (partition.Key, 2L), (other.Key, 3L), (partition.Key, 3L)],
            log.Records.Select(e => (e.Partition, e.Sequence)));
        Assert.Equal([TaskState.Queued], log.Records[5].Entries.Select(e => e.State));
        Assert.Equal([3L, 4L], (await Store.ReadEventLog(2, 2)).Records.Select(e => e.Number));
        Assert.Equal((0, 6, 0), Bounds(await Store.ReadEventLog(long.MaxValue, 1)));
    }

    private static (long Trimmed, long Last, int Count) Bounds(EventLogPage page) => (page.Trimmed, page.Last, page.Records.Length);

    [Fact]
    public async Task EventPositions_BeforeTheFirstCommit_AreZero()
    {
        var partition = await Take();
        Assert.Equal([new EventPosition(partition.Key, 0, 0)], await Store.EventPositions());
    }

    [Fact]
    public async Task Events_OfAFailedCommit_AreNotStored()
    {
        var partition = await Take();
        await partition.TryCommit(partition.Plan([new TaskWrite { Row = partition.New().Row }]));
        Assert.Empty(await Store.ReadEvents(partition.Key, 0, 10));
    }
}
