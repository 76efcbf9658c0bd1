namespace OrleansTasks.Worker.Agent;

/// <summary>
/// Decides which of many failures are logged:
/// each reason at once, and then after waits that double from ten seconds to ten minutes, until a success.
/// </summary>
/// <param name="time">The clock that measures the waits.</param>
public sealed class FailureNews(TimeProvider time)
{
    private const int MostReasons = 16;
    private static readonly TimeSpan First = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);
    private readonly Dictionary<string, (long At, TimeSpan Wait)> told = [];

    /// <summary>Whether a failure should be logged now.</summary>
    public bool IsNews(string reason)
    {
        var now = time.GetTimestamp();
        if (!told.TryGetValue(reason, out var last))
        {
            // Bounds memory. Every reason then counts as new.
            if (told.Count == MostReasons)
                told.Clear();
            told[reason] = (now, First);
            return true;
        }

        if (time.GetElapsedTime(last.At, now) < last.Wait)
            return false;
        told[reason] = (now, last.Wait * 2 < Longest ? last.Wait * 2 : Longest);
        return true;
    }

    /// <summary>Records a success: the next failure is logged at once.</summary>
    public void Reset() => told.Clear();
}
