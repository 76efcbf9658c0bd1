using System.Collections.Immutable;
using System.Text;
using OrleansTasks.Audit;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Tests.Gateway;

public sealed class TaskTimelineTests
{
    [Fact]
    public void Of_RetriedTask_TellsStartsAndEndsInOrder()
    {
        var task = Records.New(TaskState.Succeeded, attempt: 2);
        var at = task.Id.CreatedAt;
        task = task with { EndedAt = at + 40, QueuedAt = at + 25 };
        ImmutableArray<AttemptRecord> attempts =
        [
            new(1, "w1", TaskState.Failed, EndReason.Timeout, null, null, at + 10, at + 20, null, null),
            new(2, "w2", TaskState.Succeeded, EndReason.Exit, 0, null, at + 30, at + 40, null, null),
        ];

        Assert.Equal(
            [
                new(at, TaskState.Queued, 0, null, EndReason.None),
                new(at + 10, TaskState.Running, 1, "w1", EndReason.None),
                new(at + 20, TaskState.Failed, 1, "w1", EndReason.Timeout),
                new(at + 25, TaskState.Queued, 1, null, EndReason.None),
                new(at + 30, TaskState.Running, 2, "w2", EndReason.None),
                new(at + 40, TaskState.Succeeded, 2, "w2", EndReason.Exit),
            ],
            TaskTimeline.Of(task, attempts));
    }

    [Fact]
    public void Of_ScheduledTaskThatWasCancelled_TellsTheRequestAndTheEnd()
    {
        var task = Records.New(TaskState.Queued);
        var at = task.Id.CreatedAt;
        task = task with
        {
            State = TaskState.Cancelled, QueuedAt = null, CancelRequestedAt = at + 5, EndedAt = at + 6, Reason = EndReason.Cancelled,
            Spec = """{"cmd":"x","runAt":"2099-01-01T00:00:00Z"}"""u8.ToArray(),
        };

        Assert.Equal(
            [
                new(at, TaskState.Scheduled, 0, null, EndReason.None),
                new(at + 5, null, 0, null, EndReason.None),
                new(at + 6, TaskState.Cancelled, 0, null, EndReason.Cancelled),
            ],
            TaskTimeline.Of(task, []));
    }

    [Fact]
    public void Of_WhatSomebodyAskedFor_NamesThem()
    {
        var task = Records.New(TaskState.Cancelled, attempt: 0);
        var at = task.Id.CreatedAt;
        task = task with { QueuedAt = at, CancelRequestedAt = at + 9, EndedAt = at + 9, Reason = EndReason.Cancelled };
        AuditRecord[] asked = [Record(AuditActions.CancelTasks, 9),
            Record(AuditActions.RetryTasks, 5), Record(AuditActions.CancelTasks, 2)];

        Assert.Equal(
            [("state", null), ("request", asked[2].Origin), ("operator", asked[1].Origin),
                ("request", asked[0].Origin), ("state", null)],
            TaskTimeline.Of(task, [], asked).Select(static entry => (entry.Kind, entry.By)));

        AuditRecord Record(string action, long after) =>
            new(new Origin(new TaskId(1, (ulong)after), action, task.Id.ToString()), at + after, 1);
    }

    [Theory]
    [InlineData(0L)]
    [InlineData(7L)]
    public void Of_TaskQueuedAtItsAcceptance_TellsThatOnce(long after)
    {
        var task = Records.New(TaskState.Queued);
        task = task with { QueuedAt = task.Id.CreatedAt + after };

        var entry = Assert.Single(TaskTimeline.Of(task, []));

        Assert.Equal(new TimelineEntry(task.Id.CreatedAt, TaskState.Queued, 0, null, EndReason.None), entry);
    }

    [Fact]
    public void Of_TaskThatWaitedForAnother_StartsScheduled()
    {
        var task = Waiting();
        var at = task.Id.CreatedAt;

        Assert.Equal(
            [
                new(at, TaskState.Scheduled, 0, null, EndReason.None),
                new(at + 60_000, TaskState.Queued, 0, null, EndReason.None),
            ],
            TaskTimeline.Of(task with { QueuedAt = at + 60_000 }, []));
    }

    [Fact]
    public void Of_TaskWhoseParentsHadEnded_StartsQueued()
    {
        var task = Waiting();

        var entry = Assert.Single(TaskTimeline.Of(task with { QueuedAt = task.Id.CreatedAt }, []));

        Assert.Equal(TaskState.Queued, entry.State);
    }

    private static TaskRecord Waiting()
    {
        var task = Records.New(TaskState.Queued);
        return task with { Spec = Encoding.UTF8.GetBytes($$"""{"cmd":"x","after":[{"task":"{{task.Id}}"}]}""") };
    }
}
