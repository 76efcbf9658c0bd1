using OrleansTasks.Resources;

namespace OrleansTasks.Nodes;

/// <summary>
/// The accounts of one node session. Answers which queue gets the next free slot and which must give one up, so that
/// each queue approaches its share (<see cref="SlotShares"/>). Searches all accounts, of which a node has few; an
/// account stays until the session ends. Times are Unix milliseconds of the caller's clock.
/// </summary>
internal sealed class SlotAccounts(SlotTally tally, Func<IEnumerable<RunningAttempt>> running)
{
    /// <summary>Slot-milliseconds by which a wanting account's lag must exceed a holder's to take the slot.</summary>
    private const double Turn = 100;

    /// <summary>With more accounts than this, idle ones with resources are forgotten: tasks may ask for ever new amounts.</summary>
    private const int ManyAccounts = 64;

    private readonly SortedDictionary<(string Queue, string Shape), SlotAccount> accounts = new(
        Comparer<(string Queue, string Shape)>.Create(static (one, other) =>
            string.CompareOrdinal(one.Queue, other.Queue) is var order and not 0 ? order : string.CompareOrdinal(one.Shape, other.Shape)));
    private readonly SlotShares shares = new(tally);
    private readonly ResourceTurns turns = new(tally);

    // Whether any account has resources; without one, only slots are divided.
    private bool hasShapes;

    /// <summary>When an account is due a turn with resources that others have.</summary>
    public long NextResourceTurn => turns.NextDue;

    /// <summary>Read by the simulator's checks.</summary>
    public SlotShares Shares => shares;

    /// <summary>Ordered by queue name and shape, so that equal histories lead to equal decisions.</summary>
    public IReadOnlyCollection<SlotAccount> All => accounts.Values;

    public SlotAccount Of(string queue, ResourceVector shape)
    {
        var key = (queue, shape.IsEmpty ? "" : shape.ToString());
        if (!accounts.TryGetValue(key, out var account))
        {
            account = new SlotAccount(queue, shape, tally);
            foreach (var other in accounts.Values)
            {
                if (other.Queue == queue)
                    account.Weight = other.Weight;
            }

            accounts.Add(key, account);
            hasShapes |= !shape.IsEmpty;
        }

        return account;
    }

    /// <summary>Sets the weight of a queue, which all its accounts have.</summary>
    public void SetWeight(string queue, int weight)
    {
        foreach (var account in accounts.Values)
        {
            if (account.Queue == queue)
                account.Weight = weight;
        }
    }

    /// <summary>Divides the slots again, by what is used and wanted now.</summary>
    public void Divide(long now)
    {
        if (accounts.Count > ManyAccounts)
            ForgetIdle(now);
        if (hasShapes)
        {
            turns.Settle(now);
            turns.Divide(accounts.Values, now);
            FindReserving(now);
        }

        shares.Settle(accounts.Values, now);
        shares.Divide(accounts.Values, now);
    }

    /// <summary>Divides again after the account that reserves has got its lease.</summary>
    public void EndTurn(long now)
    {
        tally.Reservation = null;
        Divide(now);
    }

    /// <summary>Counts turns until now. Must be called before a demand or a reservation changes.</summary>
    public void Settle(long now)
    {
        turns.Settle(now);
        shares.Settle(accounts.Values, now);
    }

    /// <summary>Returns whether any account asks for a slot and is not reclaiming.</summary>
    public bool AnyWants(long now)
    {
        foreach (var account in accounts.Values)
        {
            if (account.Asks(now, tally.Slots) && !account.IsReclaiming)
                return true;
        }

        return false;
    }

    /// <summary>
    /// Returns the account that gets the next slot, or null. Of those that want one and are not reclaiming, those below
    /// their whole slots come first, by the part that they lack; then those whose turn it may be, by lag; then the
    /// others, by slots for their weight. Among equals, the longest waiting comes first. Call <see cref="Divide"/>
    /// before, and check whether a slot is free.
    /// </summary>
    public SlotAccount? Next(long now)
    {
        SlotAccount? next = null;
        foreach (var account in accounts.Values)
        {
            if (!account.Wants(now, tally.Slots) || account.IsReclaiming)
                continue;
            if (account == tally.Reserving)
                return account;
            if (next is null || GoesBefore(account, next))
                next = account;
        }

        return next;
    }

