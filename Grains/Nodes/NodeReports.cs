using OrleansTasks.Queues;
using OrleansTasks.Tasks;

namespace OrleansTasks.Nodes;

/// <summary>Splits what a worker reports by the partitions it concerns; nearly always there is one.</summary>
internal static class NodeReports
{
    public static IReadOnlyList<(PartitionKey Partition, NodeReport Report)> Split(
        string node,
        long session,
        ImmutableArray<LeaseRef> started,
        ImmutableArray<AttemptResult> results,
        ImmutableArray<LeaseRef> refused)
    {
        if (First(started, results, refused) is not { } first)
            return [];
        if (started.All(lease => lease.Partition == first) && refused.All(lease => lease.Partition == first)
            && results.All(result => result.Lease.Partition == first))
            return [(first, new NodeReport(node, session, started, results, refused))];
        return
        [
            .. started.Select(static lease => lease.Partition)
                .Concat(results.Select(static result => result.Lease.Partition))
                .Concat(refused.Select(static lease => lease.Partition))
                .Distinct()
                .Select(partition => (partition, new NodeReport(
                    node,
                    session,
                    [.. started.Where(lease => lease.Partition == partition)],
                    [.. results.Where(result => result.Lease.Partition == partition)],
                    [.. refused.Where(lease => lease.Partition == partition)]))),
        ];
    }

    private static PartitionKey? First(
        ImmutableArray<LeaseRef> started, ImmutableArray<AttemptResult> results, ImmutableArray<LeaseRef> refused) =>
        !results.IsEmpty ? results[0].Lease.Partition
        : !started.IsEmpty ? started[0].Partition
        : !refused.IsEmpty ? refused[0].Partition
        : null;
}
