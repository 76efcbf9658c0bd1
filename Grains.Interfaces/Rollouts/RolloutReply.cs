using OrleansTasks.Tasks;

namespace OrleansTasks.Rollouts;

/// <summary>The outcome of a <see cref="RolloutRequest"/>.</summary>
public enum RolloutOutcome
{
    /// <summary>The request was carried out, and the change, if any, is stored.</summary>
    Done = 0,

    /// <summary>There is no such rollout in this queue.</summary>
    NotFound = 1,

    /// <summary>The rollout has ended.</summary>
    Finished = 2,

    /// <summary>No node has failed, or the rollout was cancelled.</summary>
    NotRetryable = 3,

    /// <summary>The rollout has ended, and with it the task's secrets were removed.</summary>
    SecretsGone = 4,

    /// <summary>The queue has its maximum number of rollouts that have not ended.</summary>
    QueueFull = 5,

    /// <summary>The idempotency key is known. The reply repeats the first one.</summary>
    Replayed = 6,

    /// <summary>The idempotency key was used with another body.</summary>
    KeyReused = 7,
}

/// <summary>The answer to a <see cref="RolloutRequest"/>.</summary>
/// <param name="Outcome">The outcome.</param>
/// <param name="Id">The rollout's id; that of the first request for a repeated idempotency key.</param>
[GenerateSerializer, Immutable, Alias("ot.RolloutReply")]
public sealed record RolloutReply([property: Id(0)] RolloutOutcome Outcome, [property: Id(1)] TaskId Id);
