using OrleansTasks.Tasks;

namespace OrleansTasks.Dispatch.Leasing;

/// <summary>
/// Shares one <see cref="RetryPolicy"/> object among open tasks with equal policies. Each message and stored row brings
/// its own object, and a queue may have a million open tasks with the same few policies.
/// </summary>
internal sealed class RetryPolicies
{
    // When full, all are forgotten, so that endless new policies cannot fill the memory. Tasks keep their objects.
    private const int MostRemembered = 256;
    private readonly Dictionary<RetryPolicy, RetryPolicy> known = new() { [RetryPolicy.Default] = RetryPolicy.Default };

    // Most tasks have the same policy as the task before, so comparing with it first saves a lookup.
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
