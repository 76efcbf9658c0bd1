using System.Numerics;
using System.Runtime.CompilerServices;

namespace OrleansTasks.Dispatch;

/// <summary>
/// The maximum work that a dispatcher does in one round. Callers wait for a round's single commit; without bounds, a
/// million tasks that become due at once would delay them by seconds. If work is left over, the next round starts at
/// once. All values must be greater than 0: if <see cref="DueTasks"/> or a bound after it were 0, the loop would run
/// rounds forever while there is such work. Only tests and simulations change the defaults.
/// </summary>
public sealed class RoundBounds
{
    /// <summary>
    /// The total weight of operations. A submission of a hundred tasks weighs about a hundred. A heavier operation
    /// still gets a round, because it would otherwise wait forever.
    /// </summary>
    public int Operations { get; set => field = Positive(value); } = 4_096;

    /// <summary>
    /// The total bytes of specs, results and items in operations. A larger operation still gets a round.
    /// </summary>
    public long Bytes { get; set => field = Positive(value); } = 4L << 20;

    /// <summary>Tasks whose <c>runAt</c>, backoff end or <c>expiresAt</c> has come.</summary>
    public int DueTasks { get; set => field = Positive(value); } = 512;

    /// <summary>Tasks that are queued or skipped because their parents have ended.</summary>
    public int Releases { get; set => field = Positive(value); } = 1_024;

    /// <summary>
    /// Items of nodes with <c>forEach</c> whose tasks are created, queued again or cancelled, and node jobs that are
    /// started. The specs created in one round have at most about <see cref="Bytes"/>.
    /// </summary>
    public int Items { get; set => field = Positive(value); } = 512;

    /// <summary>Leases that lapse. A node's leases lapse together, so the last node may exceed the bound.</summary>
    public int Lapses { get; set => field = Positive(value); } = 1_024;

    /// <summary>Waiting tasks and chunks that are assigned to nodes. Second runs of stragglers do not count.</summary>
    public int Assignments { get; set => field = Positive(value); } = 2_048;

    private static T Positive<T>(T value, [CallerMemberName] string bound = "") where T : INumberBase<T>
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(value, bound);
        return value;
    }
}
