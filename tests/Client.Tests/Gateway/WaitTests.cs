using OrleansTasks.Client.Feed;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;
using Microsoft.Extensions.DependencyInjection;

namespace OrleansTasks.Client.Tests.Gateway;

/// <summary><c>?wait</c>: the clock stands still, so an answer proves that it was the feed that woke the request.</summary>
public sealed class WaitTests : IAsyncLifetime
{
    private readonly ScriptedGrains grains = new();
    private readonly VirtualTime time = new();
    private GatewayHost gateway = null!;

    public async ValueTask InitializeAsync() => gateway = await GatewayHost.Start(grains, time);

    public ValueTask DisposeAsync() => gateway.DisposeAsync();

    private FeedHub Hub => gateway.Services.GetRequiredService<FeedHub>();

    private bool IsWaiting => Hub.WatchedIn("default") > 0 && time.HasTimer(TaskWaits.SafetyPeriod);

    [Fact]
    public async Task Get_TaskEndsWhileWaitedFor_AnswersAtOnce()
    {
        var (task, reply) = await Waiting();
        await grains.Default.Commit(task with { State = TaskState.Succeeded });
        Assert.Equal("succeeded", (await Eventually.Within(reply)).Json.GetProperty("state").GetString());
        Assert.Equal(0, Hub.WatchedIn("default"));
    }

    [Fact]
    public async Task Get_TheSiloDiesDuringTheFirstRead_ReadsAgain()
    {
        var task = Records.New(TaskState.Running, attempt: 1);
        grains.Reader.Put(task);
        var fails = true;
        grains.Reader.OnRead = () =>
        {
            if (fails)
                throw new SiloUnavailableException();
        };
        var reply = gateway.Get($"/api/v1/tasks/{task.Id}?wait=60s");
        await Eventually.True(() => time.HasTimer(TaskWaits.SafetyPeriod));
        Assert.False(reply.IsCompleted);

        fails = false;
        grains.Reader.Put(task with { State = TaskState.Succeeded });
        time.Advance(TaskWaits.SafetyPeriod);
        Assert.Equal("succeeded", (await Eventually.Within(reply)).Json.GetProperty("state").GetString());
    }

    [Fact]
    public async Task Get_OtherTransitions_KeepItWaiting()
    {
        var (task, reply) = await Waiting();
        var reads = grains.Reader.Reads;
        await grains.Default.Commit(task with { State = TaskState.Running, Attempt = 2 });
        await Eventually.True(() => grains.Reader.Reads > reads);
        Assert.False(reply.IsCompleted);
        await grains.Default.Commit(task with { State = TaskState.Failed });
        Assert.Equal("failed", (await Eventually.Within(reply)).Json.GetProperty("state").GetString());
    }

    [Fact]
    public async Task Get_TaskEndsBeforeTheSubscription_AnswersAtOnce()
    {
        var task = Records.New(TaskState.Running, attempt: 1);
        grains.Reader.Put(task);
        grains.Default.OnSubscribe = () =>
        {
            grains.Reader.Put(task with { State = TaskState.Succeeded });
            return Task.CompletedTask;
        };
        var reply = await Eventually.Within(gateway.Get($"/api/v1/tasks/{task.Id}?wait=60s"));
        Assert.Equal("succeeded", reply.Json.GetProperty("state").GetString());
    }

    [Fact]
    public async Task Get_LostTransition_IsFoundByTheSafetyLook()
    {
        var (task, reply) = await Waiting();
        await grains.Default.Commit(task with { State = TaskState.Succeeded }, isLost: true);
        Assert.False(reply.IsCompleted);
        time.Advance(TaskWaits.SafetyPeriod);
        Assert.Equal("succeeded", (await Eventually.Within(reply)).Json.GetProperty("state").GetString());
    }

    [Fact]
    public async Task Get_GapInTheFeed_MakesItLook()
    {
        var (task, reply) = await Waiting();
        await grains.Default.Commit(Records.New());
        await grains.Default.Commit(task with { State = TaskState.Succeeded }, isLost: true);
        await grains.Default.Commit(Records.New());
        Assert.Equal("succeeded", (await Eventually.Within(reply)).Json.GetProperty("state").GetString());
    }

    [Fact]
    public async Task Get_WaitIsOver_AnswersAsItIs()
    {
        var (_, reply) = await Waiting("9s");
        time.Advance(TaskWaits.SafetyPeriod);
        // Nobody else has a timer that is due then.
        var left = TimeSpan.FromSeconds(4);
        await Eventually.True(() => time.HasTimer(left));
        Assert.False(reply.IsCompleted);

        time.Advance(left);
        var answer = await Eventually.Within(reply);
        Assert.Equal(200, answer.Status);
        Assert.Equal("running", answer.Json.GetProperty("state").GetString());
    }

    [Fact]
    public async Task Get_EndedTask_IsNotWaitedFor()
    {
        var task = Records.New(TaskState.Failed);
        grains.Reader.Put(task);
        Assert.Equal(200, (await Eventually.Within(gateway.Get($"/api/v1/tasks/{task.Id}?wait=60s"))).Status);
        Assert.Equal(0, grains.Default.Subscribers);
    }

