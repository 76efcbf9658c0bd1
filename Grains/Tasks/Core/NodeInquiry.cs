namespace OrleansTasks.Tasks;

/// <summary>
/// Whether a node's grain was asked what the node had when its session began, and has answered. A question that is not answered is asked
/// again after 5 s, whenever the fleet is described next. Times are Unix milliseconds.
/// </summary>
internal sealed class NodeInquiry
{
    /// <summary>In milliseconds.</summary>
    private const long Repeat = 5_000;

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
        if (toldSession >= session || (askedSession == session && now - askedAt < Repeat))
            return false;
        (askedSession, askedAt) = (session, now);
        return true;
    }

    /// <summary>The wall clock was set by so many milliseconds.</summary>
    public void ClockStepped(long by) => askedAt += by;
}
