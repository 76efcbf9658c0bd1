namespace OrleansTasks.Tasks;

/// <summary>
/// The lanes in which operations wait for the commit loop. Each has a share of every round, by weight and by bytes; what it leaves, the
/// others use. A new lane needs its queue and its share in <see cref="Inbox"/>.
/// </summary>
internal enum Lane
{
    /// <summary>What nodes report of attempts, and renewals of their leases: half of a round.</summary>
    Results,

    /// <summary>All else: what users ask of tasks, and what other grains and the silo's upkeep ask or tell. A tenth.</summary>
    Control,

    /// <summary>New tasks: the rest.</summary>
    Submissions,
}
