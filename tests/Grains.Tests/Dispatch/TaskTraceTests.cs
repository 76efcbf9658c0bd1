using System.Collections.Concurrent;
using System.Diagnostics;
using OrleansTasks.Tasks;

namespace OrleansTasks.Grains.Tests.Dispatch;

/// <summary>The spans of tasks.</summary>
public sealed class TaskTraceTests
{
    private static readonly DateTimeOffset Began = new(2026, 11, 25, 8, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Record_TaskWithCause_IsASpanWithoutParentInTheTasksTraceThatLinksToIt()
    {
        var id = new TaskId(0x0123456789ab7def, 0x8123456789abcdef);
        var cause = new ActivityContext(ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom(), ActivityTraceFlags.Recorded);
        var ended = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == TaskTraces.SourceName,
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = ended.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        using var outer = new Activity("outer").Start();
        TaskTraces.Record(
            "commit assigned", ActivityKind.Internal, id, "reports", Began, Began.AddMilliseconds(4), attempt: 2, node: "w1", cause);
        Assert.Same(outer, Activity.Current);

        var span = Assert.Single(ended, static span => span.TraceId.ToHexString() == "0123456789ab7def8123456789abcdef");
        Assert.Equal(("commit assigned", default, cause), (span.OperationName, span.ParentSpanId, Assert.Single(span.Links).Context));
        Assert.Equal((Began.UtcDateTime, TimeSpan.FromMilliseconds(4)), (span.StartTimeUtc, span.Duration));
        Assert.Equal(
            [$"orleanstasks.attempt=2", "orleanstasks.node=w1", "orleanstasks.queue=reports", $"orleanstasks.task.id={id}"],
            span.TagObjects.Select(static tag => $"{tag.Key}={tag.Value}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Leave_WithinASpan_GoesOnOutsideIt()
    {
        using var outer = new Activity("outer").Start();
        TaskTraces.Leave();
        Assert.Null(Activity.Current);
    }
}
