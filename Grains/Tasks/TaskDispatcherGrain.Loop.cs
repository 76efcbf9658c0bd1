using OrleansTasks.Feed;
using OrleansTasks.Jobs;
using OrleansTasks.Nodes;
using OrleansTasks.Storage;

namespace OrleansTasks.Tasks;

public sealed partial class TaskDispatcherGrain
{
    private const long Housekeeping = 10_000;

    /// <summary>Clocks that are corrected little by little differ by less from one round to the next.</summary>
    private const long LargestSlew = 500;

    private static readonly TimeSpan UnknownLimit = TimeSpan.FromSeconds(8);
    private readonly List<DispatchOperation> round = [];

    /// <summary>
    /// Rounds until nothing waits: drain, apply, commit, publish. One commit is under way at a time; what arrives meanwhile
    /// is the next round, so the batch grows with the load.
    /// </summary>
    private async Task Loop()
    {
        try
        {
            do
            {
                await Round();
                if (unread is not null && poison is null)
                    await ReadWaiting();
            }
            while (poison is null && (!inbox.IsEmpty || unread is not null));
        }
        catch (Exception exception)
        {
            Poison(exception);
        }
        finally
        {
            looping = false;
            ArmTimer();
        }
    }

    private async Task Round()
    {
        round.Clear();
        inbox.Drain(round);
        var lookup = new Lookup();
        foreach (var operation in round)
        {
            operation.Ask(lookup);
            if (unread is not null)
                operation.AskOpen(lookup);
        }

        if (!lookup.IsEmpty)
            await lookup.Read(store, ownership.Partition, steady.Wall);
        var now = ReadClock();
        if (unread is not null)
            LoadAsked(lookup, now);
        var draft = new CommitDraft();
        foreach (var operation in round)
            operation.Apply(core, lookup, now, draft);
        core.Tick(now, draft);
        core.Match(now, draft);
        if (draft.IsEmpty || await Commit(draft, now))
            Publish(draft, now);
    }

    /// <summary>While waiting tasks are still being read: those that operations name are taken in ahead of their page.</summary>
    private void LoadAsked(Lookup lookup, long now)
    {
        foreach (var task in lookup.Tasks)
        {
            if (!task.Row.State.IsFinal())
                core.Load(task, now);
        }
    }

    /// <summary>True when the draft is on disk; false when this activation has to go.</summary>
    private async Task<bool> Commit(CommitDraft draft, long now)
    {
        var started = time.GetTimestamp();
        var commit = new PartitionCommit(
            ownership.Partition, core.Epoch, sequence, core.LastNo, now, draft.Writes, draft.Idempotency, draft.Events)
        {
            Jobs = draft.Jobs,
            Chunks = draft.Chunks,
        };
        var result = await store.Commit(commit);
        instruments.Committed(result.Outcome, draft.Writes.Count + draft.Chunks.Count, time.GetElapsedTime(started));
        switch (result.Outcome)
        {
            case CommitOutcome.Committed:
                sequence++;
                return true;
            case CommitOutcome.Fenced:
                Poison(new StoreUnavailableException("Another owner has taken this partition over."));
                return false;
            case CommitOutcome.Failed:
                Poison(new StoreUnavailableException(result.Detail ?? "The store refused the write."));
                return false;
            default:
                return await Resolve(result.Detail);
        }
    }

    /// <summary>
    /// Nobody knows whether the commit landed: taking a new epoch waits it out, and the sequence then tells.
    /// </summary>
    private async Task<bool> Resolve(string? detail)
    {
        LogUnknownOutcome(core.Partition, detail);
        var started = time.GetTimestamp();
        var pause = TimeSpan.FromMilliseconds(20);
        while (time.GetElapsedTime(started) < UnknownLimit)
        {
            try
            {
                var found = await store.TakeEpoch(core.Partition, core.Epoch, CancellationToken.None);
                if (!found.Taken)
                    break;
                // The core's epoch is fixed; a new activation begins with the new one. What has landed is answered as landed.
                if (found.Sequence == sequence + 1)
                {
                    CompleteRound();
                    Poison(new StoreUnavailableException("The store failed for a moment."));
                    return false;
                }

                Poison(new StoreUnavailableException(detail ?? "The store failed; nothing was written."));
                return false;
            }
            catch (Exception exception)
            {
                LogEpochNotTaken(core.Partition, exception);
                await Task.Delay(pause, time);
                pause = 2 * pause;
            }
        }

        Poison(new OutcomeUnknownException());
        return false;
    }

