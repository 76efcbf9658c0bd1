using OrleansTasks.Nodes;
using OrleansTasks.Tasks;

namespace OrleansTasks.Grains.Tests.Cluster;

/// <summary>What a heartbeat confirms when one of the queues does not answer.</summary>
public sealed class LeaseRenewalTests
{
    private const string Other = "b";

    [Fact]
    public async Task Heartbeat_ADispatcherIsSilent_ConfirmsTheOthersAndThisOneOnceItHasAnswered()
    {
        // Long: time passes for as long as the one that answers needs for it.
        await using var cluster = await GrainCluster.StartAsync(
            static options => options.Lease = TimeSpan.FromHours(1));
        var (worker, held) = await HoldingOfTwo(cluster);
        var answering = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        cluster.Arrivals.Before = context => IsRenewalOf(context, Other) ? answering.Task : Task.CompletedTask;

        var sentAt = 0;
        StatusReply first;
        do
            first = await cluster.Time.Pass(
                new DispatchOptions().HeartbeatPatience, () => Beat(worker, held, sentAt += 100));
        while (first.Terms.IsEmpty);
        var term = Assert.Single(first.Terms);
        Assert.Equal(GrainCluster.Key, term.Queue);
        Assert.InRange(term.AsOf, 100, sentAt);
        Assert.True(first.SessionValid);
        Assert.False(first.AllRenewed);

        answering.SetResult();
        sentAt += 100;
        LeaseTerm[] both = [new LeaseTerm(GrainCluster.Key, sentAt), new LeaseTerm(Other, sentAt)];
        var second = await Beat(worker, held, sentAt).Soon();
        Assert.Equal(both, second.Terms.OrderByDescending(static term => term.Queue));
        GC.KeepAlive(worker);
    }

    [Fact]
    public async Task Heartbeat_CallsOfADispatcherFail_ConfirmsNothingForIt()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var (worker, held) = await HoldingOfTwo(cluster);
        cluster.Arrivals.Before = context =>
            IsRenewalOf(context, Other)
                ? Task.FromException(new TimeoutException("The test has it fail."))
                : Task.CompletedTask;

        var reply = await Beat(worker, held, sentAt: 100).Soon();
        Assert.Equal([new LeaseTerm(GrainCluster.Key, 100)], reply.Terms);
        Assert.False(reply.AllRenewed);
        GC.KeepAlive(worker);
    }

    [Fact]
    public async Task Heartbeat_OfAWorkerThatReadsNoTerms_IsARenewalOnceAllHaveAnswered()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var (worker, held) = await HoldingOfTwo(cluster);
        Assert.True((await worker.Beat(held)).AllRenewed);
        GC.KeepAlive(worker);
    }

    [Fact]
    public async Task Heartbeat_CommandNeverArrives_KillsTheAttemptThoughNoListNamesIt()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var (worker, lost) = await LosingACommand(cluster);

        Assert.Equal([lost], (await worker.Beat()).Kill);
        GC.KeepAlive(worker);
    }

    [Fact]
    public async Task Heartbeat_ListWithoutTheAttemptIsLate_DoesNotKillWhatALaterListNames()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var (worker, late) = await LosingACommand(cluster);
        var arriving = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        // The first call of a heartbeat has no list.
        var calls = 0;
        cluster.Arrivals.Before = context =>
            IsRenewalOf(context, GrainCluster.Key) && ++calls == 2 ? arriving.Task : Task.CompletedTask;
        var first = await cluster.Time.Pass(new DispatchOptions().HeartbeatPatience, () => Beat(worker, [], sentAt: 100));
        Assert.Empty(first.Kill);

        // The command is there now, and runs. The list from before it reaches the dispatcher next.
        arriving.SetResult();
        Assert.Empty((await Beat(worker, [late], sentAt: 200).Soon()).Kill);
        Assert.True(await worker.Started(late));
        Assert.Empty((await Beat(worker, [late], sentAt: 300).Soon()).Kill);
        GC.KeepAlive(worker);
    }

    /// <summary>A worker to which a command was sent four times; of the next list that lacks its attempt, it is to be killed.</summary>
    private static async Task<(TestWorker Worker, LeaseRef Lost)> LosingACommand(GrainCluster cluster)
    {
        var worker = await cluster.Worker("n");
        await cluster.Submit();
        var lost = await worker.NextStart();
        for (var i = 0; i < 3; i++)
        {
            cluster.Time.Advance(new DispatchOptions().Heartbeat);
            Assert.Empty((await worker.Beat()).Kill);
            Assert.Equal(lost, await worker.NextStart());
        }

        cluster.Time.Advance(new DispatchOptions().Heartbeat);
        return (worker, lost);
    }

    private static bool IsRenewalOf(IIncomingGrainCallContext context, string queue) =>
        context.MethodName == nameof(ITaskDispatcherGrain.Renew)
        && context.TargetId.ToString()!.EndsWith(queue, StringComparison.Ordinal);

    private static Task<StatusReply> Beat(TestWorker worker, LeaseRef[] held, long sentAt) =>
        worker.Node.ReportStatus(new NodeStatus(worker.Session, [.. held], 0, 0, SentAt: sentAt));

    /// <summary>A worker that holds an attempt of each of two queues.</summary>
    private static async Task<(TestWorker Worker, LeaseRef[] Held)> HoldingOfTwo(GrainCluster cluster)
    {
        var worker = await cluster.Worker("n", slots: 2);
        await cluster.Submit();
        var first = await worker.NextStart();
        var request = cluster.Request();
        await cluster.Grains.GetGrain<ITaskDispatcherGrain>(Other.ToString()).Submit([request]).Soon();
        return (worker, [first, await worker.NextStart()]);
    }
}
