using OrleansTasks.Tasks;

namespace OrleansTasks.Nodes;

/// <summary>
/// Shares the slots of a node's open session among the dispatchers, each of which owns a queue.
/// <see cref="SlotLedger"/> decides who may use the slots; this class makes the calls: it sends the ledger's offers and
/// reclaims to the dispatchers, and gives their answers to the ledger.
/// <see cref="NodeGrain"/> calls <see cref="Share"/> when slots or demands have changed, and <see cref="ReclaimAll"/>
/// when the node stops taking work. This class opens and ends no session, and records no demand.
/// Only the turns of the grain use this class; calls interleave at the awaits.
/// </summary>
/// <remarks>
/// A slot is room for one attempt at a task. An offer states how many leases (attempts) a dispatcher may have at the
/// node; a reclaim lowers the number and is answered. A session is the time from one registration of the worker to the
/// next; each has its own ledger. Offers are not waited for and may be lost. Dispatchers repeat their demands, and the
/// ledger then repeats a lost offer.
/// The timer is off, or set to the end of a protection, when <see cref="Share"/> is to look again. All sessions use the
/// same timer; a tick counts for the session that took work last, and does nothing when that session is over.
/// </remarks>
/// <param name="owner">The node's grain, whose timer this class uses.</param>
/// <param name="grains">Finds the dispatchers.</param>
/// <param name="clock">The clock of the sessions' times.</param>
internal sealed class SlotSharing(IGrainBase owner, IGrainFactory grains, SteadyClock clock)
{
    // The latest session whose slots were shared while it took work, even when it is over; null before the first.
    // No later session takes work yet: the grain calls Share in the turn in which a session begins to take work.
    private NodeSession? latest;

    // Calls Share when slots that were granted a moment ago may be reclaimed; null before it is first needed.
    private IGrainTimer? protectionTimer;

    /// <summary>
    /// Offers the free slots. When none is free, reclaims slots for queues that want some.
    /// Called at heartbeats and after changes of demand or of free slots. A slot that was granted a moment ago is not
    /// reclaimed: a timer then calls this again. Does nothing while the session takes no work.
    /// </summary>
    public void Share(NodeSession session)
    {
        if (!session.TakesWork)
            return;
        latest = session;
        Offer(session);
        foreach (var reclaim in session.Ledger.TakeReclaims(session.Holdings.CountOf, clock.Now))
            Reclaim(session, reclaim).FireAndForget();
        if (session.Ledger.LookAgainAt < long.MaxValue)
            LookAgain(TimeSpan.FromMilliseconds(Math.Max(1, session.Ledger.LookAgainAt - clock.Now)));
    }

    /// <summary>Reclaims all slots. Waits for all queues, and then fails if one of them has failed.</summary>
    public Task ReclaimAll(NodeSession session) =>
        Task.WhenAll(session.Ledger.TakeAllReclaims().Select(reclaim => Reclaim(session, reclaim)));

    /// <summary>Has <see cref="Share"/> called once after this time, in place of an earlier request.</summary>
    private void LookAgain(TimeSpan due)
    {
        protectionTimer ??= owner.RegisterGrainTimer(
            static (sharing, _) => sharing.Look(),
            this,
            new GrainTimerCreationOptions { DueTime = Timeout.InfiniteTimeSpan, Period = Timeout.InfiniteTimeSpan, Interleave = true });
        protectionTimer.Change(due, Timeout.InfiniteTimeSpan);
    }

    private Task Look()
    {
        if (latest is { } session)
            Share(session);
        return Task.CompletedTask;
    }

    private void Offer(NodeSession session)
    {
        if (!session.TakesWork)
            return;
        foreach (var offer in session.Ledger.Grant(clock.Now))
            Dispatcher(offer.Queue).Offer(offer with { AsOf = session.SentAt }).FireAndForget();
    }

    /// <summary>
    /// Asks a queue to give slots back and takes the answer.
    /// Fails when the queue does not answer: no slot is freed then, and the queue may be asked again.
    /// </summary>
    private async Task Reclaim(NodeSession session, SlotOffer reclaim)
    {
        var isFreed = false;
        try
        {
            isFreed = session.Ledger.Reclaimed(await Dispatcher(reclaim.Queue).Reclaim(reclaim), clock.Now);
        }
        finally
        {
            // Does nothing if the answer was taken.
            session.Ledger.ReclaimFailed(reclaim);
            // If no slot was freed, Share would send the same reclaim and get the same answer without end.
            if (isFreed)
                Share(session);
            else
                Offer(session);
        }
    }

    private ITaskDispatcherGrain Dispatcher(string queue) =>
        grains.GetGrain<ITaskDispatcherGrain>(queue);
}
