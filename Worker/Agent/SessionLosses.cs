namespace OrleansTasks.Worker.Agent;

/// <summary>
/// Decides when sessions end so often that two workers must be taking one node from each other: five within half a minute, which is
/// told once a minute at most.
/// </summary>
/// <param name="time">Counts both.</param>
public sealed class SessionLosses(TimeProvider time)
{
    private const int Suspicious = 5;
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Silence = TimeSpan.FromMinutes(1);
    private readonly Queue<long> lost = new(Suspicious);
    private long? told;

    /// <summary>Counts a session that the master says is over; whether the suspicion is to be told now.</summary>
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