    [Fact]
    public async Task Ended_WhileItWaits_HoldsNoRoom()
    {
        var task = Records.New(TaskState.Running, attempt: 1);
        grains.Reader.Put(task);
        var held = 0;
        var ended = gateway.Services.GetRequiredService<TaskWaits>().Ended(
            task.Id, TimeSpan.FromMinutes(1), MakeRoom, TestContext.Current.CancellationToken);
        await Eventually.True(() => IsWaiting);
        Assert.Equal(0, Volatile.Read(ref held));

        await grains.Default.Commit(task with { State = TaskState.Succeeded });

        Assert.Equal(TaskState.Succeeded, (await Eventually.Within(ended))!.State);
        Assert.Equal(1, Volatile.Read(ref held));

        Task<IDisposable> MakeRoom()
        {
            Interlocked.Increment(ref held);
            return Task.FromResult<IDisposable>(new Room(() => Interlocked.Decrement(ref held)));
        }
    }

    [Fact]
    public async Task Get_CallerGoes_FreesTheWaiter()
    {
        var task = Records.New(TaskState.Running, attempt: 1);
        grains.Reader.Put(task);
        using var leaves = new CancellationTokenSource();
        var request = gateway.Http.GetAsync($"/api/v1/tasks/{task.Id}?wait=60s", leaves.Token);
        await Eventually.True(() => IsWaiting);
        await leaves.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => request);
        await Eventually.True(() => Hub.WatchedIn("default") == 0);
    }

    [Fact]
    public async Task Get_SubscriptionFails_StillLooks()
    {
        grains.Default.OnSubscribe = () => throw new StoreUnavailableException();
        var (task, reply) = await Waiting();
        grains.Reader.Put(task with { State = TaskState.Succeeded });
        time.Advance(TaskWaits.SafetyPeriod);
        Assert.Equal(200, (await Eventually.Within(reply)).Status);
    }

    [Fact]
    public async Task Subscription_NobodyWaitsAnyMore_Ends()
    {
        var (task, reply) = await Waiting();
        await grains.Default.Commit(task with { State = TaskState.Succeeded });
        await Eventually.Within(reply);
        Assert.Equal(1, grains.Default.Subscribers);
        time.Advance(FeedHub.RefreshPeriod);
        await Eventually.True(() => grains.Default.Subscribers == 0);
    }

    [Fact]
    public async Task GetBatch_AllEnd_AnswersAtOnce()
    {
        var batch = Records.New().Id;
        var tasks = Enumerable.Range(0, 2).Select(_ => Records.New() with { Batch = batch }).ToArray();
        foreach (var task in tasks)
            grains.Reader.Put(task);
        var reply = gateway.Get($"/api/v1/batches/{batch}?wait=60s");
        foreach (var task in tasks)
        {
            await Eventually.True(() => grains.Default.Subscribers == 1 && !reply.IsCompleted);
            await grains.Default.Commit(task with { State = TaskState.Succeeded, Node = "w1", ExitCode = 0 });
        }

        await Eventually.True(() => reply.IsCompleted, () => time.Advance(TimeSpan.FromMilliseconds(20)));
        Assert.Equal(
            $$$"""{"id":"{{{batch}}}","total":2,"byState":{"succeeded":2},"byNode":{"w1":2},"byExitCode":{"0":2},"ended":true}""",
            (await reply).Text);
    }

    [Fact]
    public async Task GetBatch_TimeRunsOutRightAfterAFailedCount_AnswersAsItIs()
    {
        var batch = PutBatch();
        var reads = 0;
        grains.Reader.OnRead = () =>
        {
            // The first two reads find the batch; the next one counts for the wait.
            if (++reads != 3)
            {
                time.StepOfLook = TimeSpan.Zero;
                return;
            }

            time.Advance(TimeSpan.FromSeconds(59.5));
            time.StepOfLook = TimeSpan.FromSeconds(0.6);
            throw new StoreUnavailableException();
        };
        var reply = await Eventually.Within(gateway.Get($"/api/v1/batches/{batch}?wait=60s"));
        Assert.Equal(200, reply.Status);
        Assert.False(reply.Json.GetProperty("ended").GetBoolean());
        Assert.Equal(4, reads);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1)]
    public async Task GetBatch_WallClockIsSet_WaitsAsLongAsItWasAsked(int hours)
    {
        var reply = gateway.Get($"/api/v1/batches/{PutBatch()}?wait=60s");
        await Eventually.True(() => grains.Default.Subscribers == 1 && time.HasTimer(TimeSpan.FromMilliseconds(20)));
        // The request's timer is one of them: while it counts there is one less.
        var timers = time.Timers;
        time.WallShift = TimeSpan.FromHours(hours);
        var waited = TimeSpan.Zero;
        await Eventually.True(
            () => reply.IsCompleted || waited > TimeSpan.FromSeconds(90),
            () => waited += time.Timers >= timers ? time.AdvanceToNext() : TimeSpan.Zero);
        Assert.InRange(waited.TotalSeconds, 55, 75);
        Assert.Equal(200, (await Eventually.Within(reply)).Status);
    }

    private sealed class Room(Action giveBack) : IDisposable
    {
        public void Dispose() => giveBack();
    }

    private TaskId PutBatch()
    {
        var batch = Records.New().Id;
        grains.Reader.Put(Records.New() with { Batch = batch });
        return batch;
    }

    private async Task<(TaskRecord Task, Task<Reply> Reply)> Waiting(string wait = "60s")
    {
        var task = Records.New(TaskState.Running, attempt: 1);
        grains.Reader.Put(task);
        var reply = gateway.Get($"/api/v1/tasks/{task.Id}?wait={wait}");
        await Eventually.True(() => IsWaiting || reply.IsCompleted);
        return (task, reply);
    }
}
