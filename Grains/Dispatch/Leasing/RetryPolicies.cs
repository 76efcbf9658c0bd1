using OrleansTasks.Tasks;

namespace OrleansTasks.Dispatch.Leasing;

/// <summary>
/// Gives open tasks with equal retry policies one shared <see cref="RetryPolicy"/> object.
/// That saves memory: a queue may have a million open tasks, each message and each stored row brings a policy
/// object of its own, and nearly all of these are the same few. The <see cref="OpenTasks"/> of a queue has one such
/// object, and calls <see cref="Share"/> for every task that it takes in (not for chunks of jobs).
/// </summary>
internal sealed class RetryPolicies
{
    /// <summary>
    /// How many policies are remembered. When one more comes, all are forgotten, so that callers with ever new policies
    /// cannot fill the memory. Tasks keep the objects that they have; later tasks with equal policies share new ones.
    /// </summary>
    private const int MostRemembered = 256;
    private readonly Dictionary<RetryPolicy, RetryPolicy> known = new() { [RetryPolicy.Default] = RetryPolicy.Default };

    /// <summary>
    /// The object that was returned last. Most tasks have the same policy as the one before: no lookup.
    /// </summary>
    private RetryPolicy latest = RetryPolicy.Default;

    /// <summary>Returns an object equal to the policy: one that other tasks have, if it is still remembered.</summary>
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
