using Microsoft.Extensions.Logging;
using OrleansTasks.Feed;
using OrleansTasks.Jobs;
using OrleansTasks.Nodes;
using OrleansTasks.Queues;
using OrleansTasks.Storage;

namespace OrleansTasks.Tasks;

/// <summary>
/// The owner of one partition: the shell around <see cref="DispatchCore"/>. Its methods only enqueue; one loop applies what has arrived,
/// commits it, and only then answers and sends. All methods interleave, so every await of the loop lets other calls in. These enqueue, or
/// do what changes no task: an offer, a renewal by digest, a reclaim while no commit is written, a subscription. See
/// <c>docs/ARCHITECTURE.md</c>.
/// </summary>
/// <remarks>
/// <code>
/// loading --the core is read--> serving --the store refuses a commit for its data--> loading; then the round's operations one by one
/// serving --fenced, the store fails, a defect--> poisoned: every caller that waits gets the failure; the next call meets a new activation
/// </code>
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
    /// <summary>Milliseconds after which the fleet grain is asked again, which renews the subscription of 30 s.</summary>
    private const long FleetPeriod = 10_000;
    private readonly Inbox inbox = new(options);
    private readonly FeedSubscribers subscribers = new();
    private readonly PartitionClock clock = new(time);

    // The operations of the current round; those that are still here when the activation is poisoned fail.
    private readonly List<DispatchOperation> round = [];
    private PartitionKey partition;
    private Outbox outbox = null!;
    private PartitionWriter writer = null!;
    private DispatchCore core = null!;
    private Recovery recovery = null!;
    private RoundTimer? timer;

    // Why this activation has ended; null while it works.
    private Exception? poison;
    private bool isLoading;
    private bool isWriting;
    private bool looping;
    private bool isRoundDue;

    // By the steady clock; 0: ask after the next round.
    private long fleetAskedAt;

    /// <summary>The partition, for the simulation.</summary>
    internal PartitionKey Partition => partition;

    /// <summary>The epoch under which this activation commits, for the simulation; 0 until it has one.</summary>
    internal long Epoch => writer?.Epoch ?? 0;

    private IFleetGrain Fleet => GrainFactory.GetGrain<IFleetGrain>("fleet");

    /// <summary>
    /// Takes the partition over and reads what nodes hold and which jobs are open; the loop reads the waiting tasks. Throws, so that the
    /// activation fails, when the store cannot be read.
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
    public Task Configure(QueueSettings settings) => Tell((core, _, _) => core.Configure(settings));

    /// <inheritdoc/>
    public Task Report(NodeReport report) => Enqueue(new ReportOperation(report));

    /// <inheritdoc/>
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

    /// <summary>Whether leases may be confirmed without a commit.</summary>
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
    /// It waits for a commit that is under way: leases which that commit ends are free only once it is on disk, and the
    /// slot would go to another partition meanwhile.
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

    /// <summary>Whether the core may be called between the loop's steps, also while a commit is written.</summary>
    private bool IsServing => poison is null && !isLoading;

    /// <summary>Starts over under a new epoch, with a new core, writer and recovery. Operations that arrive meanwhile wait.</summary>
    private async Task Load(PartitionOwnership ownership, long ownedAt, CancellationToken cancellation)
    {
        isLoading = true;
        writer = new PartitionWriter(store, partition, ownership, ownedAt, instruments, time, logger);
        core = new DispatchCore(partition, ownership.Epoch, ownership.LastNo, options, random);
        recovery = new Recovery(store, core, ownership.Partition, () => clock.Read(core), options, logger);
        // Only after TakeEpoch, which lists the partition: QueueGrain then tells this grain of later changes.
        core.Configure(await queues.Get(partition.Queue) ?? QueueSettings.DefaultOf(partition.Queue));
        await recovery.Begin(cancellation);
        fleetAskedAt = 0;
        isLoading = false;
        logger.Owned(partition, ownership.Epoch, ownership.Sequence, core.OpenCount);
    }

    private Task<TReply> Enqueue<TReply>(Func<DispatchCore, long, CommitDraft, TReply> apply, Lane lane = Lane.Control) =>
        Enqueue(new CoreOperation<TReply>(apply, lane));

    /// <summary>Enqueues a call of the core that has no reply. Its task, too, completes once the round is on disk.</summary>
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

    /// <summary>The task of an operation that was put into the inbox, or that fails because the activation has ended.</summary>
    private Task<TReply> Added<TReply>(DispatchOperation<TReply> operation)
    {
        if (poison is not null)
            operation.Fail(NewFailure(poison));
        else
            Run();
        return operation.Task;
    }

    /// <summary>Runs a round though the inbox may be empty, also when the loop is in its last one.</summary>
    private void RunAgain()
    {
        isRoundDue = true;
        Run();
    }

    /// <summary>Starts the loop unless it runs already. The loop notices what arrives while it runs.</summary>
    private void Run()
    {
        if (looping)
            return;
        looping = true;
        _ = Loop();
    }

    private Task TimeCame()
    {
        timer?.Came();
        if (poison is null)
            Run();
        return Task.CompletedTask;
    }

    /// <summary>
    /// Rounds until nothing waits: drain, apply, commit, publish. One commit is under way at a time; what arrives
    /// meanwhile is the next round, so rounds grow with the load. While the partition is being recovered, a page is read after each round.
    /// Never throws: an exception poisons the activation.
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
    /// One round. Everything is read before the clock is, and nothing is awaited between that and the commit, so all operations of a round
    /// see one time and one state.
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
        // Replies and repeated commands need no commit.
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
            // If the commit is on disk, its callers are answered before the activation ends. Its commands are lost; heartbeats repeat them.
            if (verdict.Landed)
                CompleteRound();
            Poison(verdict.Cause!);
        }
    }

    /// <summary>
    /// Reads what the round's operations ask for. When that fails, those that asked fail and leave the round; the others go on.
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
    /// The store refuses for good something that the round writes. The core is ahead of the store, so the partition is read again under
    /// a new epoch; then the round's operations are repeated one by one, and the culprit fails alone. An operation that is refused in a
    /// round of its own, as a suspect, is the culprit. Throws, which poisons the activation, when the partition cannot be taken again.
    /// </summary>
    private async Task TakeOut(string detail)
    {
        // Until the partition is read again, the core has what the store refused: nothing may be answered from it.
        isLoading = true;
        logger.CommitRefused(partition, round.Count, detail);
        // Without operations, the refused write is of what came due, and would be due again.
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

    /// <summary>After the commit, or without one if the draft is empty: answers the callers, then sends what follows.</summary>
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

    private async Task AskFleet()
    {
        var snapshot = await Fleet.Subscribe(partition, core.FleetVersion);
        if (poison is null)
            await FleetChanged(snapshot);
    }

    private async Task AskNode(string node, long session)
    {
        var start = await GrainFactory.GetGrain<INodeGrain>(node).BeganWith(session, partition);
        if (start is null || poison is not null)
            return;
        await Tell((core, now, draft) => core.SessionBegan(node, start, now, draft));
    }

    /// <summary>
    /// Ends this activation: the core is ahead of the store, or another activation owns the partition. The operations of the round and of
    /// the inbox fail; the next call meets a new activation that reads what is stored. Only the first call has an effect.
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
    /// An exception of its own for every caller: <see cref="OutcomeUnknownException"/> when nobody can say whether the commit landed, else
    /// <see cref="StoreUnavailableException"/>, which means that nothing was written.
    /// </summary>
    private static Exception NewFailure(Exception cause) =>
        cause is OutcomeUnknownException
            ? new OutcomeUnknownException(cause.Message, cause)
            : new StoreUnavailableException(
                cause is StoreUnavailableException ? cause.Message : "The dispatcher failed and starts again.", cause);

    /// <summary>Sets the timer to the earliest of: work in the core, the next question to the fleet grain, recovery's next read.</summary>
    private void ArmTimer()
    {
        if (poison is not null || timer is null)
            return;
        var due = Math.Min(clock.ToSteady(core.NextTime), Math.Max(clock.Steady, fleetAskedAt + FleetPeriod));
        timer.Arm(recovery.RetryAt > 0 ? Math.Min(due, recovery.RetryAt) : due);
    }
}
