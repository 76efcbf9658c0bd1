using OrleansTasks.Tasks;

namespace OrleansTasks.Dispatch.Leasing;

/// <summary>
/// Shares one <see cref="RetryPolicy"/> object among open tasks with equal policies. Each message and stored row brings
/// its own object, and a queue may have a million open tasks with the same few policies.
/// </summary>
internal sealed class RetryPolicies
{
    // One more forgets all, so that ever new policies cannot fill the memory. Tasks keep their objects.
    private const int MostRemembered = 256;
    private readonly Dictionary<RetryPolicy, RetryPolicy> known = new() { [RetryPolicy.Default] = RetryPolicy.Default };

    // Most tasks have the policy of the one before, which saves a lookup.
    private RetryPolicy latest = RetryPolicy.Default;

    public RetryPolicy Share(RetryPolicy policy)
    {
        if (ReferenceEquals(policy, latest) || policy == latest)
            return latest;
        if (!known.TryGetValue(policy, out var shared))
        {
            if (known.Count == MostRemembered)
                known.Clear();
            known.Add(policy, shared = policy);
        }

        return latest = shared;
    }
}
