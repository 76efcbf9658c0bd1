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

    /// <summary>
    /// The xor of the <see cref="LeaseToken.Digest"/> of all current leases, to compare with heartbeats.
    /// </summary>
    public ulong Digest { get; private set; }

    /// <summary>When the term of the current leases ends; undefined while there are none.</summary>
    public long RenewedUntil { get; private set; }

    /// <summary>
    /// When the worker sent the heartbeat from which the term counts, by the worker's clock; 0 while unknown. The
    /// worker ignores a start command that arrives a term or more later: another node may have the task by then.
    /// </summary>
    public long AsOf { get; private set; }

    /// <summary>Returns whether the worker's digest matches these leases, and all of them are current.</summary>
    public bool Agrees(int count, ulong digest) => count == CurrentCount && digest == Digest && CurrentCount == Count;

    public bool TryGet(LeaseToken token, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out Lease? lease) =>
        leases.TryGetValue(token, out lease);

    /// <summary>
    /// Adds a lease. Before the first current one, the caller must begin the term (<see cref="Renew"/>).
    /// </summary>
    public void Add(Lease lease)
    {
        leases.Add(lease.Token, lease);
        lease.Room.Count++;
        if (lease.IsCurrent)
            CountCurrent(lease, 1);
    }

    /// <summary>Removes a lease. Call it once: a second call would corrupt the count and the digest.</summary>
    public void Remove(Lease lease)
    {
        leases.Remove(lease.Token);
        lease.Room.Count--;
        if (lease.IsCurrent)
            CountCurrent(lease, -1);
    }

    /// <summary>Makes a lease current. It must be held here and must not be current yet.</summary>
    public void MakeCurrent(Lease lease)
    {
        lease.IsCurrent = true;
        CountCurrent(lease, 1);
    }

    /// <summary>
    /// Sets the term of the current leases. Keeps the latest <c>asOf</c>, because heartbeats may overtake each other.
    /// </summary>
    public void Renew(long until, long asOf)
    {
        RenewedUntil = until;
        AsOf = Math.Max(AsOf, asOf);
    }

    /// <summary>Returns when a lease lapses, which is never before its <see cref="Lease.NotBefore"/>.</summary>
    public long LapsesAt(Lease lease) => lease.IsCurrent ? Math.Max(RenewedUntil, lease.NotBefore) : lease.ExpiresAt;

    /// <summary>Returns when the first lease lapses, or <see cref="long.MaxValue"/> if there is none.</summary>
    public long FirstLapse()
    {
        var first = long.MaxValue;
        foreach (var lease in leases.Values)
            first = Math.Min(first, LapsesAt(lease));
        return first;
    }

    /// <summary>
    /// Ends the common term for a new session: no lease stays current, and each keeps the rest of its term.
    /// </summary>
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
    /// Moves the terms, but not <see cref="AsOf"/> (the worker's clock) or starts and cancel requests (times of day).
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

    // Counts a lease in (1) or out (-1). The same xor adds and removes a digest.
    private void CountCurrent(Lease lease, int by)
    {
        CurrentCount += by;
        Digest ^= lease.Token.Digest;
    }
}
