using OrleansTasks.Nodes;

namespace OrleansTasks.Tasks;

/// <summary>
/// A node as one dispatcher sees it: its session, what the fleet says of it, the leases it holds of this partition, and
/// its grant.
/// </summary>
internal sealed class DispatchNode(string id)
{
    private const int RememberedAnswers = 256;
    private readonly Dictionary<Signature, bool> meets = [];
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

    /// <summary>The session that the grant and renewals count for.</summary>
    public long Session { get; private set; }

    /// <summary>The latest session whose leases have all lapsed here: the worker must register anew.</summary>
    public long SessionOver { get; set; }

    /// <summary>Whether the dispatcher has given up the current session.</summary>
    public bool IsSessionOver => Session == SessionOver;

    public NodeHold Hold { get; } = new();

    public NodeGrant Grant { get; } = new();

    public NodeRest Rest { get; } = new();

    public NodeInquiry Inquiry { get; } = new();

    /// <summary>Since when the node holds no lease; among equally loaded nodes the longest idle one comes first.</summary>
    public long IdleSince { get; set; }

    /// <summary>Since when a complete list of the fleet has not had it; 0 when it is listed.</summary>
    public long AbsentSince { get; set; }

    /// <summary>Its place among the nodes that can be given a task, while it is one of them.</summary>
    public LoadRank? Rank { get; set; }

    /// <summary>Whether it can be given one more task now.</summary>
    public bool HasRoom => Hold.Count < Grant.Limit && !IsSessionOver && Fleet is { Accepts: true } && Rest.Allows;

    /// <summary>Takes the fleet's description. A new session voids what was granted in the old one.</summary>
    public void Describe(FleetNode description)
    {
        if (description.Session < Session)
            return;
        fleet = description;
        meets.Clear();
        EnterSession(description.Session);
    }

    /// <summary>Moves to a newer session, if it is one.</summary>
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

    /// <summary>The fleet does not list it any more: it takes no work.</summary>
    public void Withdraw()
    {
        if (fleet is not null)
            fleet = fleet with { Accepts = false };
    }

    /// <summary>Whether it has the labels and enforces the limits that tasks ask for.</summary>
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
