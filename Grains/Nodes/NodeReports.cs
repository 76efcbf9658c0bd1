using OrleansTasks.Queues;
using OrleansTasks.Tasks;

namespace OrleansTasks.Nodes;

/// <summary>
/// Splits a report on the attempts of a worker by partition (a share of a queue). Each partition has a dispatcher of
/// its own, which must receive only the attempts that it has assigned.
/// <see cref="NodeGrain"/> calls this when it passes on a report of its worker.
/// <see cref="CommandDelivery"/> calls it when it gives attempts back.
/// Nearly all reports name only one partition.
/// </summary>
internal static class NodeReports
{
    /// <summary>
    /// Returns one report for each partition that <paramref name="whole"/> names, with the same node and session.
    /// Returns no report when <paramref name="whole"/> names no attempt.
    /// Keeps the order of attempts within a partition. <see cref="NodeReport.Unable"/> may be null, which means empty.
    /// </summary>
    public static IReadOnlyList<(PartitionKey Partition, NodeReport Report)> Split(NodeReport whole)
    {
        var leases = whole.Results.Select(static result => result.Lease).Concat(whole.Started).Concat(whole.Refused).Concat(whole.Unable ?? []);
        PartitionKey[] partitions = [.. leases.Select(static lease => lease.Partition).Distinct()];
        if (partitions is [])
            return [];
        if (partitions is [var only])
            return [(only, whole)];
        var results = whole.Results.ToLookup(static result => result.Lease.Partition);
        var started = whole.Started.ToLookup(static lease => lease.Partition);
        var refused = whole.Refused.ToLookup(static lease => lease.Partition);
        var unable = whole.Unable?.ToLookup(static lease => lease.Partition);
        return
        [
            .. partitions.Select(partition => (partition, whole with
            {
                Results = [.. results[partition]],
                Started = [.. started[partition]],
                Refused = [.. refused[partition]],
                Unable = unable is null ? null : [.. unable[partition]],
            })),
        ];
    }

    /// <summary>The leases that a report ends at the worker: with a result, refused, or unable to start.</summary>
    public static LeaseToken[] TokensSettled(
        ImmutableArray<AttemptResult> results, ImmutableArray<LeaseRef> refused, ImmutableArray<LeaseRef>? unable) =>
    [
        .. results.Select(static result => result.Lease.Token), .. refused.Select(static lease => lease.Token),
        .. (unable ?? []).Select(static lease => lease.Token),
    ];
}
