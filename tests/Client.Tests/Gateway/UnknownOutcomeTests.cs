using System.Collections.Immutable;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Tests.Gateway;

/// <summary>
/// A 503 promises that nothing was changed. Once a call may have been carried out, its caller is told 504 instead, or what the call
/// would have answered.
/// </summary>
public sealed class UnknownOutcomeTests : IAsyncLifetime
{
    private readonly ScriptedGrains grains = new();
    private GatewayHost gateway = null!;

    public async ValueTask InitializeAsync() => gateway = await GatewayHost.Start(grains);

    public ValueTask DisposeAsync() => gateway.DisposeAsync();

    [Theory]
    [InlineData(TaskState.Cancelled)]
    [InlineData(TaskState.Failed)]
    public async Task Cancel_LandedAndItsAnswerWasLost_Is202AsTheFirstWouldHaveBeen(TaskState end)
    {
        var task = Put(Records.New(TaskState.Running, attempt: 1));
        var calls = 0;
        grains.Default.OnCancel = _ =>
        {
            if (++calls == 2)
                return Outcomes(ControlOutcome.NotOpen);
            grains.Reader.Put(task with { State = end, CancelRequestedAt = 5, EndedAt = 6 });
            throw new TimeoutException();
        };
        var reply = await gateway.Post($"/api/v1/tasks/{task.Id}/cancel");
        Assert.Equal(202, reply.Status);
        Assert.Equal(end.Name(), reply.Json.GetProperty("state").GetString());
        Assert.Equal(2, calls);
    }

    [Fact]
    public async Task Cancel_WasLostAndTheTaskEndedByItself_Is409()
    {
        var task = Put(Records.New(TaskState.Running, attempt: 1));
        var calls = 0;
        grains.Default.OnCancel = _ =>
        {
            if (++calls == 2)
                return Outcomes(ControlOutcome.NotOpen);
            grains.Reader.Put(task with { State = TaskState.Succeeded, EndedAt = 6 });
            throw new TimeoutException();
        };
        (await gateway.Post($"/api/v1/tasks/{task.Id}/cancel")).Problem(409, "task-finished");
    }

    [Fact]
    public async Task Retry_LandedAndTheTaskFailedAgain_Is202()
    {
        var task = Put(Records.New(TaskState.Failed) with { EndedAt = 6 });
        var calls = 0;
        grains.Default.OnRetry = _ =>
        {
            if (++calls == 2)
                return Outcomes(ControlOutcome.NotRetryable);
            grains.Reader.Put(task with { EndedAt = 9, Attempt = 2 });
            throw new TimeoutException();
        };
        Assert.Equal(202, (await gateway.Post($"/api/v1/tasks/{task.Id}/retry")).Status);
    }

    [Theory]
    [InlineData("cancel", TaskState.Queued)]
    [InlineData("retry", TaskState.Failed)]
    public async Task Control_DoneAndThenUnreadable_Is504(string action, TaskState state)
    {
        var task = Put(Records.New(state));
        grains.Default.OnCancel = grains.Default.OnRetry = _ =>
        {
            grains.Reader.OnRead = static () => throw new StoreUnavailableException();
            return Outcomes(ControlOutcome.Changed);
        };
        (await gateway.Post($"/api/v1/tasks/{task.Id}/{action}")).Problem(504, "outcome-unknown");
    }

    [Fact]
    public async Task Control_UnreadableBeforehand_Is503()
    {
        var task = Put(Records.New());
        grains.Reader.OnRead = static () => throw new StoreUnavailableException();
        (await gateway.Post($"/api/v1/tasks/{task.Id}/cancel")).Problem(503, "store-unavailable");
    }

    [Fact]
    public async Task BulkCancel_StoreFailsAfterAPage_Is504()
    {
        PutMany();
        grains.Default.OnCancel = ids =>
        {
            grains.Reader.OnRead = static () => throw new StoreUnavailableException();
            return Outcomes([.. ids.Select(static _ => ControlOutcome.Changed)]);
        };
        (await gateway.Post("/api/v1/tasks/cancel?queue=default")).Problem(504, "outcome-unknown");
    }

    [Fact]
    public async Task BulkCancel_StoreFailsBeforeAnythingIsDone_Is503()
    {
        PutMany();
        grains.Default.OnCancel = static _ => throw new StoreUnavailableException();
        (await gateway.Post("/api/v1/tasks/cancel?queue=default")).Problem(503, "store-unavailable");
    }

    [Fact]
    public async Task MakeToken_NoAnswer_Is504()
    {
        grains.Trust.OnMake = static () => throw new TimeoutException();
        (await gateway.Post("/api/v1/nodes/tokens")).Problem(504, "outcome-unknown");
    }

    [Fact]
    public async Task PutQueue_NoAnswer_Is504()
    {
        grains.Queues.OnChange = static () => throw new OutcomeUnknownException();
        (await gateway.Send(HttpMethod.Put, "/api/v1/queues/default", "{}")).Problem(504, "outcome-unknown");
    }

    [Fact]
    public async Task PutQueue_DoneAndThenUnreadable_Is504()
    {
        grains.Queues.OnChange = () => grains.Queues.OnRead = static () => throw new StoreUnavailableException();
        (await gateway.Send(HttpMethod.Put, "/api/v1/queues/default", "{}")).Problem(504, "outcome-unknown");
    }

    [Fact]
    public async Task PutQueue_UnreadableBefore_Is503()
    {
        grains.Queues.OnRead = static () => throw new StoreUnavailableException();
        (await gateway.Send(HttpMethod.Put, "/api/v1/queues/default", "{}")).Problem(503, "store-unavailable");
    }

    [Fact]
    public async Task PutQueue_StoreOutOfReach_Is503()
    {
        grains.Queues.OnChange = static () => throw new StoreUnavailableException();
        (await gateway.Send(HttpMethod.Put, "/api/v1/queues/default", "{}")).Problem(503, "store-unavailable");
    }

    private TaskRecord Put(TaskRecord task)
    {
        grains.Reader.Put(task);
        return task;
    }

    private void PutMany()
    {
        for (var i = 0; i < 1_001; i++)
            grains.Reader.Put(Records.New());
    }

    private static Task<ImmutableArray<ControlOutcome>> Outcomes(params ImmutableArray<ControlOutcome> outcomes) => Task.FromResult(outcomes);
}
