using OrleansTasks.Rollouts;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>
/// A rollout without its nodes. The parameters never change; <c>Count</c> is the number of its nodes. Times are Unix
/// milliseconds; 0 means not set.
/// </summary>
public sealed record RolloutRow(long No, TaskId Id, string Name, int Count, long StartedAt, bool HadSecrets)
{
    /// <summary>The rollout's state.</summary>
    public RolloutState State { get; init; }

    /// <summary>The current wave, from 0.</summary>
    public int Wave { get; init; }

    /// <summary>When the current wave ended, or when the rollout halted after that; 0 while the wave runs.</summary>
    public long WaveEndedAt { get; init; }

    /// <summary>When the rollout ended. A retry resets it to 0.</summary>
    public long EndedAt { get; init; }

    /// <summary>When a caller cancelled the rollout.</summary>
    public long CancelRequestedAt { get; init; }

    /// <summary>How many nodes had failed at the latest resume. They do not halt the rollout again.</summary>
    public int Tolerated { get; init; }

    /// <summary>The number of nodes that were away.</summary>
    public int Away { get; init; }

    /// <summary>The number of nodes whose tasks have not ended.</summary>
    public int Open { get; init; }

    /// <summary>The number of nodes whose tasks succeeded.</summary>
    public int Succeeded { get; init; }

    /// <summary>The number of nodes whose tasks failed.</summary>
    public int Failed { get; init; }

    /// <summary>The number of nodes whose turn has not come.</summary>
    public int Pending => Count - Away - Open - Succeeded - Failed;
}
