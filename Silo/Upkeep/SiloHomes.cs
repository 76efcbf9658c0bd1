using OrleansTasks.Cluster;
using OrleansTasks.Queues;
using OrleansTasks.Silo.Status;

namespace OrleansTasks.Silo.Upkeep;

/// <summary>
/// The homes of the partitions (<see cref="PartitionHomes"/>) as this silo knows them: from the present members, and from the
/// partitions that <see cref="PartitionKeeper"/> read last. Safe for several threads.
/// </summary>
public sealed class SiloHomes(ISiloMembership membership)
{
    private readonly Lock gate = new();
    private HashSet<PartitionKey> partitions = [];
    private IReadOnlyList<string> members = [];
    private PartitionHomes homes = new([], []);

    /// <summary>The silo that should own a partition, by its name among the members; null: there is no member.</summary>
    public string? Of(PartitionKey partition)
    {
        lock (gate)
        {
            var present = membership.Members;
            if (!present.SequenceEqual(members, StringComparer.Ordinal))
                (members, homes) = (present, new PartitionHomes(present, partitions));
            return homes.Of(partition);
        }
    }

    /// <summary>Whether this silo should own a partition.</summary>
    public bool IsHere(PartitionKey partition) => string.Equals(Of(partition), membership.Own, StringComparison.Ordinal);

    /// <summary>Whether this silo is a member and a partition belongs to another one.</summary>
    public bool IsElsewhere(PartitionKey partition) => membership.IsActive && Of(partition) is not null && !IsHere(partition);

    /// <summary>These are the partitions in the store.</summary>
    internal void Learn(IEnumerable<PartitionKey> stored)
    {
        var all = stored.ToHashSet();
        lock (gate)
        {
            if (!all.SetEquals(partitions))
                (partitions, homes) = (all, new PartitionHomes(members, all));
        }
    }
}
