
namespace OrleansTasks.Dispatch.Fleet;

/// <summary>
/// Decides when the dispatcher asks a node's grain which attempts the worker had when its current session began. A
/// session lasts from one registration of the worker to the next. The answer lets the dispatcher end leases of earlier
/// sessions at once (<see cref="LeaseBook.SessionBegan"/>); without it they stay until they lapse.
/// <see cref="DispatchCore"/> calls <see cref="TryAsk"/> at each fleet snapshot, if the node holds such leases and its
/// grain can answer. A question that is not answered within 5 s is asked again at the next snapshot; an answered one is
/// not. Each <see cref="DispatchNode"/> has one inquiry. In memory only. Times are Unix milliseconds.
/// </summary>
internal sealed class NodeInquiry
{
    /// <summary>The least time between two questions about the same session, in milliseconds.</summary>
    private const long RepeatAfter = 5_000;

    /// <summary>The newest session about which the node's grain has answered; 0 for none.</summary>
    private long toldSession;

    /// <summary>The session of the last question; 0 for none.</summary>
    private long askedSession;

    /// <summary>When the last question was asked.</summary>
    private long askedAt;

    /// <summary>
    /// Notes an answer about a session, after which no question about this or an earlier session is asked any more.
    /// </summary>
    public void Told(long session) => toldSession = Math.Max(toldSession, session);

    /// <summary>
    /// Returns true when the caller must ask about a session now, and notes the question as asked. The first question
    /// about a session never waits.
    /// </summary>
    public bool TryAsk(long session, long now)
    {
        if (toldSession >= session || (askedSession == session && now - askedAt < RepeatAfter))
            return false;
        (askedSession, askedAt) = (session, now);
        return true;
    }

    /// <summary>
    /// The wall clock was set forward by <paramref name="by"/> milliseconds (negative: back). The wait stays as long.
    /// </summary>
    public void ClockStepped(long by) => askedAt += by;
}
