using OrleansTasks.Cluster;
using OrleansTasks.Feed;
using OrleansTasks.Jobs;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Grains.Tests.Dispatch;

public sealed class DispatchFiguresTests
{
    private static readonly TaskIdSource Ids = new(TimeProvider.System, new Random(1));
    private readonly DispatchFigures figures = new();

    [Fact]
    public void Count_RoundsOfATask_CountsItOnceInEachStateWithWaitAndRun()
    {
        var id = Ids.Next();
        Count("q", Row(id, TaskState.Queued) with { QueuedAt = 1_000 }, TaskState.Queued);
        Count("q", Row(id, TaskState.Assigned) with { QueuedAt = 1_000 }, TaskState.Assigned);
        Count("q", Row(id, TaskState.Running) with { QueuedAt = 1_000, StartedAt = 1_040 }, TaskState.Running);
        // A request to cancel is written while the task runs: no transition, so nothing is counted.
        Count("q", Row(id, TaskState.Running) with { QueuedAt = 1_000, StartedAt = 1_040 });
        Count("q", Row(id, TaskState.Failed) with { QueuedAt = 1_000, StartedAt = 1_040, EndedAt = 3_040,
            Reason = EndReason.Timeout }, TaskState.Failed);

        var counted = Assert.Single(figures.Queues);
        Assert.Equal(("q", 1, 0), (counted.Queue, counted.Started, counted.Succeeded));
        Assert.Equal([0L, 0L, 0L, 1L], counted.Failed);
        Assert.InRange(DurationBuckets.Quantile(counted.Waits, 1, long.MaxValue), 40_000, 50_000);
        Assert.InRange(DurationBuckets.Quantile(counted.Runs, 1, long.MaxValue), 2_000_000, 2_500_000);
        Assert.Equal((1, 1), (counted.Waits.Sum(), counted.Runs.Sum()));
    }

    [Fact]
    public void Count_TaskThatStartsAndEndsInOneRound_HasBothAndAJobHasNone()
    {
        var id = Ids.Next();
        var row = Row(id, TaskState.Succeeded) with { QueuedAt = 1_000, StartedAt = 1_001, EndedAt = 1_002,
            Reason = EndReason.Exit };
        var write = new TaskWrite { Row = row };
        figures.Count("q", [write],
            [new FeedEntry(id, TaskState.Running, 1), new FeedEntry(id, TaskState.Succeeded, 1),
            FeedEntry.OfJob(Ids.Next(), JobState.Succeeded)]);

        var counted = Assert.Single(figures.Queues);
        Assert.Equal((1, 1, 1, 1), (counted.Started, counted.Succeeded, counted.Waits.Sum(), counted.Runs.Sum()));
    }

    [Fact]
    public void Count_MoreQueuesThanAreKept_CountTogether()
    {
        for (var i = 0; i < DispatchFigures.MostQueues + 3; i++)
            Count($"q{i}", Row(Ids.Next(), TaskState.Running) with { QueuedAt = 1, StartedAt = 2 }, TaskState.Running);

        Assert.Equal(DispatchFigures.MostQueues + 1, figures.Queues.Length);
        Assert.Equal(3, figures.Queues.Single(static queue => queue.Queue == QueueFigure.OtherQueues).Started);
    }

    private static TaskRow Row(TaskId id, TaskState state) => new() { No = 1, Id = id, State = state, Order = 1 };

    private void Count(string queue, TaskRow row, params TaskState[] events) =>
        figures.Count(queue, [new TaskWrite { Row = row }],
            [.. events.Select(state => new FeedEntry(row.Id, state, row.Attempt))]);
}
