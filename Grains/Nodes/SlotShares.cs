namespace OrleansTasks.Nodes;

/// <summary>
/// Divides the slots of one node session among the queues that use or want slots, by the weights of their queues,
/// and keeps account of turns. <see cref="SlotAccounts"/> and <see cref="ReclaimRule"/> compare what a queue has
/// with its share. Times are Unix milliseconds of the node grain's steady clock; lags are slot-milliseconds.
/// </summary>
/// <remarks>
/// <para>
/// Shares (<see cref="Divide"/>): a queue that wants less than its weight allows gets what it wants, and the others
/// divide the rest (water-filling). The queues of one queue divide the queue's weight equally. A share may have a
/// fraction: with weights 1 and 5 on one slot, the shares are 1/6 and 5/6.
/// </para>
/// <para>
/// Turns (<see cref="Settle"/>): the whole slots of a share are the queue's own. Queues with a fraction take
/// turns with the slots that remain. While it has no such slot, a queue's lag grows by its fraction of the time;
/// while it has one, the lag falls by the rest of the time. The queue with the largest lag is next. So over time each
/// has its fraction of slot time, however long its tasks run.
/// </para>
/// <para>
/// A queue that ceases to compete keeps no claim, so that it gains nothing by coming and going. It does keep what it
/// owes to those that waited, and pays that off in the time that it would have taken to make up for it. The lags of those
/// that compete add up to 0: what one takes away when it leaves is divided among the others.
/// </para>
/// </remarks>
/// <param name="tally">Counts the slots of the node.</param>
internal sealed class SlotShares(SlotTally tally)
{
    private readonly List<(SlotAccount Account, int Demand, double Weight)> claims = [];

    // Until when the lags are counted; 0 before the first call.
    private long settledAt;

    /// <summary>
    /// What the queues had or wanted at the last division, by rising demand for their weight. For the simulator's checks.
    /// </summary>
    public IReadOnlyList<(SlotAccount Account, int Demand, double Weight)> Claims => claims;

    /// <summary>How many slots were divided last. For the simulator's checks.</summary>
    public int Divided { get; private set; }

    /// <summary>
    /// Counts the lags from the last call until <paramref name="now"/>, with the shares and slots of that time. Called
    /// before anything changes.
    /// </summary>
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
            else if (account.Lag < 0)
                account.Lag = Math.Min(0, account.Lag + (passed * RateOf(account, all)));
        }
    }

    /// <summary>Sets the shares (<see cref="SlotAccount.Share"/>) by what is used and wanted now.</summary>
    /// <param name="accounts">All accounts; those of one queue come one after the other.</param>
    /// <param name="now">The current time.</param>
    public void Divide(IEnumerable<SlotAccount> accounts, long now)
    {
        claims.Clear();
        foreach (var account in accounts)
        {
            account.Share = 0;
            account.IsBoundByShare = false;
            var demand = account.DemandAt(now, tally.Slots);
            if (demand > 0)
                claims.Add((account, demand, account.Weight));
        }

        Divided = tally.Slots;
        SplitWeights();
        claims.Sort(static (one, other) => (one.Demand / one.Weight).CompareTo(other.Demand / other.Weight));
        var (slots, weights) = ((double)tally.Slots, claims.Sum(static claim => claim.Weight));
        foreach (var (account, demand, weight) in claims)
        {
            account.Share = Math.Min(demand, slots * weight / weights);
            account.IsBoundByShare = account.Share < demand;
            slots -= account.Share;
            weights -= weight;
        }

        TakeTurns(accounts);
    }

    /// <summary>
    /// Keeps the sum of the lags at zero when accounts begin or cease to take turns. An account that ceases keeps its
    /// lag only if that is a debt; the others share the difference. An account that begins brings its debt, and the
    /// others are credited with it.
    /// </summary>
    private static void TakeTurns(IEnumerable<SlotAccount> accounts)
    {
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
            account.Lag += account.Weight * (owed - (account.HasTurns ? 0 : OwedBy(account, all)));
            account.HasTurns = true;
        }
    }

    // By how much the lags of the others rise for each unit of their weight, so that all lags still add up to 0.
    private static double OwedBy(SlotAccount account, double all) => account.Debt / Math.Max(1, all - account.Weight);

    /// <summary>Divides each queue's weight among its queues.</summary>
    private void SplitWeights()
    {
        for (var first = 0; first < claims.Count;)
        {
            var next = first + 1;
            while (next < claims.Count && claims[next].Account.Queue == claims[first].Account.Queue)
                next++;
            for (var i = first; i < next; i++)
                claims[i] = claims[i] with { Weight = claims[i].Weight / (next - first) };
            first = next;
        }
    }

    /// <summary>How many slots an account would have if it competed for all slots, at most one.</summary>
    private double RateOf(SlotAccount account, double all) =>
        Math.Min(1, tally.Slots * account.Weight / (account.Share > 0 ? all : all + account.Weight));
}
