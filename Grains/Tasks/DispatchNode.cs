using OrleansTasks.Nodes;

namespace OrleansTasks.Tasks;

/// <summary>A node as one dispatcher sees it: its credit there and the leases it holds of this partition.</summary>
internal sealed class DispatchNode(string id)
{
    private const int RememberedAnswers = 256;
    private readonly Dictionary<Signature, bool> meets = [];
    private FleetNode? fleet;

    public string Id { get; } = id;

    /// <summary>
    /// The node as the fleet last described it; null while nothing is known of its current session, since another session may
    /// have other labels, slots and limits.
    /// </summary>
    public FleetNode? Fleet => fleet?.Session == Session ? fleet : null;

    /// <summary>The session that credit and renewals count for.</summary>
    public long Session { get; private set; }

    /// <summary>The latest session whose leases have all lapsed here: the worker must register anew.</summary>
    public long SessionOver { get; set; }

    /// <summary>How many leases there may be.</summary>
    public int Limit { get; set; }

    /// <summary>The version of the offer that <see cref="Limit"/> is from; 0 before the session's first.</summary>
    public long OfferVersion { get; set; }

    /// <summary>When the current session's leases lapse.</summary>
    public long RenewedUntil { get; set; }

    /// <summary>
    /// When the worker sent the latest heartbeat that <see cref="RenewedUntil"/> counts from, by its own clock; 0 while that is not known.
    /// </summary>
    public long AsOf { get; set; }

    /// <summary>The same of the latest heartbeat before the last offer: while nothing is held, a term may begin with it.</summary>
    public long OfferedAsOf { get; set; }

    /// <summary>Since when no lease is held: the longest idle node goes first among equals.</summary>
    public long IdleSince { get; set; }

    /// <summary>Every lease of this partition there. Those of an earlier session take a slot too, until they lapse.</summary>
    public Dictionary<LeaseToken, Lease> Leases { get; } = [];

    /// <summary>The tokens of the current session's leases combined.</summary>
    public ulong Digest { get; set; }

    /// <summary>How many leases belong to the current session.</summary>
    public int CurrentLeases { get; set; }

    public long WantedAt { get; set; }

    public int WantedCount { get; set; }

    public bool HasLeaseCheck { get; set; }

    /// <summary>Since when a complete list of the fleet has not had it; 0 when it is listed.</summary>
    public long AbsentSince { get; set; }

    /// <summary>The latest session of which it has told what it had at its start.</summary>
    public long ToldSession { get; set; }

    /// <summary>The session that it was asked about last.</summary>
    public long AskedSession { get; set; }

    public long AskedAt { get; set; }

    /// <summary>Its place among the nodes with credit, while it is one of them.</summary>
    public LoadRank? Rank { get; set; }

    /// <summary>Whether it has refused something a moment ago, and is given nothing until <see cref="RestsUntil"/>.</summary>
    public bool IsResting { get; set; }

    public long RestsUntil { get; set; }

    public bool HasCredit => Leases.Count < Limit && Session != SessionOver && Fleet is { Accepts: true };

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
        foreach (var lease in Leases.Values)
        {
            if (!lease.IsCurrent)
                continue;
            lease.ExpiresAt = RenewedUntil;
            lease.IsCurrent = false;
        }

        Session = session;
        Limit = 0;
        OfferVersion = 0;
        Digest = 0;
        CurrentLeases = 0;
        AsOf = 0;
        OfferedAsOf = 0;
        WantedAt = 0;
        WantedCount = 0;
    }

    /// <summary>A heartbeat renews what is held, until then.</summary>
    public void Renew(long until, long asOf)
    {
        RenewedUntil = until;
        AsOf = Math.Max(AsOf, asOf);
    }

    /// <summary>The wall clock was set: every time that a term counts from moves with it.</summary>
    public void ClockStepped(long by)
    {
        RenewedUntil += by;
        IdleSince += by;
        WantedAt += by;
        AskedAt += by;
        if (AbsentSince != 0)
            AbsentSince += by;
        foreach (var lease in Leases.Values)
        {
            lease.ExpiresAt += by;
            lease.SentAt += by;
            if (lease.MissingSince != 0)
                lease.MissingSince += by;
        }
    }

    public void Withdraw()
    {
        if (fleet is not null)
            fleet = fleet with { Accepts = false };
    }

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
