namespace OrleansTasks.Nodes;

/// <summary>
/// Divides the slots of a node session among the queues by weight, and keeps track of turns. Times are Unix
/// milliseconds of the node grain's steady clock; lags are slot-milliseconds.
/// </summary>
/// <remarks>
/// <para>
/// Shares (<see cref="Divide"/>, water-filling): a queue that wants less than its weight allows gets what it wants; the
/// others divide the rest. With weights 1 and 5 on one slot, the shares are 1/6 and 5/6.
/// </para>
/// <para>
/// Turns (<see cref="Settle"/>): queues with a fraction take turns with the slots that are left after the whole ones.
/// Without such a slot, a queue's lag grows by its fraction of the time; with one, the lag falls by the rest. The queue
/// with the largest lag is next. Over time each queue gets its fraction, however long its tasks run.
/// </para>
/// <para>
/// A queue that stops competing loses a positive lag, so leaving and returning gains nothing. It keeps a debt and pays
/// it off in the time that making up for it would have taken. The lags of competing queues add up to 0: the others
/// divide the lag that a leaving queue takes away.
/// </para>
/// </remarks>
internal sealed class SlotShares(SlotTally tally)
{
    private readonly List<(SlotAccount Account, int Demand, double Weight)> claims = [];

    // The time up to which the lags are counted; 0 before the first call.
    private long settledAt;

    /// <summary>The last division's demands, rising per unit of weight. Read by the simulator's checks.</summary>
    public IReadOnlyList<(SlotAccount Account, int Demand, double Weight)> Claims => claims;

    /// <summary>The slots divided last. Read by the simulator's checks.</summary>
    public int Divided { get; private set; }

    /// <summary>Counts the lags since the last call. Must be called before anything changes.</summary>
    public void Settle(IEnumerable<SlotAccount> accounts, long now)
    {
        var passed = settledAt == 0 ? 0 : now - settledAt;
        settledAt = now;
        if (passed <= 0)
            return;
        var all = accounts.Where(static account => account.Share > 0).Sum(static account => account.Weight);
        foreach (var account in accounts)
        {
            if (account.HasTurns)
                account.Lag += passed * (account.Fraction - Math.Clamp(account.Reserved - account.Floor, 0, 1));
            // Without turns, only a debt is left to pay off.
            else if (account.Lag < 0)
                account.Lag = Math.Min(0, account.Lag + (passed * RateOf(account, all)));
        }
    }

    /// <summary>Sets the shares by what is used and wanted now.</summary>
    public void Divide(IEnumerable<SlotAccount> accounts, long now)
    {
        claims.Clear();
        var isShaped = false;
        foreach (var account in accounts)
        {
            account.Share = 0;
            account.IsBoundByShare = false;
            var demand = account.DemandAt(now, tally.Slots);
            if (demand == 0)
                continue;
            claims.Add((account, demand, account.Weight));
            isShaped |= !account.Shape.IsEmpty;
        }

        Divided = tally.Slots;
        if (isShaped)
            DivideByDominantResource();
        else
            DivideSlots();
        TakeTurns(accounts);
    }

    private void DivideSlots()
    {
        claims.Sort(static (one, other) => (one.Demand / one.Weight).CompareTo(other.Demand / other.Weight));
        // In rising order of demand for weight, so that what a queue leaves goes to the queues after it.
        var (slots, weights) = ((double)tally.Slots, claims.Sum(static claim => claim.Weight));
        foreach (var (account, demand, weight) in claims)
        {
            account.Share = Math.Min(demand, slots * weight / weights);
            account.IsBoundByShare = account.Share < demand;
            slots -= account.Share;
            weights -= weight;
        }
    }

    private void DivideByDominantResource()
    {
        var shares = new DominantShares(
            [.. claims.Select(static claim => new ShareClaim(
                claim.Account.Queue, claim.Account.Shape, claim.Demand, claim.Account.Weight))],
            tally.Slots, tally.Offered);
        for (var i = 0; i < claims.Count; i++)
        {
            claims[i].Account.Share = shares.Leases[i];
            claims[i].Account.IsBoundByShare = shares.Leases[i] < claims[i].Demand - SlotAccount.Rounding;
        }
    }

    /// <summary>
    /// Keeps the sum of lags at zero. An account that stops taking turns keeps only a debt, and the others share the
    /// difference; one that begins brings its debt, which the others gain.
    /// </summary>
    private static void TakeTurns(IEnumerable<SlotAccount> accounts)
    {
        // The weights of all accounts with a fraction and of those that took turns before, and the lags of the latter.
        double all = 0, present = 0, sum = 0;
        foreach (var account in accounts)
        {
            if (account.Fraction > 0)
            {
                all += account.Weight;
                present += account.HasTurns ? account.Weight : 0;
                sum += account.HasTurns ? account.Lag : 0;
            }
            else if (account.HasTurns)
                (account.HasTurns, account.Lag) = (false, Math.Min(0, account.Lag));
        }

        var owed = 0.0;
        foreach (var account in accounts.Where(static account => account.Fraction > 0))
        {
            if (account.HasTurns)
                account.Lag -= sum * account.Weight / present;
            else
                owed += OwedBy(account, all);
        }

        foreach (var account in accounts.Where(static account => account.Fraction > 0))
        {
            // Everyone gains the newcomers' debts by weight, except that newcomers do not gain their own.
            account.Lag += account.Weight * (owed - (account.HasTurns ? 0 : OwedBy(account, all)));
            account.HasTurns = true;
        }
    }

    // Returns the rise of the others' lags for each unit of weight.
    private static double OwedBy(SlotAccount account, double all) => account.Debt / Math.Max(1, all - account.Weight);

    /// <summary>Returns the slots, at most one, that an account would have if it competed for all.</summary>
    private double RateOf(SlotAccount account, double all) =>
        Math.Min(1, tally.Slots * account.Weight / (account.Share > 0 ? all : all + account.Weight));
}
