namespace OrleansTasks.Storage;

/// <summary>How long idempotency keys are remembered.</summary>
internal static class Idempotency
{
    /// <summary>24 hours, in milliseconds.</summary>
    internal const long Lifetime = 24 * 3_600_000;
}