    /// <summary>
    /// Returns the account that must give <paramref name="wanting"/> a slot, or null: the one furthest above its share,
    /// otherwise the one with the smallest lag whose turn is over; <see cref="SlotAccount.IsBefore"/> decides between
    /// equals. Skips accounts that were asked and use all their slots (<see cref="SlotAccount.IsGiving"/>);
    /// <paramref name="held"/> counts attempts.
    /// </summary>
    public SlotAccount? Giver(SlotAccount wanting, Func<string, ResourceVector, int> held)
    {
        SlotAccount? giver = null;
        foreach (var account in accounts.Values)
        {
            if (account == wanting || !MustGive(account, wanting) || (giver is not null && !GivesBefore(account, giver)))
                continue;
            if (!account.IsGiving || held(account.Queue, account.Shape) < account.Reserved)
                giver = account;
        }

        return giver;
    }

    /// <summary>Returns whether any other account has a reclaim to answer.</summary>
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
    /// Returns the milliseconds until it is <paramref name="wanting"/>'s turn with another's slot if nothing changes;
    /// <see cref="long.MaxValue"/> if never.
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
            // Otherwise the turn is over, and the account gives the slot back when its attempt ends. The divisor is the
            // speed at which the lags drift apart: one grows by its fraction, and the other falls by the rest of the
            // slot.
            if (left > 0)
                least = Math.Min(least, left / (wanting.Fraction + 1 - account.Fraction));
        }

        return least == double.MaxValue ? long.MaxValue : Math.Max(1, (long)Math.Ceiling(least));
    }

    public bool MustGiveToAny(SlotAccount account, long now)
    {
        if (tally.Reservation?.IsInTheWay(account) == true)
            return true;
        foreach (var other in accounts.Values)
        {
            if (other != account && other.Wants(now, tally.Slots) && MustGive(account, other))
                return true;
        }

        return false;
    }

    // An account that has and wants nothing has nothing to lose: a later demand begins it anew.
    private void ForgetIdle(long now)
    {
        foreach (var (key, _) in accounts.Where(one => !one.Value.Shape.IsEmpty && one.Value.Reserved == 0
            && one.Value.WantedUntil < now && !one.Value.IsReclaiming && one.Value.Lag == 0).ToArray())
            accounts.Remove(key);
    }

    // The account that is furthest behind of those that are due, or has waited longest. It keeps the place until it has
    // what it asks for, and the accounts that must give to it stay the same.
    private void FindReserving(long now)
    {
        if (tally.Reservation is { } current && MayReserve(current.Holder, now)
            && (current.IsTurn || current.Holder.Reserves))
        {
            tally.Reservation = ReservationFor(current.Holder, current.Givers, current.IsTurn, now);
            return;
        }

        (SlotAccount Account, IReadOnlySet<SlotAccount>? Givers)? first = null;
        foreach (var account in accounts.Values)
        {
            if ((account.Reserves || turns.IsContested) && MayReserve(account, now)
                && turns.IsDue(account, now, out var givers)
                && (first is not { } other || ReservesBefore(account, other.Account)))
                first = (account, givers);
        }

        tally.Reservation = first is { } holder
            ? ReservationFor(holder.Account, holder.Givers, isTurn: !holder.Account.Reserves, now) : null;
    }

    private Reservation ReservationFor(
        SlotAccount holder, IReadOnlySet<SlotAccount>? givers, bool isTurn, long now) =>
        new(holder, tally, accounts.Values, running(), now, givers) { IsTurn = isTurn };

    private bool ReservesBefore(SlotAccount one, SlotAccount other)
    {
        var order = turns.LagOf(other).CompareTo(turns.LagOf(one));
        return order != 0 ? order < 0 : one.Reserves != other.Reserves ? one.Reserves : one.IsBefore(other);
    }

    // One that has as many leases as the node can give starts its tasks with these.
    private bool MayReserve(SlotAccount account, long now) =>
        !account.Shape.IsEmpty && account.Asks(now, tally.Slots)
        && account.Reserved < account.Shape.TimesIn(tally.Offered);

    // An account that has its share gets nothing more. A shared slot stays with one account for a while (Turn), because
    // moving it takes a few messages, during which the slot is idle.
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
