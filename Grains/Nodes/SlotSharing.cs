using OrleansTasks.Tasks;

namespace OrleansTasks.Nodes;

/// <summary>
/// Sends the <see cref="SlotLedger"/>'s offers and reclaims to the dispatchers, and takes their answers. An offer may
/// be lost; the dispatcher then repeats its demand, and the ledger the offer. Only turns of the grain use this class;
/// calls interleave at the awaits.
/// </summary>
internal sealed class SlotSharing(IGrainBase owner, IGrainFactory grains, SteadyClock clock)
{
    // The latest session that took work, perhaps over, or null. No later session takes work yet: the grain calls Share
    // in the turn in which a session begins to do so.
    private NodeSession? latest;

    // Runs Share at the end of a protection or turn, for the latest session; null before it is needed.
    private IGrainTimer? protectionTimer;

    /// <summary>
    /// Offers free slots, or reclaims some for queues that want them. If a protection or turn keeps a slot, a timer
    /// calls this again. Does nothing while the session takes no work.
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

    /// <summary>Reclaims all slots. Waits for all queues, then throws if one of them failed.</summary>
    public Task ReclaimAll(NodeSession session) =>
        Task.WhenAll(session.Ledger.TakeAllReclaims().Select(reclaim => Reclaim(session, reclaim)));

    /// <summary>Calls <see cref="Share"/> once after the given time; replaces an earlier request.</summary>
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
            Dispatcher(offer.Queue).Offer(ByWallClock(offer) with { AsOf = session.SentAt }).FireAndForget();
    }

    /// <summary>Takes a queue's answer to a reclaim. A failure frees no slot; the queue may be asked again.</summary>
    private async Task Reclaim(NodeSession session, SlotOffer reclaim)
    {
        var isFreed = false;
        try
        {
            var answer = await Dispatcher(reclaim.Queue).Reclaim(ByWallClock(reclaim));
            isFreed = session.Ledger.Reclaimed(answer, clock.Now);
        }
        finally
        {
            // Does nothing if the answer was taken.
            session.Ledger.ReclaimFailed(reclaim);
            // If no slot was freed, Share would send the same reclaim endlessly.
            if (isFreed)
                Share(session);
            else
                Offer(session);
        }
    }

    // A dispatcher does not have this grain's clock.
    private SlotOffer ByWallClock(SlotOffer offer) =>
        offer.EndsBy == 0 ? offer : offer with { EndsBy = clock.ToWall(offer.EndsBy) };

    private ITaskDispatcherGrain Dispatcher(string queue) =>
        grains.Reference<ITaskDispatcherGrain>(queue);
}
