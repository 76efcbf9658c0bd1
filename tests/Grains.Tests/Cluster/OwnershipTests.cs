using OrleansTasks.Nodes;

namespace OrleansTasks.Grains.Tests.Cluster;

/// <summary>What a dispatcher answers only while it can prove that it still owns its queue.</summary>
public sealed class OwnershipTests
{
    private static readonly Action<DispatchOptions> WithProofs =
        static options => options.ProofTerm = TimeSpan.FromSeconds(5);

    [Fact]
    public async Task Renew_OwnershipWasNotProvenForTooLong_WaitsForAProofAndForNoCommit()
    {
        await using var cluster = await GrainCluster.StartAsync(WithProofs);
        var digest = await Renewed(cluster);

        cluster.Gate.Close("Prove");
        Assert.Equal(RenewOutcome.Renewed, (await cluster.Dispatcher.Renew(digest).Soon()).Outcome);
        cluster.Time.Advance(TimeSpan.FromSeconds(6));
        var unproven = await cluster.Time.Pass(
            new DispatchOptions().HeartbeatPatience, () => cluster.Dispatcher.Renew(digest));
        Assert.True(cluster.Gate.Reached.IsCompleted);
        Assert.Equal(RenewOutcome.Unproven, unproven.Outcome);

        cluster.Gate.Open();
        Assert.Equal(RenewOutcome.Renewed, (await cluster.Dispatcher.Renew(digest).Soon()).Outcome);
    }

    [Fact]
    public async Task Renew_ACommitIsSlow_DoesNotWaitForIt()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var digest = await Renewed(cluster);
        cluster.Gate.Close("Commit");
        var submitted = cluster.Submit();
        await cluster.Gate.Reached.Soon();

        var reply = await cluster.Dispatcher.Renew(digest with { Count = 2 }).Soon();
        Assert.Equal((RenewOutcome.Renewed, true), (reply.Outcome, reply.NeedsList));

        cluster.Gate.Open();
        await submitted.Soon();
    }

    [Fact]
    public async Task Renew_AnotherOwnerHasTheQueue_ConfirmsNothing()
    {
        await using var cluster = await GrainCluster.StartAsync(WithProofs);
        var digest = await Renewed(cluster);
        await cluster.Memory.TakeEpoch(GrainCluster.Key, null, TestContext.Current.CancellationToken);

        cluster.Time.Advance(TimeSpan.FromSeconds(6));
        Assert.Equal(RenewOutcome.Unproven, (await cluster.Dispatcher.Renew(digest).Soon()).Outcome);
    }

    /// <summary>Has a worker hold an attempt that it has listed; returns its digest.</summary>
    private static async Task<NodeLeases> Renewed(GrainCluster cluster)
    {
        var worker = await cluster.Worker("n");
        await cluster.Submit();
        var lease = await worker.NextStart();
        var leases = new NodeLeases("n", worker.Session, 1, lease.Token.Digest, [lease]);
        Assert.Equal(RenewOutcome.Renewed, (await cluster.Dispatcher.Renew(leases).Soon()).Outcome);
        return leases with { Held = null };
    }
}
