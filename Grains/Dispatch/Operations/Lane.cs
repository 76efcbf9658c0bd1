
namespace OrleansTasks.Dispatch.Operations;

/// <summary>
/// The lanes in which operations wait for a round; each has a share of every round, so a flood in one does not hold up
/// the others. The values are indexes in <see cref="Inbox"/>, where a new lane needs a queue and a share.
/// </summary>
internal enum Lane
{
    /// <summary>Reports of nodes about attempts, and lease renewals that need a round. Half of a round.</summary>
    Results,

    /// <summary>Everything else: calls from users, other grains and the silo's upkeep. A tenth of a round.</summary>
    Control,

    /// <summary>New tasks. Two fifths of a round. The only bounded lane: it refuses what exceeds its bound.</summary>
    Submissions,
}
