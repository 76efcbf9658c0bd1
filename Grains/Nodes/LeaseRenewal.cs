using OrleansTasks.Queues;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Nodes;

/// <summary>Renews what a worker holds at the dispatchers that gave it.</summary>
/// <param name="grains">Finds dispatchers.</param>
/// <param name="node">The node.</param>
/// <param name="partitions">Which partitions may be called.</param>
/// <param name="silent">Told of a partition that did not answer.</param>
internal sealed class LeaseRenewal(
    IGrainFactory grains, string node, KnownPartitions partitions, Action<PartitionKey, Exception> silent)
{
    /// <summary>
    /// Tells every partition that holds something of <paramref name="held"/>, and those of <paramref name="asked"/>, what the worker has
    /// of it. The session goes on unless one says that it is over; a partition that cannot be reached decides nothing. Of partitions
    /// that do not exist everything is to be killed; while the store cannot tell, nothing is decided of those that are not known.
    /// </summary>
    public async Task<StatusReply> Renew(
        long session, IEnumerable<PartitionKey> asked, ImmutableArray<LeaseRef> held, long asOf)
    {
        var byPartition = held.ToLookup(static lease => lease.Partition);
        PartitionKey[] named = [.. byPartition.Select(static group => group.Key)];
        var kill = new List<LeaseRef>();
        IReadOnlySet<PartitionKey> unknown;
        try
        {
            unknown = await partitions.Invented(named);
            kill.AddRange(unknown.SelectMany(partition => byPartition[partition]));
        }
        catch (StoreUnavailableException)
        {
            unknown = partitions.Unknown(named);
        }

        var called = asked.Union(named).Where(partition => !unknown.Contains(partition)).ToArray();
        var replies = await Task.WhenAll(called.Select(partition => Renew(partition, session, [.. byPartition[partition]], asOf)));
        kill.AddRange(replies.SelectMany(static reply => reply.Kill));
        return new StatusReply(replies.All(static reply => reply.Outcome != RenewOutcome.SessionOver), [.. kill]);
    }

    /// <summary>
    /// Renews one partition's leases, by digest and then by list where they differ. A partition that cannot be reached decides nothing:
    /// its next owner gives the leases a full term.
    /// </summary>
    private async Task<RenewReply> Renew(PartitionKey partition, long session, ImmutableArray<LeaseRef> held, long asOf)
    {
        try
        {
            var dispatcher = grains.GetGrain<ITaskDispatcherGrain>(partition.ToString());
            var digest = held.Aggregate(0UL, static (sum, lease) => sum ^ lease.Token.Digest);
            var leases = new NodeLeases(node, session, held.Length, digest, null, asOf);
            var reply = await dispatcher.Renew(leases);
            return reply.Outcome == RenewOutcome.ListNeeded ? await dispatcher.Renew(leases with { Held = held }) : reply;
        }
        catch (Exception failure) when (failure is StoreUnavailableException or OutcomeUnknownException or TimeoutException or OrleansException)
        {
            silent(partition, failure);
            return new RenewReply(RenewOutcome.Renewed, []);
        }
    }
}