    private void Publish(CommitDraft draft, long now)
    {
        CompleteRound();
        foreach (var command in draft.Commands)
            Hint(() => commands.Send(command.Node, command.ToBatch()));
        if (!draft.IsEmpty)
            subscribers.Publish(new FeedBatch(core.Partition, sequence, [.. draft.Events]), steady.Now);
        foreach (var (job, chunks) in draft.Ended)
            Hint(() => GrainFactory.GetGrain<IJobGrain>(job.ToString()).Ended([.. chunks]));
        foreach (var entry in draft.Events)
        {
            if (!entry.IsJob)
                instruments.Moved(entry.State);
        }

        foreach (var (node, demand) in core.TakeDemands(now))
            Hint(() => GrainFactory.GetGrain<INodeGrain>(node).Want(demand));
        foreach (var (node, session) in core.TakeQuestions())
            Hint(() => AskNode(node, session));
        if (steady.Now - fleetAskedAt >= Housekeeping)
        {
            fleetAskedAt = steady.Now;
            Hint(AskFleet);
        }
    }

    private void CompleteRound()
    {
        foreach (var operation in round)
            operation.Complete();
        round.Clear();
    }

    private async Task AskFleet()
    {
        var snapshot = await fleet.Subscribe(core.Partition, core.FleetVersion);
        if (poison is null)
            await FleetChanged(snapshot);
    }

    private async Task AskNode(string node, long session)
    {
        var start = await GrainFactory.GetGrain<INodeGrain>(node).BeganWith(session, core.Partition);
        if (start is null || poison is not null)
            return;
        await Enqueue((core, now, draft) =>
        {
            core.SessionBegan(node, start, now, draft);
            return true;
        });
    }

    /// <summary>Reads the next page of waiting tasks; called by the loop until there are no more.</summary>
    private async Task ReadWaiting()
    {
        var (priority, order) = unread!.Value;
        var page = await store.LoadWaiting(ownership.Partition, priority, order, options.RecoveryPage, CancellationToken.None);
        var now = ReadClock();
        foreach (var task in page)
            core.Load(task, now);
        if (page.Length < options.RecoveryPage)
        {
            unread = null;
            core.ClearHorizon();
            LogRecovered(core.Partition, core.OpenCount);
            if (inbox.IsEmpty)
                await Round();
            return;
        }

        var last = page[^1];
        unread = (last.Priority, last.Row.Order);
        core.SetHorizon(last.Priority, last.Row.Order);
    }

    /// <summary>
    /// Memory is ahead of the disk, or the partition is somebody else's: everybody who waits is told, and the next call meets
    /// a new activation that reads what is stored.
    /// </summary>
    private void Poison(Exception cause)
    {
        if (poison is not null)
            return;
        poison = cause;
        LogPoisoned(core.Partition, cause);
        do
        {
            foreach (var operation in round)
                operation.Fail(NewFailure(cause));
            round.Clear();
            inbox.Drain(round);
        }
        while (round.Count > 0);
        DeactivateOnIdle();
    }

    /// <summary>An exception of its own for every caller.</summary>
    private static Exception NewFailure(Exception cause) =>
        cause is OutcomeUnknownException
            ? new OutcomeUnknownException(cause.Message, cause)
            : new StoreUnavailableException(
                cause is StoreUnavailableException ? cause.Message : "The dispatcher failed and starts again.", cause);

    private void ArmTimer()
    {
        if (poison is not null || timer is null)
            return;
        var now = steady.Now;
        var next = core.NextTime == long.MaxValue ? long.MaxValue : core.NextTime - clockAhead;
        var due = Math.Min(next, Math.Max(now, fleetAskedAt + Housekeeping));
        if (due == timerDue)
            return;
        timerDue = due;
        var wait = Math.Clamp(due - now, 1, (long)TimeSpan.FromDays(1).TotalMilliseconds);
        timer.Change(TimeSpan.FromMilliseconds(wait), Timeout.InfiniteTimeSpan);
    }

    /// <summary>
    /// Lets a hint go on its way: if it is lost, the next heartbeat makes up for it. What it was about is on disk, so that it
    /// fails, at once or later, is no failure of the round.
    /// </summary>
    private void Hint(Func<Task> send) => _ = Await(send);

    private async Task Await(Func<Task> send)
    {
        try
        {
            await send();
        }
        catch (Exception exception)
        {
            instruments.HintLost();
            LogHintLost(core.Partition, exception);
        }
    }
}
