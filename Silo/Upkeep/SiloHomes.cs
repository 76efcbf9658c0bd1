using OrleansTasks.Cluster;
using OrleansTasks.Silo.Status;

namespace OrleansTasks.Silo.Upkeep;

/// <summary>
/// The homes of the queues (<see cref="QueueHomes"/>) as this silo computes them, from the current members and the
/// queues that
/// <see cref="QueueKeeper"/> read last. Thread-safe.
/// </summary>
public sealed class SiloHomes(ISiloMembership membership)
{
    private readonly Lock gate = new();
    private HashSet<string> queues = [];
    private IReadOnlyList<string> members = [];
    private QueueHomes homes = new([], []);

    /// <summary>
    /// Returns the silo that should own a queue, by its name among the members; null without members.
    /// </summary>
    public string? Of(string queue)
    {
        lock (gate)
        {
            var present = membership.Members;
            if (!present.SequenceEqual(members, StringComparer.Ordinal))
                (members, homes) = (present, new QueueHomes(present, queues));
            return homes.Of(queue);
        }
    }

    /// <summary>Returns whether this silo should own a queue.</summary>
    public bool IsHere(string queue) => string.Equals(Of(queue), membership.Own, StringComparison.Ordinal);

    /// <summary>Returns whether this silo is a member and another one should own the queue.</summary>
    public bool IsElsewhere(string queue) => membership.IsActive && Of(queue) is not null && !IsHere(queue);

    /// <summary>Sets the queues that are in the store.</summary>
    internal void Learn(IEnumerable<string> stored)
    {
        var all = stored.ToHashSet();
        lock (gate)
        {
            if (!all.SetEquals(queues))
                (queues, homes) = (all, new QueueHomes(members, all));
        }
    }
}
