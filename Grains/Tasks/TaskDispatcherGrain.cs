using Microsoft.Extensions.Logging;
using OrleansTasks.Feed;
using OrleansTasks.Jobs;
using OrleansTasks.Nodes;
using OrleansTasks.Queues;
using OrleansTasks.Storage;

namespace OrleansTasks.Tasks;

/// <summary>
/// The dispatcher: owns one partition of a queue, accepts its tasks, gives them to nodes and records how they end.
/// Gateways, the grains of nodes, jobs, queues and the fleet call it. This type has no rules of its own; they are in
/// <see cref="DispatchCore"/>. It runs the core in rounds: one loop takes the calls that have arrived (operations),
/// applies them, writes all changes in one commit, and only then answers the callers and sends commands.
/// </summary>
/// <remarks>
/// All methods interleave: another call may run at every await of the loop. So a method only enqueues an operation,
/// except where no task changes: an offer, a renewal by digest, a reclaim while no commit is written, a subscription.
/// <code>
/// loading     reads the store into a new core; operations wait
/// serving     runs rounds; back to loading if the store refuses a round's data, then repeats its operations one by one
/// poisoned    another owner has the partition, the store failed, or a defect: all waiting and later callers fail;
///             Orleans ends the activation, and the first call after that starts a new one, which reads the store
/// </code>
/// <c>isLoading</c> and <c>poison</c> tell the state. <c>looping</c> is set while the loop runs, and <c>isWriting</c>
/// while it waits for a commit.
/// </remarks>
[GrainType("task-dispatcher")]
public sealed class TaskDispatcherGrain(
    ITaskStore store,
    IQueueStore queues,
    ICommandChannel commands,
    IRandomness random,
    DispatchOptions options,
    DispatchInstruments instruments,
    TimeProvider time,
    ILogger<TaskDispatcherGrain> logger) : Grain, ITaskDispatcherGrain
{
    /// <summary>How often to renew the subscription at the fleet grain, in milliseconds. It ends after 30 s.</summary>
    private const long FleetPeriod = 10_000;
    private readonly Inbox inbox = new(options);
    private readonly FeedSubscribers subscribers = new();
    private readonly PartitionClock clock = new(time);

    // The operations of the current round whose callers are not answered yet. If the activation is poisoned, they fail.
    private readonly List<DispatchOperation> round = [];
    private PartitionKey partition;
    private Outbox outbox = null!;
    private PartitionWriter writer = null!;
    private DispatchCore core = null!;
    private Recovery recovery = null!;
    private RoundTimer? timer;

    // The last read of the queue's settings.
    private Task configuring = Task.CompletedTask;

    // Why this activation has ended; null while it works.
    private Exception? poison;
    private bool isLoading;
    private bool isWriting;
    private bool looping;

    // Whether the loop must run one more round although the inbox is empty.
    private bool isRoundDue;

    // When the subscription at the fleet grain was last renewed, by the steady clock; 0: renew after the next round.
    private long fleetAskedAt;

    /// <summary>The partition, for the simulation.</summary>
    internal PartitionKey Partition => partition;

    /// <summary>The epoch (ownership number) of this activation, for the simulation; 0 until it has one.</summary>
    internal long Epoch => writer?.Epoch ?? 0;

    private IFleetGrain Fleet => GrainFactory.GetGrain<IFleetGrain>("fleet");

    /// <summary>
    /// Takes the partition over, and reads the tasks that nodes hold and the open jobs. The loop reads the waiting
    /// tasks later. Throws when the store cannot be read: the activation and the call that caused it fail.
    /// </summary>
    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        partition = PartitionKey.Parse(this.GetPrimaryKeyString());
        outbox = new Outbox(partition, GrainFactory, commands, subscribers, instruments, logger);
        var asked = time.GetTimestamp();
        await Load(await store.TakeEpoch(partition, null, cancellationToken), asked, cancellationToken);
        var never = new GrainTimerCreationOptions(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan) { Interleave = true };
        timer = new RoundTimer(this.RegisterGrainTimer(static (grain, _) => grain.TimeCame(), this, never), clock);
        Run();
    }

    /// <inheritdoc/>
    /// <remarks>
    /// Throws when the disk is nearly full, so that the rest of the disk is left for results. When the inbox has no
    /// room, refuses all requests of the call and asks the caller to come again in a second.
    /// </remarks>
    public Task<ImmutableArray<SubmitReply>> Submit(ImmutableArray<SubmitRequest> requests)
    {
        if (store.Health == StoreHealth.LowSpace)
            return Task.FromException<ImmutableArray<SubmitReply>>(
                new StoreUnavailableException("The disk is nearly full: free space, and submissions are taken again."));
        var operation = new SubmitOperation(requests);
        if (poison is null && !inbox.TryAdd(operation))
        {
            var full = new SubmitReply(SubmitOutcome.QueueFull, default, RetryAfter: 1_000);
            return Task.FromResult(requests.Select(_ => full).ToImmutableArray());
        }

        return Added(operation);
    }

    /// <inheritdoc/>
    public Task<ImmutableArray<ControlOutcome>> Cancel(ImmutableArray<TaskId> ids) => Enqueue(new CancelOperation(ids));

    /// <inheritdoc/>
    public Task<ImmutableArray<ControlOutcome>> Retry(ImmutableArray<TaskId> ids) => Enqueue(new RetryOperation(ids));

    /// <inheritdoc/>
    public Task<WhyReply> Why(TaskId id) => Enqueue(new WhyOperation(id));

    /// <inheritdoc/>
    public Task<PartitionStatus> GetStatus() => Enqueue((core, _, _) => core.Status);

    /// <inheritdoc/>
    /// <remarks>
    /// One read after the other, so that the settings that were read last hold. Only the owner may answer: a later owner
    /// reads what is stored.
    /// </remarks>
    public Task SettingsChanged() => configuring = ReadSettings(configuring);

    /// <inheritdoc/>
    public Task<bool> Retire() => Enqueue((core, _, draft) => recovery.IsComplete && core.TryRetire(draft));

    private async Task ReadSettings(Task before)
    {
        // Its own caller is told of its failure.
        await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        var settings = await queues.Get(partition.Queue) ?? QueueSettings.DefaultOf(partition.Queue);
        await Tell((core, now, draft) =>
        {
            core.Configure(settings, now);
            draft.NeedsOwner = true;
        });
    }

    /// <inheritdoc/>
    public Task Report(NodeReport report) => Enqueue(new ReportOperation(report));

    /// <inheritdoc/>
    /// <remarks>
    /// A renewal by digest (a checksum of the leases that the worker holds) usually changes nothing but memory, so it
    /// does not wait for a slow commit and no lease lapses meanwhile. Otherwise the renewal is part of a round.
    /// </remarks>
    public Task<RenewReply> Renew(NodeLeases leases)
    {
        if (IsServing && MayConfirm && core.TryRenewByDigest(leases, clock.Read(core)) is { } reply)
            return Task.FromResult(reply);
        return Enqueue(
            (core, now, draft) =>
            {
                draft.NeedsOwner |= !MayConfirm;
                return core.Renew(leases, now, draft);
            },
            Lane.Results);
    }

    /// <summary>
    /// Whether leases may be renewed without a commit. A dispatcher that was replaced without knowing must not renew
    /// leases for longer than its successor waits (<see cref="DispatchOptions.ProofTerm"/>; zero if only one process
    /// uses the store).
    /// </summary>
    private bool MayConfirm => options.ProofTerm == TimeSpan.Zero || writer.IsProven(options.ProofTerm);

    /// <inheritdoc/>
    public Task Offer(SlotOffer offer)
    {
        if (!IsServing)
            return Tell((core, _, _) => core.Offer(offer));
        core.Offer(offer);
        RunAgain();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    /// <remarks>
    /// Waits for a commit that is under way. That commit may end leases, and their slots are free only once it is on
    /// disk: if it failed after the reply, two partitions would use one slot.
    /// </remarks>
    public Task<SlotReturn> Reclaim(SlotOffer offer) =>
        IsServing && !isWriting ? Task.FromResult(core.Reclaim(offer)) : Enqueue((core, _, _) => core.Reclaim(offer));

    /// <inheritdoc/>
    public Task FleetChanged(FleetSnapshot fleet) => Tell((core, now, _) => core.FleetChanged(fleet, now));

    /// <inheritdoc/>
    public Task<JobReply> Job(JobRequest request) => Enqueue(new JobOperation(request));

    /// <inheritdoc/>
    public Task<ChunkCounts> CountChunks(TaskId job) => Enqueue((core, _, _) => core.CountChunks(job));

    /// <inheritdoc/>
    public Task Subscribe(string gateway, IFeedObserver observer) => Follow(gateway, 0, observer);

    /// <inheritdoc/>
    public Task Unsubscribe(string gateway) => Unfollow(gateway, 0);

    /// <inheritdoc/>
    public Task Follow(string gateway, long number, IFeedObserver observer)
    {
        subscribers.Add(gateway, number, observer, clock.Steady);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task Unfollow(string gateway, long number)
    {
        subscribers.Remove(gateway, number, clock.Steady);
        return Task.CompletedTask;
    }

    /// <summary>
    /// Whether a method may call the core directly instead of enqueueing, even while a commit is written. Only for
    /// calls that change no task: such a change would be in no draft.
    /// </summary>
    private bool IsServing => poison is null && !isLoading;

    /// <summary>
    /// Starts over under a new epoch, with a new core, writer and recovery. Operations that arrive meanwhile wait.
    /// <paramref name="ownedAt"/> is the timestamp from before the epoch was asked for: ownership is proven as of then.
    /// </summary>
    private async Task Load(PartitionOwnership ownership, long ownedAt, CancellationToken cancellation)
    {
        isLoading = true;
        writer = new PartitionWriter(store, partition, ownership, ownedAt, instruments, time, logger);
        core = new DispatchCore(partition, ownership.Epoch, ownership.LastNo, options, random);
        recovery = new Recovery(store, core, ownership.Partition, () => clock.Read(core), options, logger);
        // Only after TakeEpoch, which lists the partition: QueueGrain then tells this grain of later changes.
        var settings = await queues.Get(partition.Queue) ?? QueueSettings.DefaultOf(partition.Queue);
        core.Configure(settings, clock.Read(core));
        core.Restore(ownership, clock.Read(core));
        await recovery.Begin(cancellation);
        fleetAskedAt = 0;
        isLoading = false;
        logger.Owned(partition, ownership.Epoch, ownership.Sequence, core.OpenCount);
    }

    private Task<TReply> Enqueue<TReply>(Func<DispatchCore, long, CommitDraft, TReply> apply, Lane lane = Lane.Control) =>
        Enqueue(new CoreOperation<TReply>(apply, lane));

    /// <summary>
    /// Enqueues a call of the core that has no reply. The returned task completes once the round is on disk.
    /// </summary>
    private Task Tell(Action<DispatchCore, long, CommitDraft> apply) =>
        Enqueue((core, now, draft) =>
        {
            apply(core, now, draft);
            return true;
        });

    private Task<TReply> Enqueue<TReply>(DispatchOperation<TReply> operation)
    {
        if (poison is null)
            inbox.Add(operation);
        return Added(operation);
    }

    /// <summary>
    /// Starts the loop for an operation that is in the inbox, or fails the operation if the activation is poisoned.
    /// Returns the task that the caller awaits.
    /// </summary>
    private Task<TReply> Added<TReply>(DispatchOperation<TReply> operation)
    {
        if (poison is not null)
            operation.Fail(NewFailure(poison));
        else
            Run();
        return operation.Task;
    }

    /// <summary>
    /// Has the loop run one more round even if the inbox is empty: an offer may let waiting tasks be assigned.
    /// </summary>
    private void RunAgain()
    {
        isRoundDue = true;
        Run();
    }

    /// <summary>
    /// Starts the loop unless it runs. A running loop takes what arrives meanwhile in its next round.
    /// </summary>
    private void Run()
    {
        if (looping)
            return;
        looping = true;
        _ = Loop();
    }

    private Task TimeCame()
    {
        timer?.Fired();
        if (poison is null)
            Run();
        return Task.CompletedTask;
    }

    /// <summary>
    /// Runs rounds until nothing waits, then sets the timer. One commit is under way at a time, and all that arrives
    /// meanwhile shares the next round, so rounds grow with the load, up to <see cref="RoundBounds"/>. During recovery
    /// a page is read after each round. Never throws: an exception poisons the activation.
    /// </summary>
    private async Task Loop()
    {
        try
        {
            do
            {
                isRoundDue = false;
                await Round();
                if (poison is null && !recovery.IsComplete && recovery.RetryAt <= clock.Steady)
                {
                    await recovery.ReadPage(clock.Steady);
                    isRoundDue = true;
                }
            }
            while (poison is null && (isRoundDue || !inbox.IsEmpty || core.IsBehind(clock.Read(core))));
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

    /// <summary>
    /// Runs one round: reads from the store what the operations need, reads the clock, applies the operations, does
    /// what is due by time, gives ready tasks to nodes, and commits. Nothing is awaited between the clock and the
    /// commit, so all operations of the round see one time and one state.
    /// </summary>
    private async Task Round()
    {
        round.Clear();
        inbox.Drain(round);
        var lookup = new Lookup();
        await Read(lookup);
        var now = clock.Read(core);
        if (!recovery.IsComplete)
            recovery.Take(lookup, now);
        var draft = new CommitDraft();
        foreach (var operation in round)
            operation.Apply(core, lookup, now, draft);
        core.Tick(now, draft);
        core.Match(now, draft);
        foreach (var operation in round)
            operation.Look(core);
        // Nothing to write: replies and repeated commands need no commit.
        if (draft.IsEmpty)
        {
            Publish(draft, now);
            return;
        }

        isWriting = true;
        var verdict = await writer.Write(draft, core.LastNo, now);
        isWriting = false;
        if (verdict.Culprit is { } culprit)
            await TakeOut(culprit);
        else if (verdict.Landed && verdict.Cause is null)
            Publish(draft, now);
        else
        {
            // A commit that landed with an unknown outcome: its callers get their replies before the activation ends.
            // Its commands are not sent; the nodes' heartbeats make the next activation repeat them.
            if (verdict.Landed)
                CompleteRound();
            Poison(verdict.Cause!);
        }
    }

    /// <summary>
    /// Reads what the round's operations ask for. When the store cannot be read, the operations that asked fail and
    /// leave the round; the others go on.
    /// </summary>
    private async Task Read(Lookup lookup)
    {
        List<DispatchOperation>? asking = null;
        foreach (var operation in round)
        {
            var before = lookup.Count;
            operation.Ask(lookup);
            if (!recovery.IsComplete)
                operation.AskOpen(lookup);
            if (lookup.Count > before)
                (asking ??= []).Add(operation);
        }

        if (asking is null)
            return;
        try
        {
            await lookup.Read(store, writer.Number, clock.Wall);
        }
        catch (StoreUnavailableException exception)
        {
            foreach (var operation in asking)
            {
                round.Remove(operation);
                operation.Fail(NewFailure(exception));
            }
        }
    }

    /// <summary>
    /// Finds the culprit after the store has refused for good something that the round writes. The core is ahead of the
    /// store, so the partition is read again under a new epoch. Then each operation of the round is repeated in a round
    /// of its own, as a suspect; a suspect that is refused is the culprit and fails alone. Throws, which poisons the
    /// activation, when the partition cannot be read again or the refused round had no operations.
    /// </summary>
    private async Task TakeOut(string detail)
    {
        // The core has changes that the store refused, so nothing may be answered from it until Load has replaced it.
        isLoading = true;
        logger.CommitRefused(partition, round.Count, detail);
        // Without operations, the refused write is of tasks or leases that came due. They would be due again at once.
        if (round.Count == 0)
            throw new StoreUnavailableException($"The store refuses what is due: {detail}");
        DispatchOperation[] suspects = [.. round];
        round.Clear();
        if (suspects is [{ IsSuspect: true } culprit])
            culprit.Refuse(detail);
        else
            inbox.Suspect(suspects);
        var asked = time.GetTimestamp();
        var found = await store.TakeEpoch(partition, writer.Epoch, CancellationToken.None);
        if (!found.Taken)
            throw new StoreUnavailableException("Another owner has taken this partition over.");
        await Load(found, asked, CancellationToken.None);
        isRoundDue = true;
    }

    /// <summary>
    /// Answers the round's callers, then sends commands, events, demands for slots, and questions to grains. Called
    /// after the round's commit, or without one if the draft is empty. What is sent may be lost (<see cref="Outbox"/>).
    /// </summary>
    private void Publish(CommitDraft draft, long now)
    {
        CompleteRound();
        outbox.Send(draft, writer.Sequence, clock.Steady);
        outbox.Send(core.TakeDemands(now));
        foreach (var (node, session) in core.TakeQuestions())
            outbox.Hint(() => AskNode(node, session));
        if (clock.Steady - fleetAskedAt < FleetPeriod)
            return;
        fleetAskedAt = clock.Steady;
        outbox.Hint(AskFleet);
    }

    private void CompleteRound()
    {
        foreach (var operation in round)
            operation.Complete();
        round.Clear();
    }

    /// <summary>
    /// Renews the subscription at the fleet grain and takes its snapshot. The next call makes up for a failure.
    /// </summary>
    private async Task AskFleet()
    {
        var snapshot = await Fleet.Subscribe(partition, core.FleetVersion);
        if (poison is null)
            await FleetChanged(snapshot);
    }

    /// <summary>
    /// Asks a node's grain what the worker had when its session began, so that lost attempts end at once.
    /// </summary>
    private async Task AskNode(string node, long session)
    {
        var start = await GrainFactory.GetGrain<INodeGrain>(node).BeganWith(session, partition);
        if (start is null || poison is not null)
            return;
        await Tell((core, now, draft) => core.SessionBegan(node, start, now, draft));
    }

    /// <summary>
    /// Ends this activation, because the core may be ahead of the store or another activation owns the partition. Fails
    /// the operations of the round and of the inbox. Only the first call has an effect.
    /// </summary>
    private void Poison(Exception cause)
    {
        if (poison is not null)
            return;
        poison = cause;
        logger.Poisoned(partition, cause);
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

    /// <summary>
    /// Makes an exception for one caller: an <see cref="OutcomeUnknownException"/> when nobody can say whether the last
    /// commit landed, even for an operation that was not in it; otherwise a <see cref="StoreUnavailableException"/>,
    /// which means that nothing of the operation was written.
    /// </summary>
    private static Exception NewFailure(Exception cause) =>
        cause is OutcomeUnknownException
            ? new OutcomeUnknownException(cause.Message, cause)
            : new StoreUnavailableException(
                cause is StoreUnavailableException ? cause.Message : "The dispatcher failed and starts again.", cause);

    /// <summary>
    /// Sets the timer to the earliest of: work in the core, the next call of the fleet grain, recovery's next read.
    /// </summary>
    private void ArmTimer()
    {
        if (poison is not null || timer is null)
            return;
        var due = Math.Min(clock.ToSteady(core.NextTime), Math.Max(clock.Steady, fleetAskedAt + FleetPeriod));
        timer.Arm(recovery.RetryAt > 0 ? Math.Min(due, recovery.RetryAt) : due);
    }
}
