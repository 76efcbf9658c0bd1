
namespace OrleansTasks.Dispatch.Operations;

/// <summary>
/// The lanes in which operations (callers' requests) wait for a dispatcher's commit loop. A flood in one lane does not
/// keep the others waiting: each lane has a share of every round, by weight (roughly the number of tasks) and by bytes.
/// The other lanes use what it leaves. The numbers of the lanes are indexes in <see cref="Inbox"/>, where a new lane
/// needs a queue and a share.
/// </summary>
internal enum Lane
{
    /// <summary>
    /// Reports of nodes about attempts, and renewals of leases that need a round. Share: half of a round.
    /// </summary>
    Results,

    /// <summary>
    /// Everything else: cancels, retries and questions of users, and calls of other grains and of the silo's upkeep.
    /// Share: a tenth.
    /// </summary>
    Control,

    /// <summary>
    /// New tasks. Share: two fifths. The only lane that is bounded: beyond its bound, submissions are refused.
    /// </summary>
    Submissions,
}
