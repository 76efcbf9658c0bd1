using System.Text;
using OrleansTasks.Events;
using OrleansTasks.Feed;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;
using OrleansTasks.Webhooks;

namespace OrleansTasks.Grains.Tests.Cluster;

/// <summary>The grain of the webhooks over the stores in memory, with targets that a test answers for.</summary>
public sealed class WebhookGrainTests
{
    private const string Id = "w";

    [Fact]
    public async Task Restart_WhileTheFirstOfManyIsTried_SendsTheOthersNoSecondTime()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var grain = await Make(cluster, WebhookTypes.Task);
        var submission = cluster.Request();
        var first = submission.Tasks[0].Id.ToString();
        // Set before the first event: on a busy machine, the grain looks for events while tasks are still submitted.
        cluster.Sender.Answer = request =>
            IsOf(request, first) ? Hanging.Task : Task.FromResult(new WebhookAnswer(200, null));
        Assert.Equal(SubmitOutcome.Accepted, (await cluster.Send(submission)).Outcome);
        for (var i = 0; i < 20; i++)
            await cluster.Submit();
        cluster.Time.Advance(TimeSpan.FromSeconds(1));
        await cluster.Sender.Of(21);
        while ((await grain.Deliveries(Id, long.MaxValue, 100).Soon())!.Value.Length < 20)
            await Task.Yield();

        await cluster.Host.KillAndRestart();
        cluster.Sender.Answer = static _ => Task.FromResult(new WebhookAnswer(200, null));
        grain = Grain(cluster);
        await grain.EnsureActive().Soon();
        await cluster.Sender.Of(22);
        var last = (await cluster.Submit()).ToString();
        cluster.Time.Advance(TimeSpan.FromSeconds(1));
        await cluster.Sender.Of(23);

