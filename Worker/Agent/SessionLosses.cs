namespace OrleansTasks.Worker.Agent;

/// <summary>
/// Detects sessions that end so often that two workers must be taking one node from each other: five within 30 seconds.
/// The suspicion is reported at most once a minute.
/// </summary>
/// <param name="time">The clock for both periods.</param>
public sealed class SessionLosses(TimeProvider time)
{
    private const int Suspicious = 5;
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Silence = TimeSpan.FromMinutes(1);
    private readonly Queue<long> lost = new(Suspicious);
    private long? told;

    /// <summary>Counts a session that the master ended. Returns whether to report the suspicion now.</summary>
    public bool IsSuspicious()
    {
        var now = time.GetTimestamp();
        if (lost.Count == Suspicious)
            lost.Dequeue();
        lost.Enqueue(now);
        if (lost.Count < Suspicious || time.GetElapsedTime(lost.Peek(), now) > Window)
            return false;
        if (told is { } last && time.GetElapsedTime(last, now) < Silence)
            return false;
        told = now;
        return true;
    }
}
