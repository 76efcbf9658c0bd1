namespace OrleansTasks.Nodes;

/// <summary>
/// Which queues are behind their dominant share of a node (<see cref="DominantShares"/>) because others have the
/// resources that they lack. Whole leases rarely add up to a share, so queues take turns, and each gets its share of
/// the time. Times are Unix milliseconds of the node grain's steady clock; lags are milliseconds of the whole node.
/// </summary>
/// <remarks>
/// While an account lacks resources, the lag of each queue grows by its share less what it has. The lags of the queues
/// that want more than their share add up to 0. A queue that wants no more loses its claim but keeps its debt. Lags
/// fade with a time constant of five minutes, so a queue does not pay for an attempt of a day over a whole day.
/// <para>
/// An account is due if its queue has less than its share, and queues that have at least as much as that share for
/// their weight, and are ahead of it by a turn, have enough of what it lacks. The node then keeps what these give back
/// for it (<see cref="Reservation"/>). An account that reserves because its task has waited long is due even if its
/// queue has its share; every queue that is not behind it then gives.
/// </para>
/// </remarks>
internal sealed class ResourceTurns(SlotTally tally)
{
    // Milliseconds of the lease that an account waits for, by which its queue must be behind another.
    private const double Turn = 100;

    private const double Fades = 300_000;
    private const double Rounding = SlotAccount.Rounding;

    // The queues with a claim or a debt; empty while no account lacks resources, and nobody has a debt.
    private readonly SortedDictionary<string, Standing> queues = new(StringComparer.Ordinal);
    private long settledAt;

    /// <summary>
    /// When an account that lacks resources is due if nothing changes; <see cref="long.MaxValue"/> if none is.
    /// </summary>
    public long NextDue { get; private set; } = long.MaxValue;

    /// <summary>Whether an account lacks resources, so that queues have shares of them.</summary>
    public bool IsContested { get; private set; }

    /// <summary>Counts the lags since the last call. Must be called before anything changes.</summary>
    public void Settle(long now)
    {
        var passed = now - settledAt;
        settledAt = now;
        if (queues.Count == 0 || passed <= 0)
            return;
        // A queue that is alone is behind nobody.
        var isShared = IsContested && queues.Count > 1;
        foreach (var one in queues.Values)
        {
            one.Lag *= Math.Exp(-passed / Fades);
            if (isShared)
                one.Lag += passed * (one.Share - HeldBy(one));
        }

        Balance();
    }

    /// <summary>Sets the shares by what is used and wanted now.</summary>
    public void Divide(IReadOnlyCollection<SlotAccount> accounts, long now)
    {
        NextDue = long.MaxValue;
        IsContested = IsAnyLacking(accounts, now);
        if (!IsContested && queues.Count == 0)
            return;
        foreach (var one in queues.Values)
            one.Clear();
        if (IsContested)
            Claim(accounts, now);
        Balance();
        foreach (var (name, _) in queues.Where(static one => one.Value is { Accounts.Count: 0, Lag: > -1 }).ToArray())
            queues.Remove(name);
    }

    /// <summary>
    /// Returns whether the node must keep for an account what it lacks, and which accounts then give theirs; null for
    /// all. Otherwise notes when it must.
    /// </summary>
    public bool IsDue(SlotAccount account, long now, out IReadOnlySet<SlotAccount>? givers)
    {
        givers = null;
        if (!IsContested || !queues.TryGetValue(account.Queue, out var own))
            return account.Reserves;
        var isBehind = queues.Count > 1 && own.Held < own.Share - Rounding;
        if (!isBehind && !account.Reserves)
            return false;
        var shortage = new ResourceShortage(account.Shape, tally);
        if (shortage.IsCovered)
            return account.Reserves;
        // A queue without a lag has had no turn yet.
        var turn = TurnOf(account) * (account.Reserves && (!isBehind || own.Lag == 0) ? -1 : 1);
        var due = new HashSet<SlotAccount>();
        foreach (var other in queues.Values)
        {
            var mustGive = other == own ? account.Reserves : GapOf(own, other) >= turn;
            if (mustGive && (account.Reserves || IsAhead(other, own)))
                due.UnionWith(other.Accounts.Where(one => one != account));
            else if (other != own)
                NoteNextDue(own, other, turn, now);
        }

        foreach (var one in due)
            shortage.TryCover(one.Shape, one.Reserved);
        givers = due;
        return shortage.IsCovered;
    }

