using OrleansTasks.Nodes;

namespace OrleansTasks.Tasks;

/// <summary>
/// A node as one dispatcher sees it: its session, what the fleet says of it, the leases it holds of this partition, and its grant. Whoever
/// changes what <see cref="HasRoom"/> or <see cref="LoadRank.Of"/> reads calls <see cref="NodeRanks.Update"/> afterwards. In memory only;
/// times are Unix milliseconds.
/// </summary>
internal sealed class DispatchNode(string id)
{
    private const int RememberedAnswers = 256;

    /// <summary>Answers of <see cref="Meets"/> for the present description; emptied at 256, as signatures come and go.</summary>
    private readonly Dictionary<Signature, bool> meets = [];

    /// <summary>The latest description, which may be of an earlier session.</summary>
    private FleetNode? fleet;

    public string Id { get; } = id;

    /// <summary>
    /// The node as the fleet last described it; null while nothing is known of its current session, since another
    /// session may have other labels, slots and limits.
    /// </summary>
    public FleetNode? Fleet => fleet?.Session == Session ? fleet : null;

    /// <summary>Whether it takes new work, as far as the fleet knows.</summary>
    public bool Accepts => Fleet is { Accepts: true, Slots: > 0 };

    /// <summary>How many tasks it runs at once; 0 while that is not known.</summary>
    public int Slots => Fleet?.Slots ?? 0;

    /// <summary>The newest session heard of, for which the grant and renewals count; 0 before the first. Sessions count from 1.</summary>
    public long Session { get; private set; }

    /// <summary>The latest session that was the node's when a lease of it lapsed here; 0 for none. The worker must register anew.</summary>
    public long SessionOver { get; set; }

    /// <summary>Whether the dispatcher has given up the current session; also true before the first session.</summary>
    public bool IsSessionOver => Session == SessionOver;

    /// <summary>The leases of this partition that the node holds, of whatever session.</summary>
    public NodeHold Hold { get; } = new();

    /// <summary>How many leases the node's grain allows this partition.</summary>
    public NodeGrant Grant { get; } = new();

    /// <summary>Whether the node rests after refusals.</summary>
    public NodeRest Rest { get; } = new();

    /// <summary>Whether the node was asked what it had when its session began.</summary>
    public NodeInquiry Inquiry { get; } = new();

    /// <summary>When its last lease was released, 0 at first; among equally loaded nodes the longest idle one comes first.</summary>
    public long IdleSince { get; set; }

    /// <summary>Since when a complete list of the fleet has not had it; 0 when it is listed.</summary>
    public long AbsentSince { get; set; }

    /// <summary>Its place among the nodes with room; null while it has none. Only <see cref="NodeRanks"/> changes it.</summary>
    public LoadRank? Rank { get; set; }

    /// <summary>Whether it can be given one more task now.</summary>
    public bool HasRoom => Hold.Count < Grant.Limit && !IsSessionOver && Fleet is { Accepts: true } && Rest.Allows;

    /// <summary>Takes the fleet's description, unless it is of an older session.</summary>
    public void Describe(FleetNode description)
    {
        if (description.Session < Session)
            return;
        fleet = description;
        meets.Clear();
        EnterSession(description.Session);
    }

    /// <summary>
    /// Moves to a newer session; does nothing when it is none. The grant is void and a rest is over; leases keep what is left of their
    /// term. Called with the session of whatever message speaks of the node.
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
    /// The wall clock was set by so many milliseconds: every time that a term counts from moves with it.
    /// </summary>
    public void ClockStepped(long by)
    {
        IdleSince += by;
        if (AbsentSince != 0)
            AbsentSince += by;
        Hold.ClockStepped(by);
        Grant.ClockStepped(by);
        Rest.ClockStepped(by);
        Inquiry.ClockStepped(by);
    }

    /// <summary>The fleet does not list it any more: it takes no work until the fleet describes it again.</summary>
    public void Withdraw()
    {
        if (fleet is not null)
            fleet = fleet with { Accepts = false };
    }

    /// <summary>Whether it has the labels and enforces the limits that tasks ask for; false while <see cref="Fleet"/> is null.</summary>
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
