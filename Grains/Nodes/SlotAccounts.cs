namespace OrleansTasks.Nodes;

/// <summary>
/// The slot accounts of one node session, one account for each queue that uses or wants slots of the node.
/// An account has the number of slots (each is room for one attempt) that are reserved for its queue, and the
/// queue's demand for more.
/// <see cref="SlotLedger"/> and <see cref="ReclaimRule"/> ask two questions here: which queue gets the next free
/// slot, and which queue must give a slot up when none is free. Both answers bring each queue to its share
/// (<see cref="SlotShares"/>).
/// Each answer searches all accounts, of which a node has few. An account stays until the session ends. In memory only.
/// Times are Unix milliseconds of the caller's clock.
/// </summary>
/// <remarks>
/// An account <em>wants</em> slots while the queue's demand for more slots has not expired. An account is
/// <em>reclaiming</em> from the time at which the queue is asked to give slots back until the queue answers or
/// the call fails.
/// </remarks>
internal sealed class SlotAccounts(SlotTally tally)
{
    /// <summary>
    /// By how many slot-milliseconds the lag of an account that wants a slot must exceed that of an account that has one
    /// before the two change places.
    /// </summary>
    private const double Turn = 100;

    private readonly SortedDictionary<string, SlotAccount> accounts = new(StringComparer.Ordinal);
    private readonly SlotShares shares = new(tally);

    /// <summary>The shares of the accounts, for the simulator's checks.</summary>
    public SlotShares Shares => shares;

    /// <summary>All accounts, ordered by queue name so that equal histories lead to equal decisions.</summary>
    public IEnumerable<SlotAccount> All => accounts.Values;

    /// <summary>Returns the account of a queue. Creates the account on the first call.</summary>
    public SlotAccount Of(string queue)
    {
        var key = queue;
        if (!accounts.TryGetValue(key, out var account))
            accounts.Add(key, account = new SlotAccount(queue, tally));
        return account;
    }

    /// <summary>Divides the slots anew (<see cref="SlotShares"/>), by what is used and wanted now.</summary>
    public void Divide(long now)
    {
        shares.Settle(accounts.Values, now);
        shares.Divide(accounts.Values, now);
    }

    /// <summary>Counts turns until now; called before a demand or the number of reserved slots changes.</summary>
    public void Settle(long now) => shares.Settle(accounts.Values, now);

    /// <summary>Whether any account wants a slot and is not reclaiming.</summary>
    public bool AnyWants(long now)
    {
        foreach (var account in accounts.Values)
        {
            if (account.Wants(now, tally.Slots) && !account.IsReclaiming)
                return true;
        }

        return false;
    }

    /// <summary>
    /// Returns the account that gets the next slot, of the accounts that want a slot and are not reclaiming: first those
    /// that lack a whole slot of their share, by what part of it they lack; then those whose turn it may be, by their
    /// lag; then the others, by slots for their weight. Among equals, the one that has waited longest. Returns null when
    /// there is none. The caller checks whether a slot is free, and has called <see cref="Divide"/>.
    /// </summary>
    public SlotAccount? Next(long now)
    {
        SlotAccount? next = null;
        foreach (var account in accounts.Values)
        {
            if (!account.Wants(now, tally.Slots) || account.IsReclaiming)
                continue;
            if (next is null || GoesBefore(account, next))
                next = account;
        }

        return next;
    }

    /// <summary>
    /// Returns the account that must give a slot to <paramref name="wanting"/> (<see cref="MustGive"/>): of the other
    /// accounts, one with more than its share, the one with most beyond it; else, of those whose turn is over, the one
    /// with the smallest lag; among equals, the first by <see cref="SlotAccount.IsBefore"/>. Passes over accounts that
    /// have been asked and still use their slots (<see cref="SlotAccount.IsGiving"/>). Returns null when there is none.
    /// </summary>
    /// <param name="wanting">The account that wants a slot.</param>
    /// <param name="held">Returns how many attempts of a queue the worker has.</param>
    public SlotAccount? Giver(SlotAccount wanting, Func<string, int> held)
    {
        SlotAccount? giver = null;
        foreach (var account in accounts.Values)
        {
            if (account == wanting || !MustGive(account, wanting) || (giver is not null && !GivesBefore(account, giver)))
                continue;
            if (!account.IsGiving || held(account.Queue) < account.Reserved)
                giver = account;
        }

        return giver;
    }

