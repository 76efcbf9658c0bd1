using System.Collections.Concurrent;
using System.Diagnostics;
using OrleansTasks.Worker.Agent;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Worker.Tests.Agent;

/// <summary>The spans of attempts. Other tests of this process run commands at the same time: each looks for its own task's.</summary>
public sealed class AttemptTraceTests : IDisposable
{
    private readonly ConcurrentQueue<Activity> ended = new();
    private readonly ActivityListener listener;

    public AttemptTraceTests()
    {
        listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == AttemptTraces.SourceName,
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = ended.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
    }

    public void Dispose() => listener.Dispose();

    [Fact]
    public async Task Start_Command_IsASpanOfItsTasksTraceThatTheCommandGoesOnIn()
    {
        await using var fixture = await new AgentFixture().Started();
        var start = Own(fixture.Argv("/bin/sh", "-c", "echo $TRACEPARENT; exit 7"));
        fixture.Master.Send(start);
        var result = await fixture.Master.NextResult();

        var span = Assert.Single(ended, span => (string?)span.GetTagItem("orleanstasks.task.id") == start.Lease.TaskId);
        Assert.Equal(Guid.Parse(start.Lease.TaskId).ToString("N"), span.TraceId.ToHexString());
        Assert.Equal(default, span.ParentSpanId);
        Assert.Equal(span.Id, result.Stdout.ToStringUtf8().Trim());
        Assert.Equal(ActivityStatusCode.Error, span.Status);
        Assert.Equal(
            [
                "orleanstasks.attempt=1", "orleanstasks.exit_code=7", "orleanstasks.node=w1", "orleanstasks.queue=q1", "orleanstasks.reason=exit",
                $"orleanstasks.task.id={start.Lease.TaskId}",
            ], span.TagObjects.Select(static tag => $"{tag.Key}={tag.Value}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Start_ProgramThatIsNotThere_EndsItsSpan()
    {
        await using var fixture = await new AgentFixture().Started();
        var start = Own(fixture.Argv("/no/such/program"));
        fixture.Master.Send(start);
        Assert.Equal(Result.Types.Reason.SpawnFailed, (await fixture.Master.NextResult()).Reason);
        var span = Assert.Single(ended, span => (string?)span.GetTagItem("orleanstasks.task.id") == start.Lease.TaskId);
        Assert.Equal("spawn-failed", span.GetTagItem("orleanstasks.reason"));
    }

    // Other fixtures number their tasks alike.
    private static Start Own(Start start)
    {
        start.Lease.TaskId = Guid.NewGuid().ToString();
        return start;
    }
}
