using Microsoft.Extensions.Logging;
using OrleansTasks.Audit;
using OrleansTasks.Cluster;
using OrleansTasks.Storage;

namespace OrleansTasks.Webhooks;

/// <summary>
/// Reads stored events, sends them to the webhooks' targets and stores the results. One grain serves all webhooks. The
/// silo's upkeep calls <see cref="EnsureActive"/> every few seconds while there is a webhook.
/// </summary>
/// <remarks>
/// <para>
/// Methods only enqueue a request and start the loop (<see cref="Loop"/>), which alone touches the state. Each turn
/// serves requests (<see cref="WebhookDesk"/>), records ended tries, reads events, stores, and starts tries, until
/// nothing is left to do. A timer restarts the loop when a retry is due, and every second to look for new events.
/// <see cref="WebhookCore"/> decides; <see cref="WebhookPump"/> sends.
/// </para>
/// <para>
/// A try comes before the commit of its result, so after a crash an event may be sent twice, with the same
/// <c>webhook-id</c>. Every event before the stored position was tried, and its delivery is stored. A new owner takes
/// the next epoch; commits of an earlier owner are refused and end its activation.
/// </para>
/// <para>
/// If the store refuses results for their data, each webhook's are stored alone (<see cref="RefusedResults"/>), so that
/// no webhook stops another.
/// </para>
/// </remarks>
[GrainType("webhooks")]
public sealed partial class WebhookGrain(
    IWebhookStore store, ITaskStore tasks, INodeEventStore nodes, IResourceEventStore resources, IWebhookSender sender,
    IRandomness random, RefusedWrites refused, TimeProvider time, ILogger<WebhookGrain> logger) : Grain, IWebhookGrain
{
    /// <summary>Milliseconds between looks for new events.</summary>
    private const long LookEvery = 1_000;

    /// <summary>
    /// Limit on pages per turn. Reads may complete synchronously, and during a turn no call is answered and no try
    /// ends: 100,000 commits at once would take seconds.
    /// </summary>
    private const int MostPagesATurn = 32;

    /// <summary>Milliseconds for which a position that moved without a delivery may stay unstored.</summary>
    private const long StorePositionsEvery = 5_000;

    /// <summary>Milliseconds for which one try may hold back a stored position, even on a busy machine.</summary>
    private const long LongestHeldBack = 60_000;

    private readonly SteadyClock clock = new(time);
    private readonly WebhookCore core = new();
    private readonly WebhookReading reading = new(tasks, nodes, resources);
    private readonly EventSubjects subjects = new(tasks);
    private readonly Queue<Func<Task>> requests = new();
    private WebhookPump pump = null!;
    private WebhookDesk desk = null!;
    private IGrainTimer? timer;
    private long epoch;
    private bool isLoaded;
    private bool isLooping;
    private long nextLook;
    private long nextStore;

    /// <summary>Changes taken from the core and not stored yet, or null.</summary>
    private WebhookCommit? unstored;

    /// <summary>Why this activation failed; set once.</summary>
    private Exception? poison;

    /// <summary>Read by the simulator's checks.</summary>
    internal WebhookCore Core => core;

    /// <inheritdoc/>
    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        pump = new WebhookPump(sender, subjects, clock, time, Run);
        desk = new WebhookDesk(core, store, reading, sender, pump, random, clock, () => epoch, () => Store(all: true));
        timer = this.RegisterGrainTimer(
            static (grain, _) =>
            {
                grain.Run();
                return Task.CompletedTask;
            },
            this,
            new GrainTimerCreationOptions { DueTime = Timeout.InfiniteTimeSpan, Period = Timeout.InfiniteTimeSpan, Interleave = true });
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        poison ??= new StoreUnavailableException("The webhooks' grain has ended.") { IsOwnerReplaced = true };
        pump.CancelAll();
        desk.Fail(Unknown(poison), NotBegun(poison));
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<WebhookReply> Create(string id, string url, WebhookTypes types)
    {
        var origin = Origin.Of(AuditActions.CreateWebhook);
        return Ask(() => desk.Create(id, url, types, WebhookFilter.All, origin));
    }

    /// <inheritdoc/>
    public Task<WebhookReply> CreateFiltered(string id, WebhookChange settings)
    {
        var origin = Origin.Of(AuditActions.CreateWebhook);
        return Ask(() => desk.Create(id, settings.Url!, settings.Types!.Value, WebhookFilter.All.With(settings.Filter), origin));
    }

    /// <inheritdoc/>
    public Task<WebhookReply> Change(string id, WebhookChange change)
    {
        var origin = Origin.Of(AuditActions.PutWebhook, AuditActions.PauseWebhook, AuditActions.ResumeWebhook);
        return Ask(() => Settle(id, desk.Change(id, change, origin)));
    }

    /// <inheritdoc/>
    public Task<WebhookReply> Rotate(string id)
    {
        var origin = Origin.Of(AuditActions.RotateWebhook);
        return Ask(() => desk.Rotate(id, origin));
    }

    /// <inheritdoc/>
    public Task<WebhookOutcome> Delete(string id)
    {
        var origin = Origin.Of(AuditActions.DeleteWebhook);
        return Ask(() => Settle(id, desk.Delete(id, origin)));
    }

    /// <inheritdoc/>
    public Task<ImmutableArray<WebhookView>> List() => Ask(desk.List);

    /// <inheritdoc/>
    public async Task<DeliveryReply> Test(string id) => await await Ask(() => desk.Test(id));

    /// <inheritdoc/>
    public async Task<DeliveryReply> Resend(string id, long n) => await await Ask(() => desk.Resend(id, n));

    /// <inheritdoc/>
    public Task<ImmutableArray<WebhookDelivery>?> Deliveries(string id, long before, int limit) =>
        Ask(() => desk.Deliveries(id, before, limit));

    /// <inheritdoc/>
    public Task EnsureActive() => Ask(static () => Task.FromResult(true));

    /// <summary>Returns the answer of a change, after which nothing of the webhook is set aside any more.</summary>
    private async Task<T> Settle<T>(string id, Task<T> change)
    {
        var answer = await change;
        refused.Settle("webhook", id);
        return answer;
    }

    /// <summary>Enqueues a request and returns its answer.</summary>
    private Task<T> Ask<T>(Func<Task<T>> serve)
    {
        if (poison is not null)
            return Task.FromException<T>(NotBegun(poison));
        var answer = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        requests.Enqueue(async () =>
        {
            if (poison is not null)
            {
                answer.TrySetException(NotBegun(poison));
                return;
            }

            try
            {
                answer.TrySetResult(await serve());
            }
            catch (Exception fault) when (
                fault is StoreUnavailableException { IsOwnerReplaced: false } or StoreRefusedException)
            {
                // Nothing changed, in the store or in memory, so the activation continues.
                answer.TrySetException(ToCaller(fault));
            }
            catch (Exception fault)
            {
                answer.TrySetException(ToCaller(fault));
                throw;
            }
        });
        Run();
        return answer.Task;
    }

    private void Run()
    {
        if (isLooping || poison is not null)
            return;
        isLooping = true;
        _ = Loop();
    }

    /// <summary>
    /// Works until nothing is left, then sets the timer. There is no await between the last check and the end, so a
    /// request or an ended try either is seen by that check or starts a new loop.
    /// </summary>
    private async Task Loop()
    {
        try
        {
            if (!isLoaded)
                await Load();
            do
            {
                while (requests.TryDequeue(out var request))
                    await request();
                if (poison is not null)
                    break;
                TakeResults();
                Look();
                await Read();
                if (await Store())
                    await StartTries();
            }
            while (poison is null && (requests.Count > 0 || pump.HasEnded || await HasMoreToRead()));
        }
        catch (Exception fault)
        {
            Poison(fault);
        }
        finally
        {
            isLooping = false;
            if (poison is null)
                SetTimer();
            else
                await FailWaiting(poison);
        }
    }

    /// <summary>Becomes the owner and loads the webhooks.</summary>
    private async Task Load()
    {
        epoch = await store.TakeEpoch();
        var open = (await store.Open()).ToLookup(static row => row.Webhook);
        foreach (var row in await store.List())
        {
            var target = core.Add(row, open[row.Id], clock.Now, clock.Wall);
            foreach (var delivery in await LastStored(row.Id))
                target.IsStored(delivery.Message);
        }

        isLoaded = true;
    }

    /// <summary>
    /// Returns deliveries that may be ahead of the stored position, which first tries of earlier events hold back:
    /// those that ended at most <see cref="LongestHeldBack"/> before the newest.
    /// </summary>
    private async Task<IEnumerable<WebhookDelivery>> LastStored(string webhook)
    {
        var rows = await store.Deliveries(webhook, long.MaxValue, 0, 1);
        if (rows is [{ Delivery.At: var last }])
            rows = await store.Deliveries(webhook, long.MaxValue, last - LongestHeldBack, IWebhookStore.DeliveriesKept);
        return rows.Select(static row => row.Delivery);
    }

    private void TakeResults()
    {
        while (pump.TryTakeEnded(out var ended))
        {
            if (ended.Answer is not { } answer)
            {
                core.Cancelled(ended.Delivery, clock.Now);
                desk.Cancelled(ended.Delivery);
                continue;
            }

            var target = ended.Delivery.Target;
            var wasFailing = target.IsFailing;
            if (core.Record(ended.Delivery, answer, ended.TookMillis, clock.Now, clock.Wall) is not { } delivery)
                continue;
            if (target.IsFailing && !wasFailing)
                LogFailing(target.Id, answer.Status);
            else if (!target.IsFailing && wasFailing)
                LogWorks(target.Id);
            if (answer.IsGone && target.Row.GoneAt > 0)
                LogGone(target.Id);
            if (delivery.State == DeliveryState.Failed && !ended.Delivery.IsOnce)
                LogGivenUp(delivery.N, target.Id, delivery.Tries);
            desk.Ended(ended.Delivery, delivery);
        }
    }

    private void Look()
    {
        if (clock.Now < nextLook)
            return;
        nextLook = clock.Now + LookEvery;
        reading.Forget();
        core.LookAgain();
    }

    /// <summary>Reads a few pages for webhooks with nothing to send, until requests or results arrive.</summary>
    private async Task Read()
    {
        for (var pages = 0; pages < MostPagesATurn && requests.Count == 0 && !pump.HasEnded
            && core.NextReading() is var (target, source, after); pages++)
        {
            var (page, isLast, goneUntil) = await reading.Read(source, after);
            if (target.IsNewsThatGone(source, goneUntil))
                LogMissed(target.Id, core.Miss(target, source, goneUntil, isAllGone: page is null, clock.Wall).N);
            if (page is null)
                continue;
            await subjects.Choose(page, target.Choice);
            core.Add(target, page, isLast);
        }
    }

    /// <summary>Returns whether there is more to read; if so, yields first to let other calls run.</summary>
    private async ValueTask<bool> HasMoreToRead()
    {
        if (core.NextReading() is null)
            return false;
        await Task.Yield();
        return true;
    }

    /// <summary>
    /// Stores results at once, and positions alone every few seconds. Returns whether tries may start. None may while
    /// something is unstored; otherwise a full disk would cause every event to be sent again and again.
    /// </summary>
    private async Task<bool> Store(bool all = false)
    {
        if (unstored is not null && !await TryStore())
            return false;
        if (core.HasResults || ((all || clock.Now >= nextStore) && core.HasChanges))
        {
            var (put, deliveries) = core.TakeChanges();
            unstored = new WebhookCommit(epoch, put, [], deliveries, clock.Wall);
            desk.Taken();
        }

        return unstored is null || await TryStore();
    }

    private async Task<bool> TryStore()
    {
        bool isOwner;
        try
        {
            isOwner = await Store(unstored!);
        }
        catch (Exception fault) when (fault is StoreUnavailableException or OutcomeUnknownException)
        {
            // Repeating the commit is harmless, even if it was stored.
            LogNotStored(fault);
            nextStore = clock.Now + LookEvery;
            return false;
        }

        if (!isOwner)
            throw NotOwner();
        unstored = null;
        nextStore = clock.Now + StorePositionsEvery;
        desk.Stored();
        return true;
    }

    /// <summary>Stores results, as much of them as the store takes. Returns false if another activation is the owner.</summary>
    private async Task<bool> Store(WebhookCommit commit)
    {
        try
        {
            return await store.Commit(commit);
        }
        catch (StoreRefusedException)
        {
            var isOwner = true;
            await RefusedWrites.Separate(
                RefusedResults.Of(commit),
                async results => isOwner &= await store.Commit(RefusedResults.Join(results, commit)),
                async (results, refusal) => isOwner &= await StoreLess(results, refusal));
            return isOwner;
        }
    }

    /// <summary>
    /// Stores one webhook's results, which the store has refused: without the receiver's answers; or else only how far
    /// the webhook is; or else sets the webhook aside.
    /// </summary>
    private async Task<bool> StoreLess(RefusedResults results, StoreRefusedException refusal)
    {
        foreach (var (less, what) in results.Lesser(epoch, refusal.Message))
        {
            try
            {
                var isOwner = await store.Commit(less);
                Note(results.Webhook, what, refusal);
                return isOwner;
            }
            catch (StoreRefusedException)
            {
                // The next one writes less.
            }
        }

        core.Find(results.Webhook)?.SetAside();
        Note(results.Webhook, "it sends nothing until it is changed, or until this service starts again", refusal);
        return true;
    }

    private void Note(string webhook, string what, StoreRefusedException refusal)
    {
        LogRefused(webhook, what, refusal);
        refused.Note("webhook", webhook, $"{what}: {refusal.Message}");
    }

    /// <summary>Starts tries after checking ownership, which a stalled activation may have lost unnoticed.</summary>
    private async Task StartTries()
    {
        if (!core.CanTake(clock.Now))
            return;
        if (!await store.Owns(epoch))
            throw NotOwner();
        // A failure cancels the running tries, so none may start after it.
        while (poison is null && core.TryTake(clock.Now, out var delivery))
            pump.Start(delivery);
    }

    private void SetTimer()
    {
        var now = clock.Now;
        long? next = core.NextDue(now);
        if (unstored is not null || core.HasChanges)
            next = Earlier(next, nextStore);
        if (core.Targets.Any(static target => !target.Row.Paused))
            next = Earlier(next, nextLook);
        if (next is { } at)
            timer?.Change(TimeSpan.FromMilliseconds(Math.Max(1, at - now)), Timeout.InfiniteTimeSpan);

        static long Earlier(long? one, long other) => one is { } known ? Math.Min(known, other) : other;
    }

    /// <summary>Ends this activation and abandons its memory.</summary>
    private void Poison(Exception cause)
    {
        if (poison is not null)
            return;
        poison = cause;
        LogActivationFailed(cause);
        pump.CancelAll();
        DeactivateOnIdle();
    }

    private async Task FailWaiting(Exception cause)
    {
        desk.Fail(Unknown(cause), NotBegun(cause));
        while (requests.TryDequeue(out var request))
            await request();
    }

    /// <summary>Returns the failure of a commit that the store refused, so that nothing was written.</summary>
    internal static StoreUnavailableException NotOwner() =>
        new("Another activation owns the webhooks.") { IsOwnerReplaced = true };

    /// <summary>Returns the failure of a request that was being served.</summary>
    private static Exception ToCaller(Exception cause) => cause switch
    {
        StoreUnavailableException unavailable => unavailable.ForAnotherCaller(),
        StoreRefusedException => new StoreRefusedException(cause.Message, cause),
        _ => Unknown(cause),
    };

    /// <summary>Returns the failure of a request that has not begun. The next activation may serve it.</summary>
    private static Exception NotBegun(Exception cause) => cause is StoreUnavailableException or StoreRefusedException
        ? ToCaller(cause)
        : new StoreUnavailableException("The webhooks' grain failed and is restarting.", cause)
        { IsOwnerReplaced = true };

    private static OutcomeUnknownException Unknown(Exception cause) =>
        new("The webhooks' grain failed and is restarting. The change may or may not be stored.", cause);
}
