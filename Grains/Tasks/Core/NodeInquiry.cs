namespace OrleansTasks.Tasks;

/// <summary>
/// Whether a node's grain was asked which attempts the node had when its session began, and has answered. The dispatcher asks while it
/// holds leases of earlier sessions. Without an answer, the first fleet snapshot that arrives 5 s or more after the last question makes
/// it ask again. Times are Unix milliseconds.
/// </summary>
internal sealed class NodeInquiry
{
    /// <summary>The least time between two questions about one session, in milliseconds.</summary>
    private const long RepeatAfter = 5_000;

    /// <summary>The newest session with an answer; 0 for none.</summary>
    private long toldSession;

    /// <summary>The session of the last question; 0 for none.</summary>
    private long askedSession;
    private long askedAt;

    /// <summary>The node's grain has answered for a session, and so for all earlier ones.</summary>
    public void Told(long session) => toldSession = Math.Max(toldSession, session);

    /// <summary>True when the caller must ask about a session now; it counts as asked from then on.</summary>
    public bool TryAsk(long session, long now)
    {
        if (toldSession >= session || (askedSession == session && now - askedAt < RepeatAfter))
            return false;
        (askedSession, askedAt) = (session, now);
        return true;
    }

    /// <summary>The wall clock was set by so many milliseconds.</summary>
    public void ClockStepped(long by) => askedAt += by;
}
