using OrleansTasks.Queues;
using OrleansTasks.Tasks;

namespace OrleansTasks.Nodes;

/// <summary>
/// What a worker has in one session, as far as its node's grain knows: what was passed on to it and what its heartbeats list, less
/// what it has reported. People see the count; the accounting of slots does not depend on it.
/// </summary>
internal sealed class NodeHoldings(long session)
{
    private readonly Dictionary<LeaseToken, (LeaseRef Lease, long At)> held = [];

    public long Session => session;

    public int Count => held.Count;

    public ImmutableArray<LeaseRef> All => [.. held.Values.Select(static entry => entry.Lease)];

    public bool Contains(LeaseToken token) => held.ContainsKey(token);

    public int CountOf(PartitionKey partition) => held.Values.Count(entry => entry.Lease.Partition == partition);

    /// <summary>An attempt is on its way to the worker.</summary>
    public void Pass(LeaseRef lease, long now) => held.TryAdd(lease.Token, (lease, now));

    /// <summary>The worker has said how an attempt ended, or that it did not take it up.</summary>
    public void Settle(LeaseToken token) => held.Remove(token);

    /// <summary>
    /// Takes a heartbeat's list. What it does not have goes, unless it was passed on later than <paramref name="since"/>.
    /// </summary>
    public void Follow(ImmutableArray<LeaseRef> list, long now, long since)
    {
        var listed = new HashSet<LeaseToken>();
        foreach (var lease in list)
        {
            listed.Add(lease.Token);
            Pass(lease, now);
        }

        foreach (var (token, (_, at)) in held)
        {
            if (at <= since && !listed.Contains(token))
                held.Remove(token);
        }
    }
}
