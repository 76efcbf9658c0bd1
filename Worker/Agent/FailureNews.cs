namespace OrleansTasks.Worker.Agent;

/// <summary>
/// Decides which of many failures are worth a line: each reason at once, and then after waits that double from ten seconds to ten
/// minutes, until something succeeds.
/// </summary>
/// <param name="time">Counts the waits.</param>
public sealed class FailureNews(TimeProvider time)
{
    private const int MostReasons = 16;
    private static readonly TimeSpan First = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);
    private readonly Dictionary<string, (long At, TimeSpan Wait)> told = [];

    /// <summary>Whether a failure is to be told now.</summary>
    public bool IsNews(string reason)
    {
        var now = time.GetTimestamp();
        if (!told.TryGetValue(reason, out var last))
        {
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

    /// <summary>Something succeeded: whatever fails next is news.</summary>
    public void Reset() => told.Clear();
}
