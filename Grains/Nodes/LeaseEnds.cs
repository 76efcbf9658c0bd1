using OrleansTasks.Resources;

namespace OrleansTasks.Nodes;

/// <summary>
/// When the leases of each account become free at the latest, by the attempts that run and by what their queues were
/// told. Times are Unix milliseconds of the node grain's steady clock; <see cref="long.MaxValue"/> is unknown.
/// </summary>
internal sealed class LeaseEnds
{
    private readonly Dictionary<(string Queue, ResourceVector Shape), List<long>> ends = [];

    public LeaseEnds(IEnumerable<RunningAttempt> running)
    {
        foreach (var attempt in running)
        {
            if (!ends.TryGetValue((attempt.Queue, attempt.Shape), out var list))
                ends.Add((attempt.Queue, attempt.Shape), list = []);
            list.Add(attempt.EndsBy);
        }
    }

    /// <summary>
    /// Returns when each of the account's leases would become free if its queue started nothing more than it was told
    /// it may, earliest first. The first <c>Reserved - Kept</c> do become free then: the queue has agreed to it.
    /// </summary>
    public IReadOnlyList<long> Of(SlotAccount account)
    {
        var of = ends.GetValueOrDefault((account.Queue, account.Shape)) ?? [];
        // A queue with a bound may start another attempt with a lease that becomes free before.
        var all = of.Concat(Enumerable.Repeat(0L, Math.Max(0, account.Reserved - of.Count)))
            .Select(end => Math.Max(end, account.EndsBy)).ToList();
        all.Sort();
        return all.Count > account.Reserved ? all[..account.Reserved] : all;
    }
}
