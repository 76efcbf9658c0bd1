using OrleansTasks.Queues;
using OrleansTasks.Tasks;

namespace OrleansTasks.Nodes;

/// <summary>Splits what a worker reports by the partitions it concerns; nearly always there is one.</summary>
internal static class NodeReports
{
    /// <summary>One report for each partition that <paramref name="whole"/> names; none when it is empty.</summary>
    public static IReadOnlyList<(PartitionKey Partition, NodeReport Report)> Split(NodeReport whole)
    {
        var partitions = PartitionsOf(whole);
        return partitions switch
        {
            [] => [],
            [var only] => [(only, whole)],
            _ => [.. partitions.Select(partition => (partition, Of(whole, partition)))],
        };
    }

    private static List<PartitionKey> PartitionsOf(NodeReport whole)
    {
        var partitions = new List<PartitionKey>(1);
        foreach (var result in whole.Results)
            Add(result.Lease);
        foreach (var lease in whole.Started)
            Add(lease);
        foreach (var lease in whole.Refused)
            Add(lease);
        foreach (var lease in whole.Unable ?? [])
            Add(lease);
        return partitions;

        void Add(LeaseRef lease)
        {
            if (!partitions.Contains(lease.Partition))
                partitions.Add(lease.Partition);
        }
    }

    private static NodeReport Of(NodeReport whole, PartitionKey partition) => whole with
    {
        Started = [.. whole.Started.Where(lease => lease.Partition == partition)],
        Results = [.. whole.Results.Where(result => result.Lease.Partition == partition)],
        Refused = [.. whole.Refused.Where(lease => lease.Partition == partition)],
        Unable = whole.Unable is { } unable ? [.. unable.Where(lease => lease.Partition == partition)] : null,
    };
}
