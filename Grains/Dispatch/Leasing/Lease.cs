using OrleansTasks.Tasks;

namespace OrleansTasks.Dispatch.Leasing;

/// <summary>
/// The right of one node to run one attempt of a task or chunk, until a time that heartbeats extend. When a lease
/// lapses, its attempt is lost. Until <see cref="LeaseBook.Release"/>, the lease is its task's
/// <see cref="TaskSlot.Detail"/> and is in its node's <see cref="NodeHold"/>; afterwards it must not be used, because
/// its slot may hold another task. Times are Unix milliseconds of the dispatcher's clock; 0 means not set.
/// <see cref="NodeHold.ClockStepped"/> moves them, except the start and the cancel request, which users see.
/// </summary>
internal sealed class Lease(int slot, LeaseToken token, NodeRoom room)
{
    /// <summary>The task's slot in the task table (not a slot of the node).</summary>
    public int Slot { get; } = slot;

    /// <summary>The attempt's secret, known only to its node. A report without it changes nothing.</summary>
    public LeaseToken Token { get; } = token;

    public DispatchNode Node => Room.Node;

    /// <summary>The room that the lease takes, by the resources that it has.</summary>
    public NodeRoom Room { get; } = room;

    /// <summary>The session in which the lease was granted, or the latest one in which the node listed it.</summary>
    public long Session { get; set; }

    /// <summary>
    /// Whether heartbeats renew the lease (<see cref="LeaseBook"/>). While <see cref="NodeHold"/> has the lease, only
    /// <see cref="NodeHold"/> may set this, because it counts its current leases.
    /// </summary>
    public bool IsCurrent { get; set; }

    /// <summary>When the lease lapses if it is not current (<see cref="NodeHold.LapsesAt"/>).</summary>
    public long ExpiresAt { get; set; }

    /// <summary>
    /// The earliest time at which the lease may lapse: a previous owner may still renew it
    /// (<see cref="LeaseBook.Own"/>).
    /// </summary>
    public long NotBefore { get; set; }

    /// <summary>When the attempt was assigned, or when its lease was read from the store.</summary>
    public long AssignedAt { get; set; }

    /// <summary>
    /// When the start was reported; once the attempt has ended, no later than that end minus the run time.
    /// </summary>
    public long StartedAt { get; set; }

    public long CancelRequestedAt { get; set; }

    /// <summary>
    /// Whether the cancel was requested because a later task with the same unique key replaces the task. Stored in the
    /// row as <see cref="EndReason.Replaced"/> while the node has the task.
    /// </summary>
    public bool IsReplaced { get; set; }

    /// <summary>
    /// When the attempt was first missing from the worker's lists. Lists within a heartbeat of <see cref="SentAt"/> do
    /// not count, because the command may be under way.
    /// </summary>
    public long MissingSince { get; set; }

    /// <summary>
    /// When a command was last sent, or when the lease was read from the store. A repeat waits for one heartbeat.
    /// </summary>
    public long SentAt { get; set; }

    /// <summary>
    /// How the previous attempt ended, shown again if the node gives this attempt back unstarted. Null for a lease read
    /// from the store, because the task's row has only the latest attempt.
    /// </summary>
    public LastAttempt? Before { get; init; }

    /// <summary>How many times a repeat of the start command was due in this activation.</summary>
    public int Resent { get; set; }
}
