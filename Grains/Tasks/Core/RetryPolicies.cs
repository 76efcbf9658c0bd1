namespace OrleansTasks.Tasks;

/// <summary>
/// Lets the equal retry policies of open tasks share one instance, to save memory: every message brings its own, and nearly all are the
/// same few. At 256 it forgets all of them and begins anew; tasks keep the instances that they have.
/// </summary>
internal sealed class RetryPolicies
{
    private const int Remembered = 256;
    private readonly Dictionary<RetryPolicy, RetryPolicy> known = new() { [RetryPolicy.Default] = RetryPolicy.Default };
    private RetryPolicy latest = RetryPolicy.Default;

    /// <summary>An instance that is equal to the policy, usually one that other tasks have.</summary>
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
