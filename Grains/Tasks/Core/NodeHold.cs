namespace OrleansTasks.Tasks;

/// <summary>
/// The leases of this partition on one node. Those of the node's current session share one term, which every renewal
/// moves; those of earlier sessions run out one by one, and take a slot until then. Times are Unix milliseconds.
/// </summary>
internal sealed class NodeHold
{
    private readonly Dictionary<LeaseToken, Lease> leases = [];

    /// <summary>Every lease of this partition there.</summary>
    public Dictionary<LeaseToken, Lease>.ValueCollection All => leases.Values;

    public int Count => leases.Count;

    /// <summary>How many leases belong to the current session.</summary>
    public int CurrentCount { get; private set; }

    /// <summary>The tokens of the current session's leases combined by xor.</summary>
    public ulong Digest { get; private set; }

    /// <summary>When the current session's leases lapse.</summary>
    public long RenewedUntil { get; private set; }

    /// <summary>
    /// When the worker sent the latest heartbeat that <see cref="RenewedUntil"/> counts from, by its own clock; 0 while
    /// that is not known.
    /// </summary>
    public long AsOf { get; private set; }

    public bool TryGet(LeaseToken token, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out Lease? lease) =>
        leases.TryGetValue(token, out lease);

    public void Add(Lease lease)
    {
        leases.Add(lease.Token, lease);
        if (lease.IsCurrent)
            CountCurrent(lease, 1);
    }

    public void Remove(Lease lease)
    {
        leases.Remove(lease.Token);
        if (lease.IsCurrent)
            CountCurrent(lease, -1);
    }

    /// <summary>Makes a lease of an earlier session one of the current session.</summary>
    public void MakeCurrent(Lease lease)
    {
        lease.IsCurrent = true;
        CountCurrent(lease, 1);
    }

    /// <summary>A heartbeat renews what is held, until then.</summary>
    public void Renew(long until, long asOf)
    {
        RenewedUntil = until;
        AsOf = Math.Max(AsOf, asOf);
    }

    /// <summary>When a lease lapses.</summary>
    public long LapsesAt(Lease lease) => lease.IsCurrent ? RenewedUntil : lease.ExpiresAt;

    /// <summary>When the first of them lapses; <see cref="long.MaxValue"/> when there is none.</summary>
    public long FirstLapse()
    {
        var first = long.MaxValue;
        foreach (var lease in leases.Values)
            first = Math.Min(first, LapsesAt(lease));
        return first;
    }

    /// <summary>Another session has begun: what is held keeps the rest of its term.</summary>
    public void EndTerm()
    {
        foreach (var lease in leases.Values)
        {
            if (!lease.IsCurrent)
                continue;
            lease.ExpiresAt = RenewedUntil;
            lease.IsCurrent = false;
        }

        Digest = 0;
        CurrentCount = 0;
        AsOf = 0;
    }

    public void ClockStepped(long by)
    {
        RenewedUntil += by;
        foreach (var lease in leases.Values)
        {
            lease.ExpiresAt += by;
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
