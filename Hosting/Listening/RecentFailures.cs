namespace OrleansTasks.Listening;

/// <summary>
/// Counts the failures of callers within the last minute. A caller that has failed too often may not try again.
/// Thread-safe.
/// </summary>
/// <typeparam name="TCaller">What identifies a caller.</typeparam>
/// <param name="mostOfOne">The maximum number of failures of one caller.</param>
/// <param name="mostInAll">
/// The maximum number of remembered failures of all callers. Beyond this, the oldest is forgotten.
/// </param>
/// <param name="time">The clock.</param>
public sealed class RecentFailures<TCaller>(int mostOfOne, int mostInAll, TimeProvider time)
    where TCaller : notnull
{
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);
    private readonly Lock gate = new();
    private readonly Queue<(long At, TCaller Caller)> failures = new();
    private readonly Dictionary<TCaller, int> counts = [];

    /// <summary>Returns whether the caller may try again.</summary>
    public bool MayTry(TCaller caller)
    {
        lock (gate)
        {
            while (failures.TryPeek(out var oldest) && time.GetElapsedTime(oldest.At) >= Window)
                Forget();
            return counts.GetValueOrDefault(caller) < mostOfOne;
        }
    }

    /// <summary>Records a failed try of the caller.</summary>
    public void Failed(TCaller caller)
    {
        lock (gate)
        {
            // The caller is already refused. Another entry would only displace those of other callers.
            if (counts.GetValueOrDefault(caller) >= mostOfOne)
                return;
            if (failures.Count == mostInAll)
                Forget();
            failures.Enqueue((time.GetTimestamp(), caller));
            counts[caller] = counts.GetValueOrDefault(caller) + 1;
        }
    }

    private void Forget()
    {
        var caller = failures.Dequeue().Caller;
        if (--counts[caller] == 0)
            counts.Remove(caller);
    }
}
