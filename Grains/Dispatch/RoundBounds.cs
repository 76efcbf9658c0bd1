
namespace OrleansTasks.Dispatch;

/// <summary>
/// How much one round of a dispatcher does at most. Callers wait for a round's single commit; without bounds, a million
/// tasks that become due at once would keep them waiting for seconds. If work is left over, the next round starts at
/// once. All values must be larger than 0, which nothing checks: with 0 for a bound on due work, from
/// <see cref="DueTasks"/> on, the loop would run rounds without end while there is such work. Only tests and
/// simulations change the defaults.
/// </summary>
public sealed class RoundBounds
{
    /// <summary>
    /// Operations, by weight (roughly tasks: a submission of a hundred weighs a hundred). A heavier operation is taken
    /// nevertheless, because it would wait forever.
    /// </summary>
    public int Operations { get; set; } = 4_096;

    /// <summary>Bytes of specs, results and items of operations. A larger operation is taken nevertheless.</summary>
    public long Bytes { get; set; } = 4L << 20;

    /// <summary>Tasks whose <c>runAt</c>, end of backoff or <c>expiresAt</c> has come.</summary>
    public int DueTasks { get; set; } = 512;

    /// <summary>Tasks that are queued or skipped because their parents have ended.</summary>
    public int Releases { get; set; } = 1_024;

    /// <summary>
    /// Items of nodes with <c>forEach</c> whose tasks are made, queued again or cancelled, and jobs of nodes that are
    /// started. The specs of those made have about <see cref="Bytes"/> at most.
    /// </summary>
    public int Items { get; set; } = 512;

    /// <summary>Leases that lapse. Those of a node lapse together, so the last node may exceed the bound.</summary>
    public int Lapses { get; set; } = 1_024;

    /// <summary>Waiting tasks and chunks that are given to nodes. Second runs of slow chunks do not count.</summary>
    public int Assignments { get; set; } = 2_048;
}