    /// <summary>Returns how far an account's queue is behind its share, for its weight; negative if ahead.</summary>
    public double LagOf(SlotAccount account) => queues.TryGetValue(account.Queue, out var own) ? own.LagByWeight : 0;

    private bool IsAnyLacking(IReadOnlyCollection<SlotAccount> accounts, long now)
    {
        foreach (var account in accounts)
        {
            if (!account.Shape.IsEmpty && account.Lacks(now, tally.Slots))
                return true;
        }

        return false;
    }

    private void Claim(IReadOnlyCollection<SlotAccount> accounts, long now)
    {
        var claims = new List<ShareClaim>();
        foreach (var account in accounts)
        {
            var wanted = account.WantedUntil >= now ? Math.Max(account.Reserved, account.Target) : account.Reserved;
            var demand = Math.Min(tally.Slots, wanted);
            if (demand == 0)
                continue;
            claims.Add(new ShareClaim(account.Queue, account.Shape, demand, account.Weight));
            if (!queues.TryGetValue(account.Queue, out var one))
                queues.Add(account.Queue, one = new Standing());
            one.Weight = account.Weight;
            one.Accounts.Add(account);
        }

        // A queue that is alone may have everything.
        if (queues.Count == 1)
        {
            queues.Values.First().WantsMore = true;
            return;
        }

        var shares = new DominantShares(claims, tally.Slots, tally.Offered);
        for (var i = 0; i < claims.Count; i++)
            queues[claims[i].Queue].WantsMore |= shares.Leases[i] < claims[i].Demand - Rounding;
        foreach (var (name, one) in queues)
            (one.Share, one.Held) = (shares.ShareOf(name), HeldBy(one));
    }

    // Claims count among the queues that want more than their share: what they miss together is nobody's fault.
    private void Balance()
    {
        double lags = 0, weights = 0;
        foreach (var one in queues.Values)
        {
            if (one.WantsMore)
                (lags, weights) = (lags + one.Lag, weights + one.Weight);
            else
                one.Lag = Math.Min(0, one.Lag);
        }

        foreach (var one in queues.Values)
        {
            if (one.WantsMore)
                one.Lag -= lags * one.Weight / weights;
        }
    }

    private void NoteNextDue(Standing own, Standing other, double turn, long now)
    {
        var speed = ((own.Share - own.Held) / own.Weight) + ((other.Held - other.Share) / other.Weight);
        if (speed > Rounding && GapOf(own, other) is var gap && gap < turn)
            NextDue = Math.Min(NextDue, now + (long)Math.Clamp(Math.Ceiling((turn - gap) / speed), 1, 60_000));
    }

    private bool IsAhead(Standing other, Standing own) =>
        other.Held / other.Weight >= (own.Share / own.Weight) - Rounding;

    private static double GapOf(Standing own, Standing other) => own.LagByWeight - other.LagByWeight;

    private double TurnOf(SlotAccount account) =>
        Turn * DominantShares.ShareOfLease(account.Shape, tally.Slots, tally.Offered);

    private double HeldBy(Standing one) => DominantShares.ShareOf(one.Accounts, tally.Slots, tally.Offered);

    private sealed class Standing
    {
        public List<SlotAccount> Accounts { get; } = [];

        public double Weight { get; set; } = 1;

        // The dominant share by the last division.
        public double Share { get; set; }

        // What it had at that time.
        public double Held { get; set; }

        public bool WantsMore { get; set; }

        // How far the queue is behind its share; negative if ahead.
        public double Lag { get; set; }

        public double LagByWeight => Lag / Weight;

        public void Clear()
        {
            Accounts.Clear();
            (Share, Held, WantsMore) = (0, 0, false);
        }
    }
}
