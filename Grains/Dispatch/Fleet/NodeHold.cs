using OrleansTasks.Tasks;

namespace OrleansTasks.Dispatch.Fleet;

/// <summary>
/// The leases of one queue that one node holds. Current leases (<see cref="Lease.IsCurrent"/>) share one term, which
/// every renewal extends; any other lease has its own, which nothing extends. A lapsed lease stays and counts until
/// <see cref="LeaseBook"/> removes it. Times are Unix milliseconds of the dispatcher's clock; AsOf is of the worker's.
/// </summary>
internal sealed class NodeHold
{
    private readonly Dictionary<LeaseToken, Lease> leases = [];

    /// <summary>All leases, in an arbitrary order: no decision may depend on it.</summary>
    public Dictionary<LeaseToken, Lease>.ValueCollection All => leases.Values;

    public int Count => leases.Count;

    public int CurrentCount { get; private set; }

    /// <summary>The xor of the <see cref="LeaseToken.Digest"/> of all current leases, as heartbeats bring it.</summary>
    public ulong Digest { get; private set; }

    /// <summary>When the term of the current leases ends; undefined while there are none.</summary>
    public long RenewedUntil { get; private set; }

    /// <summary>
    /// When the worker sent the heartbeat from which the term counts, by the worker's clock; 0 while unknown. The
    /// worker ignores a start command that arrives a term or more after it: the task may be elsewhere by then.
    /// </summary>
    public long AsOf { get; private set; }

    /// <summary>Whether the worker's digest matches these leases, and all of them are current.</summary>
    public bool Agrees(int count, ulong digest) => count == CurrentCount && digest == Digest && CurrentCount == Count;

    public bool TryGet(LeaseToken token, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out Lease? lease) =>
        leases.TryGetValue(token, out lease);

    /// <summary>Adds a lease. The caller begins the term (<see cref="Renew"/>) before the first current one.</summary>
    public void Add(Lease lease)
    {
        leases.Add(lease.Token, lease);
        if (lease.IsCurrent)
            CountCurrent(lease, 1);
    }

    /// <summary>Removes a lease once: a second time would corrupt the count and the digest.</summary>
    public void Remove(Lease lease)
    {
        leases.Remove(lease.Token);
        if (lease.IsCurrent)
            CountCurrent(lease, -1);
    }

    /// <summary>Makes a lease current. It must be held here and must not be current.</summary>
    public void MakeCurrent(Lease lease)
    {
        lease.IsCurrent = true;
        CountCurrent(lease, 1);
    }

    /// <summary>Sets the current leases' term. Keeps the latest time: heartbeats may overtake each other.</summary>
    public void Renew(long until, long asOf)
    {
        RenewedUntil = until;
        AsOf = Math.Max(AsOf, asOf);
    }

    /// <summary>When a lease lapses; never before its <see cref="Lease.NotBefore"/>.</summary>
    public long LapsesAt(Lease lease) => lease.IsCurrent ? Math.Max(RenewedUntil, lease.NotBefore) : lease.ExpiresAt;

    /// <summary>When the first lease lapses; <see cref="long.MaxValue"/> when there is none.</summary>
    public long FirstLapse()
    {
        var first = long.MaxValue;
        foreach (var lease in leases.Values)
            first = Math.Min(first, LapsesAt(lease));
        return first;
    }

    /// <summary>Begins another session: no lease is current, and each keeps the rest of its term.</summary>
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

    /// <summary>Moves the terms. <see cref="AsOf"/> is the worker's; starts and cancels are times of day.</summary>
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

    // By 1 or -1; xor adds and removes.
    private void CountCurrent(Lease lease, int by)
    {
        CurrentCount += by;
        Digest ^= lease.Token.Digest;
    }
}
