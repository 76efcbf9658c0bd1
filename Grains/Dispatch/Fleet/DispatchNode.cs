using OrleansTasks.Nodes;

namespace OrleansTasks.Dispatch.Fleet;

/// <summary>
/// A worker node as the dispatcher of one queue sees it: the node's session, its description by the fleet grain,
/// the leases of this queue that it holds, and its grant, which limits their number. <see cref="NodeSet"/> creates
/// it for the first message or stored lease that names the node. <see cref="Matching"/> assigns tasks while
/// <see cref="HasRoom"/> is true. In memory only: after a restart, only the stored leases are known at first. Times are
/// Unix milliseconds.
/// </summary>
/// <remarks>
/// <para>
/// A session lasts from one registration of the worker to the next. Messages of the worker, of its grain and of the
/// fleet arrive in any order, so each may be the first to name a new session (<see cref="EnterSession"/>). The node
/// then gets no work until it is described and granted slots in that session.
/// </para>
/// <para>
/// After every change of anything that <see cref="HasRoom"/> or <see cref="LoadRank.Of"/> reads, the caller calls
/// <see cref="NodeRanks.Update"/>. Otherwise the node is passed over, or is given tasks that it has no room for.
/// </para>
/// </remarks>
internal sealed class DispatchNode(string id)
{
    private const int RememberedAnswers = 256;

    /// <summary>
    /// The answers of <see cref="Meets"/> for the current description. Emptied at <see cref="RememberedAnswers"/>:
    /// otherwise it would keep signatures that no task has any more.
    /// </summary>
    private readonly Dictionary<Signature, bool> meets = [];

    /// <summary>The latest description, which may be of an earlier session; null before the first.</summary>
    private FleetNode? latest;

    public string Id { get; } = id;

    /// <summary>
    /// The fleet's latest description of the node. Null until the fleet has described the current session, because each
    /// session may have other labels, slots and limits.
    /// </summary>
    public FleetNode? Fleet => latest?.Session == Session ? latest : null;

    /// <summary>Whether the node takes new work in its current session, as far as the fleet knows.</summary>
    public bool Accepts => Fleet is { Accepts: true, Slots: > 0 };

    /// <summary>How many tasks the node runs at once; 0 while that is not known.</summary>
    public int Slots => Fleet?.Slots ?? 0;

    /// <summary>
    /// The newest session that any message or stored lease has named; 0 before the first. Sessions are numbered from 1.
    /// The grant and renewals are for this session only.
    /// </summary>
    public long Session { get; private set; }

    /// <summary>
    /// The latest session that the dispatcher has given up, because one of the session's leases lapsed while the
    /// session was current; 0 for none. The reply to the worker's next heartbeat says so, and the worker registers
    /// again.
    /// </summary>
    public long SessionOver { get; set; }

    /// <summary>
    /// Whether the dispatcher has given up the current session and gives it no more work. Also true before the first
    /// session.
    /// </summary>
    public bool IsSessionOver => Session == SessionOver;

    /// <summary>
    /// The latest session whose worker has shown this activation all that it holds, by a list or by an equal digest; 0
    /// for none. Only of such a session may leases be renewed whatever the digest: before that, the worker may hold
    /// attempts of earlier sessions or owners, whose leases end without its word.
    /// </summary>
    public long ListedIn { get; set; }

    /// <summary>The leases of this queue that the node holds, including those of earlier sessions.</summary>
    public NodeHold Hold { get; } = new();

    /// <summary>How many leases the node's grain allows this queue to have on the node.</summary>
    public NodeGrant Grant { get; } = new();

    /// <summary>Whether the node is given no work for a while, because it refused tasks.</summary>
    public NodeRest Rest { get; } = new();

    /// <summary>Whether the node's grain was asked which attempts the worker had when the session began.</summary>
    public NodeInquiry Inquiry { get; } = new();

    /// <summary>
    /// When the node was last left without any lease of this queue; 0 at first. Of nodes with equal load, the one
    /// with the earliest time is given the next task.
    /// </summary>
    public long IdleSince { get; set; }

    /// <summary>
    /// When a complete list of the fleet first lacked the node since the fleet last described it; 0 when none has.
    /// <see cref="NodeSet"/> forgets a node that has been absent for long enough and holds no lease.
    /// </summary>
    public long AbsentSince { get; set; }

    /// <summary>
    /// The key under which <see cref="NodeRanks"/> lists the node; null while it is not listed. Only
    /// <see cref="NodeRanks"/> changes it.
    /// </summary>
    public LoadRank? Rank { get; set; }

    /// <summary>
    /// Whether the node can be given one more task now, if it also meets the task's signature. Leases of earlier
    /// sessions count too: their attempts may still occupy slots.
    /// </summary>
    public bool HasRoom => Hold.Count < Grant.Limit && !IsSessionOver && Fleet is { Accepts: true } && Rest.Allows;

    /// <summary>
    /// Takes a description by the fleet. Moves to the description's session if that is newer; ignores a description of
    /// an older session.
    /// </summary>
    public void Describe(FleetNode description)
    {
        if (description.Session < Session)
            return;
        latest = description;
        meets.Clear();
        EnterSession(description.Session);
    }

    /// <summary>
    /// Moves to a session that a message has named; does nothing unless it is newer. The grant becomes void and a rest
    /// ends. The leases stay: each lapses at the end of its present term unless the node lists it in the new session.
    /// </summary>
    public void EnterSession(long session)
    {
        if (session <= Session)
            return;
        Session = session;
        Hold.EndTerm();
        Grant.Void();
        Rest.Clear();
    }

    /// <summary>
    /// Moves the times by which terms are measured, because the wall clock was set forward by <paramref name="by"/>
    /// milliseconds (negative: back). The rest of each term stays the same.
    /// </summary>
    public void ClockStepped(long by)
    {
        // Only compared with that of other nodes, which move as well, so 0 need not stay 0.
        IdleSince += by;
        if (AbsentSince != 0)
            AbsentSince += by;
        Hold.ClockStepped(by);
        Grant.ClockStepped(by);
        Rest.ClockStepped(by);
        Inquiry.ClockStepped(by);
    }

    /// <summary>
    /// Notes that the fleet does not list the node any more: it gets no new work until the fleet describes it again.
    /// Its leases stay.
    /// </summary>
    public void Withdraw()
    {
        if (latest is not null)
            latest = latest with { Accepts = false };
    }

    /// <summary>
    /// Whether the node has what the tasks of a signature ask of a node: the labels, the ability to enforce the limits,
    /// and for chunk runs the ability to evaluate chunks. False while <see cref="Fleet"/> is null. Says nothing about
    /// room.
    /// </summary>
    public bool Meets(Signature signature)
    {
        if (Fleet is not { } description)
            return false;
        if (signature.AsksNothing)
            return true;
        if (meets.TryGetValue(signature, out var answer))
            return answer;
        if (meets.Count == RememberedAnswers)
            meets.Clear();
        return meets[signature] = signature.IsMetBy(description);
    }
}
