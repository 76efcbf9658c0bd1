namespace OrleansTasks.Tasks;

/// <summary>When and how often a task whose attempt failed is tried again.</summary>
/// <param name="MaxAttempts">1–100; a lost node does not count.</param>
/// <param name="Backoff">Milliseconds: the bound of the first wait, doubled for each that follows (full jitter).</param>
/// <param name="MaxBackoff">Milliseconds: no wait is longer.</param>
/// <param name="OnNodeLost">Whether a lost node requeues (5 times, unless the rules say otherwise) instead of counting as a failed attempt.</param>
/// <param name="Rules">What it says about single causes of failure; null when it says nothing.</param>
[GenerateSerializer, Immutable, Alias("ot.RetryPolicy")]
public sealed record RetryPolicy(
    [property: Id(0)] int MaxAttempts,
    [property: Id(1)] long Backoff,
    [property: Id(2)] long MaxBackoff,
    [property: Id(3)] bool OnNodeLost,
    [property: Id(4)] RetryRules? Rules = null)
{
    /// <summary>One attempt, and a lost node requeues.</summary>
    public static RetryPolicy Default { get; } = new(1, 1_000, 300_000, true);
}