        Assert.True(IsOf(cluster.Sender.All.Last(), last));
        Assert.Equal(2, cluster.Sender.All.Count(request => IsOf(request, first)));
    }

    [Fact]
    public async Task Call_WhileALongBacklogIsRead_IsAnsweredInBetween()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var grain = await Make(cluster, WebhookTypes.Job);
        var asked = new TaskCompletionSource<Task>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        var (reads, isAnsweredInBetween) = (0, false);
        // A backlog of events of another type, as long as the call takes.
        cluster.Gate.Replace(nameof(ITaskStore.ReadEventLog), arguments =>
        {
            if (++reads == 50)
                asked.SetResult(grain.List());
            isAnsweredInBetween |= asked.Task is { IsCompleted: true, Result.IsCompleted: true };
            return Task.FromResult(
                isAnsweredInBetween || limit.IsCancellationRequested
                    ? new EventLogPage(0, 0, [])
                    : LogPage((long)arguments[0]!));
        });

        cluster.Time.Advance(TimeSpan.FromSeconds(1));
        await (await asked.Task.Soon()).Soon();

        Assert.True(isAnsweredInBetween || !limit.IsCancellationRequested, $"not answered within {reads} reads");
    }

    [Fact]
    public async Task Test_IsNotAnsweredBeforeItsOwnResultIsStored()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var grain = await Make(cluster, WebhookTypes.Task);
        var (one, two) = (new TaskCompletionSource<WebhookAnswer>(), new TaskCompletionSource<WebhookAnswer>());
        cluster.Sender.Answer = _ => one.Task;
        var first = grain.Test(Id);
        await cluster.Sender.Of(1);
        cluster.Sender.Answer = _ => two.Task;
        var second = grain.Test(Id);
        await cluster.Sender.Of(2);

        // The first result's commit fails and is repeated; the second result's commit fails, and then there is another owner.
        cluster.WebhookGate.FailAfter(nameof(IWebhookStore.Commit), 0);
        one.SetResult(new WebhookAnswer(200, null));
        await cluster.WebhookGate.Failed.Soon();
        cluster.WebhookGate.FailAfter(nameof(IWebhookStore.Commit), 1);
        two.SetResult(new WebhookAnswer(200, null));
        await cluster.WebhookGate.Failed.Soon();
        await cluster.Webhooks.TakeEpoch();
        await grain.EnsureActive().Soon();

        Assert.Equal(DeliveryState.Delivered, (await first.Soon()).Delivery!.State);
        await Assert.ThrowsAsync<OutcomeUnknownException>(() => second.Soon());
    }

    [Fact]
    public async Task Requests_OfAnActivationThatWasReplaced_HaveNotBegun()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var grain = await Make(cluster, WebhookTypes.Task);
        cluster.WebhookGate.Close(nameof(IWebhookStore.Commit));
        var changing = grain.Change(Id, new WebhookChange(null, null, Paused: true));
        await cluster.WebhookGate.Reached.Soon();
        Task[] requests = [changing, grain.Rotate(Id), grain.List()];
        await cluster.Arrivals.Of(nameof(IWebhookGrain.Rotate), 1);
        await cluster.Arrivals.Of(nameof(IWebhookGrain.List), 1);

        await cluster.Webhooks.TakeEpoch();
        cluster.WebhookGate.Open();

        foreach (var request in requests)
            Assert.True((await Assert.ThrowsAsync<StoreUnavailableException>(() => request.Soon())).IsOwnerReplaced);
        Assert.Equal(WebhookOutcome.Done, (await grain.Rotate(Id).Soon()).Outcome);
        Assert.False(Assert.Single(await grain.List().Soon()).Paused);
    }

    [Fact]
    public async Task Request_BehindAChangeWithAnUnknownOutcome_HasNotBegun()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var grain = await Make(cluster, WebhookTypes.Task);
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var outcome = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        cluster.WebhookGate.Replace(nameof(IWebhookStore.Commit), _ =>
        {
            reached.TrySetResult();
            return outcome.Task;
        });
        var changing = grain.Change(Id, new WebhookChange(null, null, Paused: true));
        await reached.Task.Soon();
        var rotating = grain.Rotate(Id);
        await cluster.Arrivals.Of(nameof(IWebhookGrain.Rotate), 1);

        outcome.SetException(new OutcomeUnknownException());

        await Assert.ThrowsAsync<OutcomeUnknownException>(() => changing.Soon());
        Assert.True((await Assert.ThrowsAsync<StoreUnavailableException>(() => rotating.Soon())).IsOwnerReplaced);
    }

    [Fact]
    public async Task Resend_OfManyOpenDeliveries_IsRefusedWhileEnoughWait()
    {
        await using var cluster = await GrainCluster.StartAsync();
        await cluster.Webhooks.Commit(new WebhookCommit(await cluster.Webhooks.TakeEpoch(), [Row()], [],
            [.. Enumerable.Range(1, 9).Select(static n => Open(n))], 1));
        var answer = new TaskCompletionSource<WebhookAnswer>(TaskCreationOptions.RunContinuationsAsynchronously);
        cluster.Sender.Answer = _ => answer.Task;
        var grain = Grain(cluster);
        var asked = Enumerable.Range(1, 4).Select(n => grain.Resend(Id, n)).ToList();
        await cluster.Sender.Of(4);
        asked.AddRange(Enumerable.Range(5, 4).Select(n => grain.Resend(Id, n)));
        await cluster.Arrivals.Of(nameof(IWebhookGrain.Resend), 8);

        Assert.Equal(WebhookOutcome.TooMany, (await grain.Resend(Id, 9).Soon()).Outcome);
        Assert.Equal(WebhookOutcome.TooMany, (await grain.Test(Id).Soon()).Outcome);
        answer.SetResult(new WebhookAnswer(204, null));

        Assert.All(await Task.WhenAll(asked).Soon(), static reply => Assert.Equal(DeliveryState.Delivered, reply.Delivery?.State));
        Assert.Equal(8, cluster.Sender.All.Count);
    }

    [Fact]
    public async Task Test_IsRefusedWhileEnoughRun()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var grain = await Make(cluster, WebhookTypes.Task);
        var answer = new TaskCompletionSource<WebhookAnswer>(TaskCreationOptions.RunContinuationsAsynchronously);
        cluster.Sender.Answer = _ => answer.Task;
        var asked = Enumerable.Range(0, 4).Select(_ => grain.Test(Id)).ToArray();
        await cluster.Sender.Of(4);

        Assert.Equal(WebhookOutcome.TooMany, (await grain.Test(Id).Soon()).Outcome);

        answer.SetResult(new WebhookAnswer(500, null));
        Assert.All(await Task.WhenAll(asked).Soon(), static reply => Assert.Equal(DeliveryState.Failed, reply.Delivery?.State));
        Assert.Equal(WebhookOutcome.Done, (await grain.Test(Id).Soon()).Outcome);
    }

    [Fact]
    public async Task Create_BeyondTheBound_IsRefused()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var grain = Grain(cluster);
        for (var i = 0; i < WebhookCore.MostWebhooks; i++)
            Assert.Equal(WebhookOutcome.Done, (await grain.Create($"w{i}", "http://a/", WebhookTypes.Task).Soon()).Outcome);

        Assert.Equal(WebhookOutcome.TooMany, (await grain.Create("another", "http://a/", WebhookTypes.Task).Soon()).Outcome);
        Assert.Equal(WebhookOutcome.Done, (await grain.Create("w0", "http://a/", WebhookTypes.Task).Soon()).Outcome);
        await grain.Delete("w1").Soon();
        Assert.Equal(WebhookOutcome.Done, (await grain.Create("another", "http://a/", WebhookTypes.Task).Soon()).Outcome);
    }

    /// <summary>The call of a client that gave it up, and repeated it, may come hours later.</summary>
    [Fact]
    public async Task Create_OfOneThatWasDeleted_MakesNothing_AlsoAfterARestart()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var grain = await Make(cluster, WebhookTypes.Task);
        Assert.Equal(WebhookOutcome.Done, await grain.Delete(Id).Soon());

        Assert.Equal(WebhookOutcome.NotFound, (await grain.Create(Id, "http://a/", WebhookTypes.Task).Soon()).Outcome);
        await cluster.Host.KillAndRestart();
        grain = Grain(cluster);
        Assert.Equal(WebhookOutcome.NotFound, (await grain.Create(Id, "http://a/", WebhookTypes.Task).Soon()).Outcome);
        Assert.Empty(await grain.List().Soon());
    }

    private static readonly TaskCompletionSource<WebhookAnswer> Hanging = new();

    private static IWebhookGrain Grain(GrainCluster cluster) => cluster.Grains.GetGrain<IWebhookGrain>(IWebhookGrain.OnlyKey);

    private static async Task<IWebhookGrain> Make(GrainCluster cluster, WebhookTypes types)
    {
        var grain = Grain(cluster);
        Assert.Equal(WebhookOutcome.Done, (await grain.Create(Id, "http://a/", types).Soon()).Outcome);
        return grain;
    }

    private static WebhookRow Row() => new(Id, "http://a/", WebhookTypes.Task, Paused: false, 1, new byte[] { 1 }) { LastN = 9 };

    private static DeliveryRow Open(int n) =>
        new(Id, new WebhookDelivery(n, $"m{n}", "{}"u8.ToArray(), 1, DeliveryState.Open, 12, 500, 1, long.MaxValue / 2, null), 12);

    private static bool IsOf(WebhookRequest request, string task) =>
        Encoding.UTF8.GetString(request.Body.Span).Contains(task, StringComparison.Ordinal);

    private static EventLogPage LogPage(long after) => new(
        0, long.MaxValue, [.. Enumerable.Range(1, WebhookReading.LogPage).Select(i => new EventRecord(
            GrainCluster.Key, after + i, 1, [new FeedEntry(new TaskId(1, 1), TaskState.Queued, 1)], after + i))]);
}
