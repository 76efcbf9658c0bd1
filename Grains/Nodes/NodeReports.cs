using OrleansTasks.Queues;

namespace OrleansTasks.Nodes;

/// <summary>Splits what a worker reports by partition; nearly always there is one.</summary>
internal static class NodeReports
{
    /// <summary>One report for each partition that <paramref name="whole"/> names; none when it is empty.</summary>
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
}