    /// <summary>Whether any account but <paramref name="wanting"/> has a reclaim to answer.</summary>
    public bool IsReclaimingFor(SlotAccount wanting)
    {
        foreach (var account in accounts.Values)
        {
            if (account != wanting && account.IsReclaiming)
                return true;
        }

        return false;
    }

    /// <summary>
    /// In how many milliseconds it is <paramref name="wanting"/>'s turn with a slot that another account has, if nothing
    /// changes until then; <see cref="long.MaxValue"/> when it never is.
    /// </summary>
    public long UntilTurn(SlotAccount wanting)
    {
        var least = double.MaxValue;
        if (wanting.Reserved != wanting.Floor || wanting.Fraction == 0)
            return long.MaxValue;
        foreach (var account in accounts.Values)
        {
            if (account == wanting || account.Reserved <= account.Floor || account.Fraction == 0)
                continue;
            var left = Turn - (wanting.Lag - account.Lag);
            // Its turn is over: it gives the slot back when its attempt ends.
            if (left > 0)
                least = Math.Min(least, left / (wanting.Fraction + 1 - account.Fraction));
        }

        return least == double.MaxValue ? long.MaxValue : Math.Max(1, (long)Math.Ceiling(least));
    }

    /// <summary>
    /// Whether another account wants a slot that <paramref name="account"/> must give it (<see cref="MustGive"/>).
    /// </summary>
    public bool MustGiveToAny(SlotAccount account, long now)
    {
        foreach (var other in accounts.Values)
        {
            if (other != account && other.Wants(now, tally.Slots) && MustGive(account, other))
                return true;
        }

        return false;
    }

    // Nobody gives a slot to an account that has its share. A slot with which accounts take turns stays with one of them
    // for a while (Turn): to hand it over takes a few messages, and the slot is idle meanwhile.
    private static bool MustGive(SlotAccount account, SlotAccount wanting)
    {
        if (account.Reserved <= account.Floor || wanting.Reserved >= wanting.Ceiling)
            return false;
        return account.Reserved > account.Ceiling || wanting.Reserved < wanting.Floor || wanting.Lag - account.Lag >= Turn;
    }

    private static bool GoesBefore(SlotAccount one, SlotAccount other)
    {
        var (rank, otherRank) = (Rank(one), Rank(other));
        var order = rank != otherRank ? rank.CompareTo(otherRank) : rank switch
        {
            0 => Lack(other).CompareTo(Lack(one)),
            1 => other.Lag.CompareTo(one.Lag),
            _ => ((double)one.Reserved / one.Weight).CompareTo((double)other.Reserved / other.Weight),
        };
        return order != 0 ? order < 0 : one.IsBefore(other);
    }

    private static int Rank(SlotAccount account) =>
        account.Reserved < account.Floor ? 0 : account.Reserved < account.Ceiling ? 1 : 2;

    private static double Lack(SlotAccount account) => (account.Floor - account.Reserved) / account.Share;

    private static bool GivesBefore(SlotAccount one, SlotAccount other)
    {
        var isOver = one.Reserved > one.Ceiling;
        if (isOver != other.Reserved > other.Ceiling)
            return isOver;
        var order = isOver ? (other.Reserved - other.Share).CompareTo(one.Reserved - one.Share) : one.Lag.CompareTo(other.Lag);
        return order != 0 ? order < 0 : one.IsBefore(other);
    }
}
