namespace OrleansTasks.Tasks;

/// <summary>
/// Lets equal retry policies share one instance: every message brings its own, and nearly all are the same few. It
/// remembers the latest 256, which is no more than a bound on memory.
/// </summary>
internal sealed class RetryPolicies
{
    private const int Remembered = 256;
    private readonly Dictionary<RetryPolicy, RetryPolicy> known = new() { [RetryPolicy.Default] = RetryPolicy.Default };
    private RetryPolicy latest = RetryPolicy.Default;

    public RetryPolicy Share(RetryPolicy policy)
    {
        if (ReferenceEquals(policy, latest) || policy == latest)
            return latest;
        if (!known.TryGetValue(policy, out var shared))
        {
            if (known.Count == Remembered)
                known.Clear();
            known.Add(policy, shared = policy);
        }

        return latest = shared;
    }
}
