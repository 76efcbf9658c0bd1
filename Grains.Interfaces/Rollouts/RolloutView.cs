using OrleansTasks.Tasks;

namespace OrleansTasks.Rollouts;

/// <summary>A rollout as stored. Times are in Unix milliseconds; 0 means not reached.</summary>
/// <param name="Id">The rollout's id, which contains the time of its creation.</param>
/// <param name="Queue">The queue of its tasks.</param>
/// <param name="Name">The human-readable name.</param>
/// <param name="State">The rollout's state.</param>
/// <param name="Wave">The number of the current wave, from 1.</param>
/// <param name="ByState">The number of nodes in each state, by <see cref="RolloutNodeState"/>.</param>
/// <param name="Spec">The body that a user wrote, without secrets.</param>
[GenerateSerializer, Immutable, Alias("ot.RolloutView")]
public sealed record RolloutView(
    [property: Id(0)] TaskId Id,
    [property: Id(1)] string Queue,
    [property: Id(2)] string Name,
    [property: Id(3)] RolloutState State,
    [property: Id(4)] int Wave,
    [property: Id(5)] ImmutableArray<int> ByState,
    [property: Id(6)] ReadOnlyMemory<byte> Spec)
{
    /// <summary>When the latest wave ended; 0 while it runs.</summary>
    [Id(7)]
    public long WaveEndedAt { get; init; }

    /// <summary>When the rollout ended.</summary>
    [Id(8)]
    public long EndedAt { get; init; }

    /// <summary>When a caller cancelled the rollout.</summary>
    [Id(9)]
    public long CancelRequestedAt { get; init; }
}

/// <summary>A rollout that has halted.</summary>
/// <param name="Id">The rollout's id.</param>
/// <param name="Name">The human-readable name.</param>
/// <param name="Failed">The number of nodes that failed.</param>
/// <param name="HaltedAt">When it halted, in Unix milliseconds.</param>
[GenerateSerializer, Immutable, Alias("ot.HaltedRollout")]
public sealed record HaltedRollout(
    [property: Id(0)] TaskId Id,
    [property: Id(1)] string Name,
    [property: Id(2)] int Failed,
    [property: Id(3)] long HaltedAt);

/// <summary>A node of a rollout, with the latest task that it was given.</summary>
/// <param name="Place">The node's place in the rollout, from 0.</param>
/// <param name="Node">The node's id.</param>
/// <param name="State">The node's state.</param>
/// <param name="Tries">How many tasks it was given, without those that were taken back before they started.</param>
/// <param name="Task">The latest task, even if it was taken back; null before the first.</param>
[GenerateSerializer, Immutable, Alias("ot.RolloutNodeView")]
public sealed record RolloutNodeView(
    [property: Id(0)] int Place,
    [property: Id(1)] string Node,
    [property: Id(2)] RolloutNodeState State,
    [property: Id(3)] int Tries,
    [property: Id(4)] TaskId? Task)
{
    /// <summary>The task's state; null if the store has no task.</summary>
    [Id(5)]
    public TaskState? TaskState { get; init; }

    /// <summary>Why the task's latest attempt ended.</summary>
    [Id(6)]
    public EndReason Reason { get; init; }

    /// <summary>The exit code of the task's latest attempt.</summary>
    [Id(7)]
    public int? ExitCode { get; init; }

    /// <summary>When the task's latest attempt started, in Unix milliseconds; 0 if not.</summary>
    [Id(8)]
    public long StartedAt { get; init; }

    /// <summary>When the task ended, in Unix milliseconds; 0 if not.</summary>
    [Id(9)]
    public long EndedAt { get; init; }
}

/// <summary>Nodes whose commands ended alike.</summary>
/// <param name="ExitCode">The exit code; null without one.</param>
/// <param name="Signal">The signal that ended the commands; null without one.</param>
/// <param name="Reason">Why the attempts ended.</param>
/// <param name="Sample">
/// The last lines of the output, as they are if the commands succeeded; otherwise what they have in common, without numbers, ids and times.
/// </param>
/// <param name="Nodes">The ids of the nodes, in order.</param>
[GenerateSerializer, Immutable, Alias("ot.RolloutOutputGroup")]
public sealed record RolloutOutputGroup(
    [property: Id(0)] int? ExitCode,
    [property: Id(1)] string? Signal,
    [property: Id(2)] EndReason Reason,
    [property: Id(3)] string Sample,
    [property: Id(4)] ImmutableArray<string> Nodes);
