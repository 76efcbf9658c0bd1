using OrleansTasks.Queues;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Nodes;

/// <summary>
/// Renews the leases of the attempts that a worker holds.
/// The dispatcher of a partition (a share of a queue) grants a lease on each attempt that it assigns to a node.
/// A lease that is not renewed in time lapses: the dispatcher then counts the attempt as lost with its node.
/// The node's grain calls this class whenever its worker registers or sends a heartbeat.
/// The same calls let each dispatcher find commands that were lost. Holds no state.
/// </summary>
/// <param name="grains">Finds the dispatchers.</param>
/// <param name="node">The name of the node.</param>
/// <param name="partitions">
/// Knows which partitions exist. Only their dispatchers may be called, because a call would create the partition.
/// </param>
/// <param name="silent">Called with each partition whose renewal failed, and the failure. For the log.</param>
internal sealed class LeaseRenewal(
    IGrainFactory grains, string node, KnownPartitions partitions, Action<PartitionKey, Exception> silent)
{
    /// <summary>
    /// Sends the worker's attempts to the dispatcher of each partition in <paramref name="held"/> and
    /// <paramref name="asked"/>, and waits for the slowest. The reply names the attempts that the worker must kill.
    /// <see cref="StatusReply.SessionValid"/> is false when a dispatcher has given the session up:
    /// a lease of the session has lapsed there, or the dispatcher knows a later session of the node.
    /// <list type="bullet">
    /// <item>A dispatcher that fails or cannot be reached has no effect on the reply.</item>
    /// <item>The worker must kill all attempts of a partition that does not exist.</item>
    /// <item>While the store cannot tell whether a partition exists, its attempts are not renewed or killed.</item>
    /// </list>
    /// </summary>
    /// <param name="session">
    /// The number of the node's session. Each registration of the worker begins a new session.
    /// </param>
    /// <param name="asked">
    /// Partitions to call even if the worker holds no attempt of them:
    /// their dispatchers may have sent a command that was lost.
    /// </param>
    /// <param name="held">The attempts that the worker holds.</param>
    /// <param name="asOf">
    /// When the worker sent <paramref name="held"/>, by the worker's own clock; 0 when the worker does not say.
    /// </param>
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
    /// Renews the leases of one partition. First sends only the number of attempts and a digest of their tokens.
    /// Sends the list of attempts only when the dispatcher asks for it: it expects other attempts, or cannot know,
    /// as after its restart, which attempts the worker still has.
    /// After a failure, the reply changes nothing for the worker.
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
            // Usually the dispatcher's activation has ended, and the next activation gives every lease a full new term.
            // A dispatcher that lives on and cannot be reached lets the leases lapse and gives the session up.
            silent(partition, failure);
            return new RenewReply(RenewOutcome.Renewed, []);
        }
    }
}
