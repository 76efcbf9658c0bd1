using OrleansTasks.Tasks;

namespace OrleansTasks.Dispatch.Fleet;

/// <summary>
/// The leases of one queue that one node holds; a lease is the right to run one attempt until it lapses. A lease is
/// current when heartbeats of the node's current session (since its worker last registered) renew it
/// (<see cref="Lease.IsCurrent"/>). The current leases have one common term, which every renewal extends. Any other
/// lease has a term of its own, which nothing extends. <see cref="LeaseBook"/> adds, renews and removes leases and
/// looks for lapsed ones; a lapsed lease stays here, and is counted, until it is removed. In memory only. Times are
/// Unix milliseconds of the dispatcher's clock, except <see cref="AsOf"/>.
/// </summary>
internal sealed class NodeHold
{
    private readonly Dictionary<LeaseToken, Lease> leases = [];

    /// <summary>All leases. Their order is arbitrary: nothing may be decided by it.</summary>
    public Dictionary<LeaseToken, Lease>.ValueCollection All => leases.Values;

    /// <summary>How many leases there are, current or not. The node's grant limits this number.</summary>
    public int Count => leases.Count;

    /// <summary>How many leases are current.</summary>
    public int CurrentCount { get; private set; }

    /// <summary>
    /// The xor of the <see cref="LeaseToken.Digest"/> of all current leases; 0 when there are none. A heartbeat brings
    /// the same sum and the count of what the worker holds: if both are equal, worker and dispatcher know the same
    /// leases.
    /// </summary>
    public ulong Digest { get; private set; }

    /// <summary>When the term of the current leases ends; means nothing while there are none.</summary>
    public long RenewedUntil { get; private set; }

    /// <summary>
    /// When the worker sent the latest heartbeat from which <see cref="RenewedUntil"/> counts, by the worker's own
    /// clock; 0 while that is not known. Start commands carry it: the worker ignores a command that arrives a term or
    /// more after it, because the task may be elsewhere by then.
    /// </summary>
    public long AsOf { get; private set; }

    /// <summary>Whether a worker that holds as many leases with this digest holds these, and all are current.</summary>
    public bool Agrees(int count, ulong digest) => count == CurrentCount && digest == Digest && CurrentCount == Count;

    /// <summary>Finds the lease with a token, current or not.</summary>
    public bool TryGet(LeaseToken token, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out Lease? lease) =>
        leases.TryGetValue(token, out lease);

    /// <summary>
    /// Adds a lease. A current lease gets the common term; before the first is added, the caller begins the term with
    /// <see cref="Renew"/>.
    /// </summary>
    public void Add(Lease lease)
    {
        leases.Add(lease.Token, lease);
        if (lease.IsCurrent)
            CountCurrent(lease, 1);
    }

    /// <summary>
    /// Removes a lease, which must be held here: removing it twice would make the count and the digest of the current
    /// leases wrong.
    /// </summary>
    public void Remove(Lease lease)
    {
        leases.Remove(lease.Token);
        if (lease.IsCurrent)
            CountCurrent(lease, -1);
    }

    /// <summary>Makes a lease current. The lease must be held here and must not be current.</summary>
    public void MakeCurrent(Lease lease)
    {
        lease.IsCurrent = true;
        CountCurrent(lease, 1);
    }

    /// <summary>Sets the term of the current leases, after a heartbeat or before the first lease is granted.</summary>
    /// <param name="until">When the term ends.</param>
    /// <param name="asOf">
    /// When the worker sent the heartbeat that the term counts from, by the worker's own clock; 0 when it is not known.
    /// <see cref="AsOf"/> keeps the latest, because heartbeats may overtake each other.
    /// </param>
    public void Renew(long until, long asOf)
    {
        RenewedUntil = until;
        AsOf = Math.Max(AsOf, asOf);
    }

    /// <summary>
    /// Returns when a lease lapses. A current lease that was read from the store lapses no earlier than
    /// <see cref="Lease.NotBefore"/>, even if the common term ends before that.
    /// </summary>
    public long LapsesAt(Lease lease) => lease.IsCurrent ? Math.Max(RenewedUntil, lease.NotBefore) : lease.ExpiresAt;

    /// <summary>Returns when the first lease lapses; <see cref="long.MaxValue"/> when there is none.</summary>
    public long FirstLapse()
    {
        var first = long.MaxValue;
        foreach (var lease in leases.Values)
            first = Math.Min(first, LapsesAt(lease));
        return first;
    }

    /// <summary>
    /// Ends the common term, because another session has begun: no lease is current, and each keeps the rest of its
    /// term.
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
    /// Moves the terms, because the wall clock was set forward by <paramref name="by"/> milliseconds (negative: back).
    /// <see cref="AsOf"/> stays, because it is of the worker's clock; the times of starts and cancels stay, because
    /// they are stored as times of day.
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

    /// <summary>Adds a current lease to the count and the digest, or removes it: xor does both.</summary>
    /// <param name="lease">The lease.</param>
    /// <param name="by">1 to add, -1 to remove.</param>
    private void CountCurrent(Lease lease, int by)
    {
        CurrentCount += by;
        Digest ^= lease.Token.Digest;
    }
}
