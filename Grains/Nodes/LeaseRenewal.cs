using OrleansTasks.Queues;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Nodes;

/// <summary>
/// Renews the leases of a worker's attempts with the dispatchers of their partitions.
/// The node's grain calls this at every registration and heartbeat.
/// </summary>
/// <param name="grains">Finds the dispatchers.</param>
/// <param name="node">The name of the node.</param>
/// <param name="partitions">The partitions that may be called.</param>
/// <param name="silent">Called with each partition that did not answer, and the failure.</param>
internal sealed class LeaseRenewal(
    IGrainFactory grains, string node, KnownPartitions partitions, Action<PartitionKey, Exception> silent)
{
    /// <summary>
    /// Sends the worker's attempts to the dispatcher of each partition in <paramref name="held"/> and
    /// <paramref name="asked"/>, which renews their leases. Returns the attempts that the worker must kill.
    /// The reply is invalid when a dispatcher reports that the session is over.
    /// <para>
    /// A dispatcher that cannot be reached has no effect on the reply.
    /// The worker must kill all attempts of a partition that does not exist.
    /// While the store is unavailable, attempts of partitions that are not known are neither renewed nor killed.
    /// </para>
    /// </summary>
    /// <param name="session">The session's number.</param>
    /// <param name="asked">Partitions to call even if the worker has no attempt of them.</param>
    /// <param name="held">The attempts that the worker has.</param>
    /// <param name="asOf">The time at which the worker sent <paramref name="held"/>, by the worker's own clock.</param>
    public async Task<StatusReply> Renew(
        long session, IEnumerable<PartitionKey> asked, ImmutableArray<LeaseRef> held, long asOf)
    {
        var byPartition = held.ToLookup(static lease => lease.Partition);
        PartitionKey[] named = [.. byPartition.Select(static group => group.Key)];
        var kill = new List<LeaseRef>();
        IReadOnlySet<PartitionKey> unknown;
        try
        {
            unknown = await partitions.FindNonexistent(named);
            kill.AddRange(unknown.SelectMany(partition => byPartition[partition]));
        }
        catch (StoreUnavailableException)
        {
            unknown = partitions.FindUnknown(named);
        }

        var called = asked.Union(named).Where(partition => !unknown.Contains(partition)).ToArray();
        var replies = await Task.WhenAll(called.Select(partition => Renew(partition, session, [.. byPartition[partition]], asOf)));
        kill.AddRange(replies.SelectMany(static reply => reply.Kill));
        return new StatusReply(replies.All(static reply => reply.Outcome != RenewOutcome.SessionOver), [.. kill]);
    }

    /// <summary>
    /// Renews the leases of one partition. Sends a digest of the attempts first, and the attempts themselves only when
    /// the dispatcher's digest differs. Returns an empty reply when the dispatcher cannot be reached: its next
    /// activation extends all leases by a full term.
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
