using OrleansTasks.Nodes;
using OrleansTasks.Queues;
using OrleansTasks.Tasks;

namespace OrleansTasks.Grains.Tests.Cluster;

/// <summary>What a heartbeat confirms when one of the partitions does not answer.</summary>
public sealed class LeaseRenewalTests
{
    private static readonly PartitionKey Other = new("b", 0);

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
        Assert.Equal(GrainCluster.Key, term.Partition);
        Assert.InRange(term.AsOf, 100, sentAt);
        Assert.True(first.SessionValid);
        Assert.False(first.AllRenewed);

        answering.SetResult();
        sentAt += 100;
        LeaseTerm[] both = [new LeaseTerm(GrainCluster.Key, sentAt), new LeaseTerm(Other, sentAt)];
        var second = await Beat(worker, held, sentAt).Soon();
        Assert.Equal(both, second.Terms.OrderByDescending(static term => term.Partition.Queue));
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

    private static bool IsRenewalOf(IIncomingGrainCallContext context, PartitionKey partition) =>
        context.MethodName == nameof(ITaskDispatcherGrain.Renew)
        && context.TargetId.ToString()!.EndsWith(partition.ToString(), StringComparison.Ordinal);

    private static Task<StatusReply> Beat(TestWorker worker, LeaseRef[] held, long sentAt) =>
        worker.Node.ReportStatus(new NodeStatus(worker.Session, [.. held], 0, 0, SentAt: sentAt) { TakesTerms = true });

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
