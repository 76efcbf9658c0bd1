using OrleansTasks.Nodes;

namespace OrleansTasks.Tasks;

/// <summary>A node as one dispatcher sees it: its credit there and the leases it holds of this partition.</summary>
internal sealed class DispatchNode(string id)
{
    private const int RememberedAnswers = 256;
    private readonly Dictionary<Signature, bool> meets = [];

    public string Id { get; } = id;

    /// <summary>The node as the fleet last described it; null for one that is only known from recovered leases.</summary>
    public FleetNode? Fleet { get; private set; }

    /// <summary>The session that credit and renewals count for.</summary>
    public long Session { get; private set; }

    /// <summary>The latest session whose leases have all lapsed here: the worker must register anew.</summary>
    public long SessionOver { get; set; }

    /// <summary>Assignments made in this session, with the leases held at its start.</summary>
    public long Used { get; set; }

    /// <summary>How far <see cref="Used"/> may rise.</summary>
    public long Limit { get; set; }

    public long OfferVersion { get; set; }

    /// <summary>When the current session's leases lapse.</summary>
    public long RenewedUntil { get; set; }

    /// <summary>Since when no lease is held: the longest idle node goes first among equals.</summary>
    public long IdleSince { get; set; }

    public Dictionary<LeaseToken, Lease> Leases { get; } = [];

    /// <summary>The tokens of the current session's leases combined.</summary>
    public ulong Digest { get; set; }

    /// <summary>How many leases belong to the current session.</summary>
    public int CurrentLeases { get; set; }

    /// <summary>Whether the node knows of this epoch's leases in this session.</summary>
    public bool SaidHello { get; set; }

    public long WantedAt { get; set; }

    public int WantedCount { get; set; }

    public bool HasLeaseCheck { get; set; }

    public bool HasCredit => Used < Limit && Session != SessionOver && Fleet is { Accepts: true };

    public int Slots => Math.Max(1, Fleet?.Slots ?? 1);

    /// <summary>Takes the fleet's description. A new session voids what was granted in the old one.</summary>
    public void Describe(FleetNode fleet)
    {
        if (fleet.Session < Session)
            return;
        Fleet = fleet;
        meets.Clear();
        EnterSession(fleet.Session);
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
        Used = Limit = OfferVersion = 0;
        Digest = 0;
        CurrentLeases = 0;
        SaidHello = false;
        WantedAt = 0;
        WantedCount = 0;
    }

    public void Withdraw()
    {
        if (Fleet is not null)
            Fleet = Fleet with { Accepts = false };
    }

    public bool Meets(Signature signature)
    {
        if (Fleet is null)
            return false;
        if (signature.AsksNothing)
            return true;
        if (meets.TryGetValue(signature, out var answer))
            return answer;
        if (meets.Count == RememberedAnswers)
            meets.Clear();
        return meets[signature] = signature.IsMetBy(Fleet);
    }
}
