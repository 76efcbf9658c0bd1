namespace OrleansTasks.Tasks;

/// <summary>When and how often a task is tried again after an attempt failed.</summary>
/// <param name="MaxAttempts">
/// How many failed attempts end the task, 1–100. Requeues after the loss of a node do not count.
/// </param>
/// <param name="Backoff">
/// The bound of the first wait in milliseconds; it doubles with each further wait (full jitter).
/// </param>
/// <param name="MaxBackoff">The longest wait in milliseconds.</param>
/// <param name="OnNodeLost">
/// Whether the loss of a node requeues (5 times unless the rules differ) instead of counting as a failed attempt.
/// </param>
/// <param name="Rules">The rules for single causes of failure; null if there are none.</param>
[GenerateSerializer, Immutable, Alias("ot.RetryPolicy")]
public sealed record RetryPolicy(
    [property: Id(0)] int MaxAttempts,
    [property: Id(1)] long Backoff,
    [property: Id(2)] long MaxBackoff,
    [property: Id(3)] bool OnNodeLost,
    [property: Id(4)] RetryRules? Rules = null)
{
    /// <summary>A policy of one attempt, in which the loss of a node requeues.</summary>
    public static RetryPolicy Default { get; } = new(1, 1_000, 300_000, true);
}
