using OrleansTasks.Events;
using OrleansTasks.Feed;

namespace OrleansTasks.Storage.Tests.Conformance;

public abstract partial class TaskStoreConformance
{
    [Fact]
    public async Task Events_OfEveryCommit_AreStoredUnderItsSequenceInOrder()
    {
        var queue = await Take();
        var a = queue.New();
        var b = queue.New();
        FeedEntry[] entries =
        [
            new(a.Row.Id, TaskState.Queued, 0), new(a.Row.Id, TaskState.Assigned, 1), new(
                b.Row.Id, TaskState.Scheduled, 0),
            new(a.Row.Id, TaskState.Running, 300), new(b.Row.Id, TaskState.Cancelled, int.MaxValue),
        ];
        await queue.TryCommit(queue.Plan([a, b]) with { Events = entries, At = 123 });
        await queue.TryCommit(queue.Plan([]));
        var c = queue.New();
        await queue.Commit(c);
        Reopen();

        var events = await Store.ReadEvents(queue.Name, 0, 10);
        Assert.Equal([1L, 2L, 3L], events.Select(e => e.Sequence));
        Assert.Equal((queue.Name, 123L), (events[0].Queue, events[0].At));
        Assert.Equal(entries, events[0].Entries);
        Assert.Empty(events[1].Entries);
        Assert.Equal([new FeedEntry(c.Row.Id, TaskState.Queued, 0)], events[2].Entries);
    }

    [Fact]
    public async Task ReadEvents_AfterASequence_IsBoundedAndOfThatQueue()
    {
        var queue = await Take();
        var other = await Take("other");
        for (var i = 0; i < 5; i++)
        {
            await queue.Commit(queue.New());
            await other.Commit(other.New());
        }

        Assert.Equal([3L, 4L], (await Store.ReadEvents(queue.Name, 2, 2)).Select(e => e.Sequence));
        Assert.Equal([5L], (await Store.ReadEvents(queue.Name, 4, 10)).Select(e => e.Sequence));
        Assert.Empty(await Store.ReadEvents(queue.Name, 5, 10));
        Assert.Empty(await Store.ReadEvents("none", 0, 10));
        Assert.Equal(
            [new EventPosition(queue.Name, 1, 5), new EventPosition(other.Name, 1, 5)], await Store.EventPositions());
    }

    [Fact]
    public async Task ReadEventLog_GivesAllQueuesCommitsInTheirOrder()
    {
        Assert.Equal((0, 0, 0), Bounds(await Store.ReadEventLog(0, 10)));
        var queue = await Take();
        var other = await Take("other");
        for (var i = 0; i < 3; i++)
        {
            await other.Commit(other.New());
            await queue.Commit(queue.New());
        }

        Reopen();
        var log = await Store.ReadEventLog(0, 10);
        Assert.Equal((0, 6, 6), Bounds(log));
        Assert.Equal([1L, 2, 3, 4, 5, 6], log.Records.Select(e => e.Number));
        Assert.Equal(
            [(other.Name, 1L), (queue.Name, 1L), (other.Name, 2L), (queue.Name, 2L), (other.Name, 3L), (queue.Name, 3L)],
            log.Records.Select(e => (e.Queue, e.Sequence)));
        Assert.Equal([TaskState.Queued], log.Records[5].Entries.Select(e => e.State));
        Assert.Equal([3L, 4L], (await Store.ReadEventLog(2, 2)).Records.Select(e => e.Number));
        Assert.Equal((0, 6, 0), Bounds(await Store.ReadEventLog(long.MaxValue, 1)));
    }

    private static (long Trimmed, long Last, int Count) Bounds(EventLogPage page) => (page.Trimmed, page.Last, page.Records.Length);

    [Fact]
    public async Task EventPositions_BeforeTheFirstCommit_AreZero()
    {
        var queue = await Take();
        Assert.Equal([new EventPosition(queue.Name, 0, 0)], await Store.EventPositions());
    }

    [Fact]
    public async Task Events_OfAFailedCommit_AreNotStored()
    {
        var queue = await Take();
        await queue.TryCommit(queue.Plan([new TaskWrite { Row = queue.New().Row }]));
        Assert.Empty(await Store.ReadEvents(queue.Name, 0, 10));
    }
}
