using OrleansTasks.Nodes;

namespace OrleansTasks.Grains.Tests.Cluster;

/// <summary>What a dispatcher answers only while it can prove that it still owns its partition.</summary>
public sealed class OwnershipTests
{
    [Fact]
    public async Task Renew_OwnershipWasNotProvenForTooLong_WaitsForACommit()
    {
        await using var cluster = await GrainCluster.StartAsync(static options => options.ProofTerm = TimeSpan.FromSeconds(5));
        var worker = await cluster.Worker("n");
        await cluster.Submit();
        var lease = await worker.NextStart();
        var leases = new NodeLeases("n", worker.Session, 1, lease.Token.Digest, [lease]);
        Assert.Equal(RenewOutcome.Renewed, (await cluster.Dispatcher.Renew(leases).Soon()).Outcome);
        var digest = leases with { Held = null };

        cluster.Gate.Close("Commit");
        Assert.Equal(RenewOutcome.Renewed, (await cluster.Dispatcher.Renew(digest).Soon()).Outcome);
        cluster.Time.Advance(TimeSpan.FromSeconds(6));
        var unproven = cluster.Dispatcher.Renew(digest);
        await cluster.Gate.Reached.Soon();
        Assert.False(unproven.IsCompleted);

        cluster.Gate.Open();
        Assert.Equal(RenewOutcome.Renewed, (await unproven.Soon()).Outcome);
    }
}
