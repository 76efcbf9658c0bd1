namespace OrleansTasks.Tasks;

/// <summary>
/// Whether a node was asked what it had when its session began, and has told. Times are Unix milliseconds.
/// </summary>
internal sealed class NodeInquiry
{
    private const long Repeat = 5_000;
    private long toldSession;
    private long askedSession;
    private long askedAt;

    /// <summary>The node has told what it had when a session began.</summary>
    public void Told(long session) => toldSession = Math.Max(toldSession, session);

    /// <summary>True when the node is to be asked about a session now; it counts as asked from then on.</summary>
    public bool TryAsk(long session, long now)
    {
        if (toldSession >= session || (askedSession == session && now - askedAt < Repeat))
            return false;
        (askedSession, askedAt) = (session, now);
        return true;
    }

    public void ClockStepped(long by) => askedAt += by;
}
