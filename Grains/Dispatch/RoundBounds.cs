
namespace OrleansTasks.Dispatch;

/// <summary>
/// How much one round of a dispatcher's commit loop does at most (<see cref="DispatchOptions.Round"/>). A round writes
/// all changes in one commit, for which its callers wait; without bounds, a million tasks that become due at once would
/// keep them waiting for seconds. If work is left over, the next round starts at once. <see cref="Inbox"/> uses the
/// first two bounds, <see cref="DispatchCore"/> the others. Only tests and simulations change the defaults.
/// </summary>
/// <remarks>
/// All values must be larger than 0, which nothing checks. With 0 for one of the last four, the dispatcher's loop
/// would run rounds without end as soon as there is work of that kind.
/// </remarks>
public sealed class RoundBounds
{
    /// <summary>
    /// Operations (callers' requests), by weight: roughly the number of tasks, so a submission of a hundred tasks
    /// weighs a hundred. An operation that is heavier than this bound is taken nevertheless: otherwise it would wait
    /// for ever.
    /// </summary>
    public int Operations { get; set; } = 4_096;

    /// <summary>
    /// Bytes of specs, results and chunks' items that operations bring in. A larger operation is taken nevertheless.
    /// </summary>
    public long Bytes { get; set; } = 4L << 20;

    /// <summary>Tasks whose <c>runAt</c>, end of backoff or <c>expiresAt</c> has come.</summary>
    public int DueTasks { get; set; } = 512;

    /// <summary>Tasks that waited for others and are queued or skipped, because those have ended.</summary>
    public int Releases { get; set; } = 1_024;

    /// <summary>
    /// Items of workflows' nodes with <c>forEach</c> whose tasks are made, queued again or cancelled. The specs of
    /// those that are made have about <see cref="Bytes"/> at most.
    /// </summary>
    public int Items { get; set; } = 512;

    /// <summary>
    /// Leases that lapse because their nodes have not renewed them. The lapsed leases of one node are handled together,
    /// so the last node of a round may exceed the bound.
    /// </summary>
    public int Lapses { get; set; } = 1_024;

    /// <summary>Waiting tasks and chunks that are given to nodes. Second runs of slow chunks do not count.</summary>
    public int Assignments { get; set; } = 2_048;
}
