
namespace OrleansTasks.Dispatch.Fleet;

/// <summary>
/// Decides when to ask a node's grain which attempts the worker had when its session began. The answer ends leases of
/// earlier sessions at once (<see cref="LeaseBook.SessionBegan"/>); without it, they stay until they lapse.
/// <see cref="NodeRelations"/> calls <see cref="TryAsk"/> at each fleet snapshot. Times are Unix milliseconds.
/// </summary>
internal sealed class NodeInquiry
{
    // In milliseconds.
    private const long RepeatAfter = 5_000;

    // The latest session about which the grain has answered; 0 for none.
    private long toldSession;

    private long askedSession;

    private long askedAt;

    /// <summary>Notes an answer. Nothing more is asked about this or an earlier session.</summary>
    public void Told(long session) => toldSession = Math.Max(toldSession, session);

    /// <summary>Returns true if the caller must ask now, and then counts the question as asked.</summary>
    public bool TryAsk(long session, long now)
    {
        if (toldSession >= session || (askedSession == session && now - askedAt < RepeatAfter))
            return false;
        (askedSession, askedAt) = (session, now);
        return true;
    }

    public void ClockStepped(long by) => askedAt += by;
}
