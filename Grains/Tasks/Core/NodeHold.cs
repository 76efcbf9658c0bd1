namespace OrleansTasks.Tasks;

/// <summary>
/// The leases of this partition on one node. The current ones (<see cref="Lease.IsCurrent"/>) share one term, which every renewal
/// moves; the others lapse one by one, and take a slot of the node until then. A lease that has lapsed stays until it is removed. Times
/// are Unix milliseconds.
/// </summary>
internal sealed class NodeHold
{
    private readonly Dictionary<LeaseToken, Lease> leases = [];

    /// <summary>Every lease of this partition there, in no order that may decide anything.</summary>
    public Dictionary<LeaseToken, Lease>.ValueCollection All => leases.Values;

    /// <summary>How many leases there are, current or not: each takes a slot.</summary>
    public int Count => leases.Count;

    /// <summary>How many leases are current.</summary>
    public int CurrentCount { get; private set; }

    /// <summary>The <see cref="LeaseToken.Digest"/> of every current lease combined by xor, as the worker computes it.</summary>
    public ulong Digest { get; private set; }

    /// <summary>When the current leases lapse; means nothing while there are none.</summary>
    public long RenewedUntil { get; private set; }

    /// <summary>
    /// When the worker sent the latest heartbeat that <see cref="RenewedUntil"/> counts from, by its own clock; 0 while
    /// that is not known.
    /// </summary>
    public long AsOf { get; private set; }

    /// <summary>Finds the lease with a token, current or not.</summary>
    public bool TryGet(LeaseToken token, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out Lease? lease) =>
        leases.TryGetValue(token, out lease);

    /// <summary>Adds a lease. A current one joins the present term: the first one's term is begun before, by <see cref="Renew"/>.</summary>
    public void Add(Lease lease)
    {
        leases.Add(lease.Token, lease);
        if (lease.IsCurrent)
            CountCurrent(lease, 1);
    }

    /// <summary>Removes a lease that is held here; once, since the count and the digest change in any case.</summary>
    public void Remove(Lease lease)
    {
        leases.Remove(lease.Token);
        if (lease.IsCurrent)
            CountCurrent(lease, -1);
    }

    /// <summary>Makes a lease that is held here, and is not current, a current one.</summary>
    public void MakeCurrent(Lease lease)
    {
        lease.IsCurrent = true;
        CountCurrent(lease, 1);
    }

    /// <summary>Sets the term of the current leases: after a heartbeat, or before the first lease is granted.</summary>
    /// <param name="until">When they lapse.</param>
    /// <param name="asOf">When the worker sent the heartbeat, by its own clock; 0 when it is not known.</param>
    public void Renew(long until, long asOf)
    {
        RenewedUntil = until;
        AsOf = Math.Max(AsOf, asOf);
    }

    /// <summary>When a lease lapses.</summary>
    public long LapsesAt(Lease lease) => lease.IsCurrent ? Math.Max(RenewedUntil, lease.NotBefore) : lease.ExpiresAt;

    /// <summary>When the first lease lapses; <see cref="long.MaxValue"/> when there is none.</summary>
    public long FirstLapse()
    {
        var first = long.MaxValue;
        foreach (var lease in leases.Values)
            first = Math.Min(first, LapsesAt(lease));
        return first;
    }

    /// <summary>Another session has begun: no lease is current any more, and each keeps the rest of its term.</summary>
    public void EndTerm()
    {
        foreach (var lease in leases.Values)
        {
            if (!lease.IsCurrent)
                continue;
            lease.ExpiresAt = LapsesAt(lease);
            lease.IsCurrent = false;
        }

        Digest = 0;
        CurrentCount = 0;
        AsOf = 0;
    }

    /// <summary>
    /// The wall clock was set by so many milliseconds: the terms move with it. <see cref="AsOf"/> is of another clock and stays, and so do
    /// starts and cancels, which are stored as times of day.
    /// </summary>
    public void ClockStepped(long by)
    {
        RenewedUntil += by;
        foreach (var lease in leases.Values)
        {
            lease.ExpiresAt += by;
            lease.AssignedAt += by;
            if (lease.NotBefore != 0)
                lease.NotBefore += by;
            lease.SentAt += by;
            if (lease.MissingSince != 0)
                lease.MissingSince += by;
        }
    }

    private void CountCurrent(Lease lease, int by)
    {
        CurrentCount += by;
        Digest ^= lease.Token.Digest;
    }
}
