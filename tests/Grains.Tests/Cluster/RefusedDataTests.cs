using System.Text;
using OrleansTasks.Grains.Tests.Jobs;
using OrleansTasks.Jobs;
using OrleansTasks.Jobs.Spec;
using OrleansTasks.Storage;
using OrleansTasks.Storage.Memory;
using OrleansTasks.Tasks;
using OrleansTasks.Webhooks;

namespace OrleansTasks.Grains.Tests.Cluster;

/// <summary>The store refuses some data for ever: what it belongs to is set aside, and everything else goes on.</summary>
public sealed class RefusedDataTests
{
    private static readonly TaskId JobId = new(0x0190_0000_0000_7000, 1);
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1.1);

    [Fact]
    public async Task DueWork_OfOneTaskIsRefused_OtherTasksRunAndItRunsOnceTheStoreTakesIt()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var request = cluster.Request();
        var late = request.Tasks[0] with { RunAt = (cluster.Time.GetUtcNow() + Minute).ToUnixTimeMilliseconds() };
        cluster.Memory.Faults.Decide = commit =>
            commit.Writes.Any(write => write.Row.Id == late.Id && write.Row.State != TaskState.Scheduled) ? CommitFault.Refuse : CommitFault.None;
        Assert.Equal(SubmitOutcome.Accepted, (await cluster.Send(request with { Tasks = [late] })).Outcome);
        cluster.Time.Advance(Minute);

        var worker = await cluster.Worker("w");
        var other = await cluster.Submit();
        var lease = await worker.NextStart();
        Assert.True(await worker.Exit(lease));

        Assert.Equal((other, TaskState.Succeeded), (lease.Task, (await cluster.Get(other)).State));
        Assert.Equal(TaskState.Scheduled, (await cluster.Get(late.Id)).State);
        var entry = Assert.Single(cluster.Refused.Current);
        Assert.Equal(("queue", GrainCluster.Key), (entry.Kind, entry.Target));
        Assert.Contains("times at which tasks start", entry.Detail, StringComparison.Ordinal);

        cluster.Memory.Faults.Decide = null;
        cluster.Time.Advance(Minute);
        var next = await cluster.Worker("v");
        // The first worker is lost, unless it has reported since the clock was set.
        Assert.Equal(late.Id, (await await Task.WhenAny(next.NextStart(), worker.NextStart())).Task);
        Assert.Empty(cluster.Refused.Current);
    }

    [Fact]
    public async Task DueWork_StaysRefused_IsTriedMoreAndMoreRarely()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var request = cluster.Request();
        var late = request.Tasks[0] with { RunAt = (cluster.Time.GetUtcNow() + Minute).ToUnixTimeMilliseconds() };
        var refusals = 0;
        cluster.Memory.Faults.Decide = commit =>
        {
            var isRefused = commit.Writes.Any(write => write.Row.Id == late.Id && write.Row.State != TaskState.Scheduled);
            refusals += isRefused ? 1 : 0;
            return isRefused ? CommitFault.Refuse : CommitFault.None;
        };
        Assert.Equal(SubmitOutcome.Accepted, (await cluster.Send(request with { Tasks = [late] })).Outcome);

        // Each submission is answered by a round after the due work was tried again, if that was due.
        for (var i = 0; i < 60; i++)
        {
            cluster.Time.Advance(Minute);
            await cluster.Submit();
        }

        Assert.InRange(refusals, 4, 14);
    }

    [Theory]
    [InlineData(false, TaskState.Failed)]
    [InlineData(true, TaskState.Running)]
    public async Task Report_WithAResultThatIsRefused_IsSettledAndTheOtherResultsAreStored(bool always, TaskState then)
    {
        await using var cluster = await GrainCluster.StartAsync();
        var worker = await cluster.Worker("w", slots: 3);
        TaskId[] ids = [await cluster.Submit(), await cluster.Submit(), await cluster.Submit()];
        var leases = (await worker.NextStarts(3)).OrderBy(static lease => lease.Task).ToArray();
        Assert.True(await worker.Node.Report(worker.Session, [.. leases], [], []).Soon());
        var bad = leases[1].Task;
        cluster.Memory.Faults.Decide = commit => commit.Writes.Any(write => write.Row.Id == bad
            && (write.Row.State == TaskState.Succeeded || (always && write.Row.State.IsFinal()))) ? CommitFault.Refuse : CommitFault.None;

        Assert.True(await worker.Node.Report(
            worker.Session, [], [.. leases.Select(static lease => new AttemptResult(lease, EndReason.Exit, 0, null, 1, 1, 1, null))], []).Soon());

        Assert.Equal([TaskState.Succeeded, then, TaskState.Succeeded], await Task.WhenAll(
            leases.Select(async lease => (await cluster.Get(lease.Task)).State)));
        Assert.Equal(ids.Order(), leases.Select(static lease => lease.Task));
        Assert.Contains("node w", Assert.Single(cluster.Refused.Current).Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Call_ThatIsRefused_FailsItsCallerAsRefusedAndNotAsAnAbsentStore()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var (first, second) = (await cluster.Submit(), await cluster.Submit());
        cluster.Memory.Faults.Decide = commit => commit.Writes.Any(write => write.Row.Id == first) ? CommitFault.Refuse : CommitFault.None;

        var calls = (cluster.Dispatcher.Cancel([first]), cluster.Dispatcher.Cancel([second]));

        await Assert.ThrowsAsync<StoreRefusedException>(() => calls.Item1.Soon());
        Assert.Equal([ControlOutcome.Changed], await calls.Item2.Soon());
    }

    [Fact]
    public async Task Job_WhoseResultIsRefused_FailsAndSaysSo()
    {
        await using var cluster = await GrainCluster.StartAsync();
        cluster.Memory.Faults.Decide = commit =>
            commit.Jobs.Any(static job => job.Write.State == JobState.Succeeded) ? CommitFault.Refuse : CommitFault.None;

        var view = await Run(cluster, static view => view.State != JobState.Running);

        Assert.Equal((JobState.Failed, "store-refused"), (view.State, view.Reason));
        Assert.Equal(("job", JobId.ToString()), Assert.Single(
            cluster.Refused.Current.Select(static one => (one.Kind, one.Target)), static one => one.Kind == "job"));
        Assert.NotEqual(default, await cluster.Submit());
    }

    [Fact]
    public async Task Job_OfWhichNothingIsTaken_RestsAndDoesNotRepeatTheWrite()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var (created, refusals) = (false, 0);
        cluster.Memory.Faults.Decide = commit =>
        {
            var isRefused = created && commit.Jobs.Count > 0;
            created |= commit.Jobs.Count > 0;
            refusals += isRefused ? 1 : 0;
            return isRefused ? CommitFault.Refuse : CommitFault.None;
        };
        var job = await Create(cluster);

        await Assert.ThrowsAsync<StoreRefusedException>(async () =>
        {
            while (true)
                await job.Get().Soon();
        });
        var before = refusals;
        for (var i = 0; i < 20; i++)
            await Assert.ThrowsAsync<StoreRefusedException>(() => job.EnsureActive().Soon());

        Assert.Equal(before, refusals);
        Assert.NotEqual(default, await cluster.Submit());
    }

    [Theory]
    [InlineData(1, "The store refused what the receiver answered.")]
    [InlineData(2, null)]
    [InlineData(3, null)]
    public async Task Webhook_WhoseResultsAreRefused_HoldsUpNoOther(int refused, string? noted)
    {
        await using var cluster = await GrainCluster.StartAsync();
        var grain = cluster.Grains.GetGrain<IWebhookGrain>(IWebhookGrain.OnlyKey);
        foreach (var id in (string[])["a", "b", "c"])
            Assert.Equal(WebhookOutcome.Done, (await grain.Create(id, $"http://{id}/", WebhookTypes.Task).Soon()).Outcome);
        cluster.Webhooks.Refuses = commit => refused switch
        {
            1 => commit.Deliveries.Any(static row => row is { Webhook: "b", Delivery.Answer: "bad" }),
            2 => commit.Deliveries.Any(static row => row.Webhook == "b"),
            _ => commit.Put.Any(static row => row.Id == "b"),
        };
        cluster.Sender.Answer = static request => Task.FromResult(new WebhookAnswer(500, request.Url.Host == "b" ? "bad" : "fine"));
        await cluster.Submit();
        cluster.Time.Advance(TimeSpan.FromSeconds(1));
        await cluster.Sender.Of(3);

        foreach (var id in (string[])["a", "c"])
            Assert.Equal("fine", (await Stored(grain, id)).Answer);
        if (noted is not null)
            Assert.StartsWith(noted, (await Stored(grain, "b")).Answer, StringComparison.Ordinal);
        else
            Assert.Empty((await grain.Deliveries("b", long.MaxValue, 10).Soon())!.Value);
        Assert.Equal(("webhook", "b"), Assert.Single(cluster.Refused.Current.Select(static one => (one.Kind, one.Target))));
        Assert.Equal(DeliveryState.Failed, (await grain.Test("a").Soon()).Delivery?.State);
        Assert.Equal(WebhookOutcome.Done, await grain.Delete("b").Soon());
        Assert.Empty(cluster.Refused.Current);
    }

    [Fact]
    public async Task Webhook_ThatWasSetAside_SendsAgainOnceItsSettingsAreStored()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var grain = cluster.Grains.GetGrain<IWebhookGrain>(IWebhookGrain.OnlyKey);
        Assert.Equal(WebhookOutcome.Done, (await grain.Create("b", "http://b/", WebhookTypes.Task).Soon()).Outcome);
        cluster.Webhooks.Refuses = static commit => commit.Put.Length > 0;
        Assert.Equal(WebhookOutcome.Done, (await grain.Test("b").Soon()).Outcome);
        await cluster.Submit();
        cluster.Time.Advance(TimeSpan.FromSeconds(1));
        await grain.EnsureActive().Soon();
        await Assert.ThrowsAsync<StoreRefusedException>(() => grain.Change("b", new WebhookChange(null, null, false)).Soon());
        Assert.Single(cluster.Sender.All);

        cluster.Webhooks.Refuses = null;
        Assert.Equal(WebhookOutcome.Done, (await grain.Change("b", new WebhookChange(null, null, false)).Soon()).Outcome);
        cluster.Time.Advance(TimeSpan.FromSeconds(1));

        await cluster.Sender.Of(2);
        Assert.Empty(cluster.Refused.Current);
    }

    private static async Task<WebhookDelivery> Stored(IWebhookGrain grain, string id)
    {
        while (true)
        {
            if ((await grain.Deliveries(id, long.MaxValue, 10).Soon())!.Value is [{ } delivery, ..])
                return delivery;
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    private static async Task<IJobGrain> Create(GrainCluster cluster)
    {
        var worker = await cluster.Worker("w");
        var job = cluster.Grains.GetGrain<IJobGrain>(JobId.ToString());
        var spec = Encoding.UTF8.GetBytes("""
            {"queue":"default","source":{"range":{"from":0,"to":5}},"process":{"builtin":"identity"},"chunkSize":5,
             "aggregate":[{"op":"count"}]}
            """);
        Assert.Equal(JobOutcome.Done, (await job.Create(spec, null).Soon()).Outcome);
        var lease = await worker.NextStart();
        var report = EndedChunks.Report(JobSpecReader.ReadStored(spec), new ChunkPlan(1, 0, 5, default));
        await worker.Node.Report(worker.Session, [lease], [new AttemptResult(lease, EndReason.Exit, 0, null, 1, 1, 1, null, report)], []).Soon();
        return job;
    }

    private static async Task<JobView> Run(GrainCluster cluster, Func<JobView, bool> until)
    {
        var job = await Create(cluster);
        while (true)
        {
            if (await job.Get().Soon() is { } view && until(view))
                return view;
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }
}
