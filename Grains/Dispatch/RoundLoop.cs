using Microsoft.Extensions.Logging;
using OrleansTasks.Audit;
using OrleansTasks.Cluster;
using OrleansTasks.Nodes;
using OrleansTasks.Queues;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;
using OrleansTasks.Workflows;

namespace OrleansTasks.Dispatch;

/// <summary>
/// The commit loop of one dispatcher (<see cref="TaskDispatcherGrain"/>). A round applies the operations that have
/// arrived to the core, writes all changes in one commit, and only then answers the callers and sends commands. The
/// loop owns the core and everything that serves one epoch, and decides when the activation ends. It waits for no other
/// grain.
/// </summary>
/// <remarks>
/// <code>
/// loading     reads the store into a new core; operations wait
/// serving     runs rounds; back to loading if the store refuses a round's data, then repeats its operations and its
///             due work one by one
/// away        the store does not tell whether a commit landed; waiting and later callers fail, and so does the commit in the end
/// poisoned    another owner has the queue, the store failed, there are too many queues, or there is a bug: all
///             waiting and later callers fail; Orleans ends the activation, and the next call starts a new one, which reads the store
/// </code>
/// <c>isLoading</c>, <c>isAway</c> and <c>poison</c> hold the state. <c>looping</c> is set while the loop runs, and <c>isWriting</c>
/// while it waits for a commit. Call <see cref="TryBegin"/> first, then <see cref="Start"/>. Not thread-safe: used only
/// in the grain's turns, and other turns may run at every await of the loop.
/// </remarks>
internal sealed class RoundLoop(
    string queue,
    DispatchStores stores,
    IRandomness random,
    DispatchOptions options,
    DispatchInstruments instruments,
    RefusedWrites refused,
    TimeProvider time,
    ILogger logger,
    Outbox outbox,
    IRoundHost host)
{
    // How often (ms) to check for disk space while work waits for it.
    private const long SpaceInterval = 1_000;

    // How often (ms) to report what holds tasks back.
    private const long HoldInterval = 1_000;
    private readonly ITaskStore store = stores.Tasks;
    private readonly FleetSubscription fleet = new(options, host.AskFleet, outbox);
    private readonly Inbox inbox = new(options);
    private readonly QueueClock clock = new(time);
    private readonly DueWork due = new();

    // The current round's operations that are not answered yet. They fail if the activation is poisoned.
    private readonly List<DispatchOperation> round = [];
    private QueueWriter writer = null!;
    private DispatchCore core = null!;
    private StoreReads reads = null!;
    private RoundTimer? timer;

    // The last report of what holds tasks back, and when it was (steady clock); long.MinValue / 2 for never.
    private QueueHold? hold;
    private long heldAt = long.MinValue / 2;

    // Why this activation has ended; null while it works.
    private Exception? poison;
    private bool isLoading;
    private bool isAway;
    private bool isWriting;
    private bool looping;

    private Task loop = Task.CompletedTask;

    // Set when the activation is about to end: from then on, a round begins only for waiting callers.
    private bool isFinishing;

    // Whether the loop must run one more round although the inbox is empty.
    private bool isRoundDue;

    /// <summary>The epoch of this activation; 0 until it has one.</summary>
    public long Epoch => writer?.Epoch ?? 0;

    // Why operations are refused now; null if they are not. Later callers of an activation whose last commit has no
    // known outcome were not in that commit.
    private Exception? Refusal => isAway || poison is OutcomeUnknownException ? DispatchFaults.Away() : poison;

    public long Steady => clock.Steady;

    /// <summary>Whether this activation has ended, so that every operation fails.</summary>
    public bool IsPoisoned => poison is not null;

    /// <summary>Whether nothing may be added, because the service already has its maximum number of queues.</summary>
    public bool IsShut => poison is TooManyQueuesException || core.Admission.IsShut;

    /// <summary>Whether the core has every open task, job and chunk of the queue.</summary>
    public bool IsRecovered => reads.IsRecovered;

    /// <summary>
    /// The core while the loop serves, even during a commit; otherwise null. For calls that enqueue no operation. Such
    /// a call must not change a task, because no draft would contain the change, and must not keep the core, because
    /// loading replaces it.
    /// </summary>
    public DispatchCore? Serving => poison is null && !isLoading ? core : null;

    public DispatchCore Core => core;

    /// <summary>Whether a commit is under way: the core is ahead of the store, and the commit may fail.</summary>
    public bool IsWriting => isWriting;

    /// <summary>Whether leases may be renewed without a commit (<see cref="DispatchOptions.ProofTerm"/>).</summary>
    public bool MayConfirm => IsProven(options.ProofTerm);

    /// <summary>Returns whether ownership needs no proof or the latest proof is at most this old.</summary>
    public bool IsProven(TimeSpan within) => options.ProofTerm == TimeSpan.Zero || writer.IsProven(within);

    /// <summary>
    /// Takes the queue over and loads what must be known before the first round (<see cref="Recovery.Begin"/>). Returns
    /// false and leaves the loop poisoned if the service already has its maximum number of queues. Throws if the store
    /// cannot be read.
    /// </summary>
    public async Task<bool> TryBegin(CancellationToken cancellation)
    {
        var asked = time.GetTimestamp();
        try
        {
            await Load(await store.TakeEpoch(queue, null, cancellation), asked, cancellation);
            return true;
        }
        catch (TooManyQueuesException full)
        {
            poison = full;
            return false;
        }
    }

    /// <summary>
    /// Begins to run rounds. The timer must not be running yet, and must call <see cref="TimeCame"/> when it fires.
    /// </summary>
    public void Start(IGrainTimer grainTimer)
    {
        timer = new RoundTimer(grainTimer, clock);
        Run();
    }

    /// <summary>Makes the loop end once no caller waits. The task completes when the loop has ended.</summary>
    public Task Finish()
    {
        isFinishing = true;
        return loop;
    }

    /// <summary>Runs a round because the timer has fired.</summary>
    public Task TimeCame()
    {
        timer?.Fired();
        if (poison is null)
            Run();
        return Task.CompletedTask;
    }

    /// <summary>
    /// Enqueues a submission like <see cref="Enqueue{TReply}"/>. Returns null if the inbox has no room.
    /// </summary>
    public Task<ImmutableArray<SubmitReply>>? TryEnqueue(SubmitOperation operation) =>
        Refusal is null && !inbox.TryAdd(operation) ? null : Added(operation);

    /// <summary>
    /// Enqueues an operation other than a submission. Its reply comes once its round is on disk, or at once if there is
    /// nothing to write. The operation fails if the activation is poisoned before that.
    /// </summary>
    public Task<TReply> Enqueue<TReply>(DispatchOperation<TReply> operation)
    {
        if (Refusal is null)
            inbox.Add(operation);
        return Added(operation);
    }

    /// <summary>
    /// Runs one more round even if the inbox is empty, because an offer may make room for waiting tasks.
    /// </summary>
    public void RunAgain()
    {
        isRoundDue = true;
        Run();
    }

    /// <summary>
    /// Renews leases without a round (<see cref="ExpressRenewal"/>). Returns null if a round must do it.
    /// </summary>
    public RenewReply? TryRenew(NodeLeases leases) => Serving?.TryRenew(leases, clock.Read(core));

    /// <summary>Requests a new proof of ownership. Ends the activation if another owner has the queue.</summary>
    public async Task Prove()
    {
        var asked = writer;
        // A commit that is under way may have landed before the takeover; its own verdict decides.
        if (!await asked.Prove() && asked == writer && !isWriting)
            Poison(DispatchFaults.Replaced());
    }

    /// <summary>
    /// Loads the queue into a new core under a new epoch, while operations wait. Ownership counts as proven at
    /// <paramref name="ownedAt"/>, a timestamp from before the epoch was requested.
    /// </summary>
    private async Task Load(QueueOwnership ownership, long ownedAt, CancellationToken cancellation)
    {
        isLoading = true;
        writer = new QueueWriter(store, queue, ownership, ownedAt, instruments, time, logger, StoreIsAway);
        core = new DispatchCore(queue, ownership.Epoch, ownership.LastNo, options, random) { Due = due };
        var recovery = new Recovery(store, core, ownership.QueueNo, () => clock.Read(core), options, logger);
        reads = new StoreReads(
            store, recovery, new ItemReading(store, stores.Outputs, stores.Files, core, ownership.QueueNo, logger),
            new NodeJobReading(store, core, logger));
        // After TakeEpoch, which lists the queue: from then on, QueueGrain notifies the dispatcher of changes.
        var settings = await stores.Queues.Get(queue) ?? QueueSettings.DefaultOf(queue);
        var known = await stores.Calendars.Read();
        core.Configure(settings, clock.Read(core), known);
        core.Schedules.Restore(known);
        core.Restore(ownership, clock.Read(core));
        try
        {
            await recovery.Begin(cancellation);
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            // If another owner has written meanwhile, what was read need not fit together.
            if (!await store.Prove(ownership.QueueNo, ownership.Epoch))
                throw DispatchFaults.Replaced();
            throw;
        }

        // If another owner has taken over since, its writes may have been read too, with numbers after LastNo.
        if (!await store.Prove(ownership.QueueNo, ownership.Epoch))
            throw DispatchFaults.Replaced();
        fleet.Reset();
        isLoading = false;
        logger.Owned(queue, ownership.Epoch, ownership.Sequence, core.OpenCount);
    }

    /// <summary>
    /// Starts the loop for an enqueued operation, or fails the operation if the activation is poisoned.
    /// </summary>
    private Task<TReply> Added<TReply>(DispatchOperation<TReply> operation)
    {
        if (Refusal is { } refusal)
            operation.Fail(DispatchFaults.ToCaller(refusal));
        else
            Run();
        return operation.Task;
    }

    private void Run()
    {
        if (looping)
            return;
        looping = true;
        loop = Loop();
    }

    /// <summary>
    /// Runs rounds until nothing waits, then sets the timer. All operations that arrive during a commit share the next
    /// round, so rounds grow with the load, up to <see cref="RoundBounds"/>. Never throws: an exception poisons the
    /// activation.
    /// </summary>
    private async Task Loop()
    {
        // The loop outlives the call that started it, so its own calls must not carry that call's origin and trace.
        Origin.Detach();
        TaskTraces.Leave();
        try
        {
            do
            {
                isRoundDue = false;
                await Round();
                if (poison is null && await reads.TryRead(clock.Steady))
                    isRoundDue = true;
            }
            while (poison is null && (!inbox.IsEmpty || (!isFinishing && (isRoundDue || due.HasSuspect || core.IsBehind(clock.Read(core))))));
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
    /// Runs one round. Awaits nothing between the clock and the commit, so all operations see the same time and state.
    /// </summary>
    private async Task Round()
    {
        round.Clear();
        if (inbox.HasSuspect)
            due.BeginNone();
        if (inbox.HasSuspect || !due.TryBeginAlone(clock.Steady))
            inbox.Drain(round);
        var lookup = new Lookup();
        await reads.Read(round, lookup, writer.Number, clock.Wall);
        await reads.ReadWaiting(round, lookup, core, clock);
        var now = clock.Read(core);
        reads.Take(lookup, now);
        var draft = new CommitDraft();
        core.Space = store.Health;
        core.Look(now);
        foreach (var operation in round)
            operation.Apply(core, lookup, now, draft);
        core.Tick(now, draft);
        core.Match(now, draft);
        NoteHold();
        Look(now);
        // Replies and repeated commands need no commit.
        if (draft.IsEmpty)
        {
            Publish(draft);
            return;
        }

        isWriting = true;
        var verdict = await writer.Write(draft, core.LastNo, now);
        isWriting = false;
        if (verdict.Culprit is { } culprit)
            await TakeOut(culprit);
        else if (verdict.Landed && verdict.Cause is null)
            Publish(draft);
        else
        {
            // The commit landed after an unknown outcome: callers get their replies before the activation ends. Its
            // commands are not sent; the nodes' heartbeats make the next activation repeat them.
            if (verdict.Landed)
                CompleteRound();
            Poison(verdict.Cause!);
        }
    }

    /// <summary>
    /// Reports what holds tasks back: once a second while it does, and once when it no longer does.
    /// </summary>
    private void NoteHold()
    {
        var isDue = core.Forecasts.IsHeld ? clock.Steady - heldAt >= HoldInterval : hold is { IsHeld: true };
        if (!isDue)
            return;
        (hold, heldAt) = (core.Forecasts.Hold, clock.Steady);
        instruments.Figures.Held(queue, hold);
    }

    /// <summary>Lets operations read the core. An exception has changed nothing, so only its caller fails.</summary>
    private void Look(long now)
    {
        for (var i = round.Count - 1; i >= 0; i--)
        {
            try
            {
                round[i].Look(core, now);
            }
            catch (Exception fault)
            {
                logger.ReadFailed(queue, fault);
                round[i].Fail(DispatchFaults.NotAnswered(fault));
                round.RemoveAt(i);
            }
        }
    }

    /// <summary>
    /// Finds what is at fault when the store will never accept a commit. Because the core is ahead of the store, reads
    /// the queue again under a new epoch, and repeats each operation and each part of the due work in a round of its
    /// own, as a suspect. An operation that is refused fails alone; a part is set aside for a while. An exception thrown
    /// here poisons the activation.
    /// </summary>
    private async Task TakeOut(string detail)
    {
        // The core has changes that the store refused, so nothing may be answered from it until Load has replaced it.
        isLoading = true;
        logger.CommitRefused(queue, round.Count, detail);
        DispatchOperation[] suspects = [.. round];
        round.Clear();
        if (suspects is [{ IsSuspect: true } culprit])
            TakeOut(culprit, detail);
        else if (due.Refused(clock.Steady) is { } part)
        {
            logger.SetAside(queue, part, detail);
            refused.Note("queue", queue, $"{part}: {detail}");
        }
        else
            inbox.Suspect(suspects);
        var asked = time.GetTimestamp();
        var found = await store.TakeEpoch(queue, writer.Epoch, CancellationToken.None);
        if (!found.Taken)
            throw DispatchFaults.Replaced();
        await Load(found, asked, CancellationToken.None);
        isRoundDue = true;
    }

    private void TakeOut(DispatchOperation culprit, string detail)
    {
        if (culprit.TryReduce(detail))
            inbox.Suspect([culprit]);
        else
            culprit.Refuse(detail);
        if (culprit.SetAside is { } what)
            refused.Note("queue", queue, $"{what}: {detail}");
    }

    /// <summary>Answers callers, then sends commands, events, demands and questions, which may be lost.</summary>
    private void Publish(CommitDraft draft)
    {
        CompleteRound();
        if (due.Passed())
            refused.Settle("queue", queue);
        outbox.Send(draft, writer.Sequence, clock.Steady);
        // Read the clock again: a step may have been reported to the core during the commit.
        outbox.Send(core.TakeDemands(clock.Read(core)));
        foreach (var (node, session) in core.Relations.TakeQuestions())
            outbox.Hint(() => host.AskNode(node, session));
        foreach (var look in draft.Looks)
            outbox.Hint(() => host.AskFolder(look));
        fleet.Renew(core.FleetVersion, clock.Steady);
    }

    private void CompleteRound()
    {
        foreach (var operation in round)
            operation.Complete();
        round.Clear();
    }

    /// <summary>
    /// Fails the operations that wait while the store does not tell whether a commit landed. It may take seconds, and
    /// these operations were not in the commit.
    /// </summary>
    private void StoreIsAway()
    {
        isAway = true;
        FailWaiting(DispatchFaults.Away());
    }

    /// <summary>
    /// Ends this activation, because the core may be ahead of the store or another activation owns the queue. Fails the
    /// operations in the round and in the inbox. Only the first call has an effect.
    /// </summary>
    private void Poison(Exception cause)
    {
        if (poison is not null)
            return;
        poison = cause;
        logger.Poisoned(queue, cause);
        foreach (var operation in round)
            operation.Fail(DispatchFaults.ToCaller(cause));
        round.Clear();
        FailWaiting(cause is OutcomeUnknownException ? DispatchFaults.Away() : cause);
        host.EndActivation();
    }

    private void FailWaiting(Exception cause)
    {
        // Drain takes only one round's operations at a time.
        var waiting = new List<DispatchOperation>();
        for (inbox.Drain(waiting); waiting.Count > 0; inbox.Drain(waiting))
        {
            foreach (var operation in waiting)
                operation.Fail(DispatchFaults.ToCaller(cause));
            waiting.Clear();
        }
    }

    /// <summary>
    /// Sets the timer to the next work in the core, call to the fleet grain, or read, whichever is first.
    /// </summary>
    private void ArmTimer()
    {
        if (poison is not null || isFinishing || timer is null)
            return;
        var next = Math.Min(clock.ToSteady(core.NextTime), Math.Max(clock.Steady, fleet.Next));
        // Work that waits for disk space checks again even if no call arrives.
        if (!core.Space.MayGrow())
            next = Math.Min(next, clock.Steady + SpaceInterval);
        timer.Arm(Math.Min(Math.Min(next, due.Next), reads.Next));
    }
}
