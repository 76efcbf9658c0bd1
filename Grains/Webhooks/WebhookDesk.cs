using System.Globalization;
using OrleansTasks.Audit;
using OrleansTasks.Storage;

namespace OrleansTasks.Webhooks;

/// <summary>
/// Serves webhook requests one at a time for the loop of <see cref="WebhookGrain"/>. Before a change, it stores all
/// pending results, so that no older row of the webhook is stored later; then it stores the change and applies it in
/// memory. If the outcome of a commit is unknown, memory may be wrong: the exception ends the activation.
/// </summary>
internal sealed class WebhookDesk(
    WebhookCore core, IWebhookStore store, WebhookReading reading, IWebhookSender sender, WebhookPump pump, IRandomness random,
    SteadyClock clock, Func<long> epoch, Func<Task<bool>> storeAll)
{
    /// <summary>Milliseconds after a rotation for which requests are also signed with the old secret.</summary>
    public const long OldSecretStays = 24L * 60 * 60 * 1_000;

    /// <summary>
    /// Limit on waiting tests and resends per webhook: as many as run at once, so each is answered after at most two
    /// tries.
    /// </summary>
    private const int MostAsked = LiveWebhook.MostUnderWay;

    private readonly List<(PendingDelivery Delivery, TaskCompletionSource<DeliveryReply> Answer)> waiting = [];
    private readonly List<(TaskCompletionSource<DeliveryReply> Answer, DeliveryReply Reply)> unstored = [];
    private readonly List<(TaskCompletionSource<DeliveryReply> Answer, DeliveryReply Reply)> inCommit = [];

    public async Task<WebhookReply> Create(string id, string url, WebhookTypes types, WebhookFilter filter, Origin? origin)
    {
        if (core.Find(id) is { } known)
            return WebhookReply.Of(ViewOf(known), WebhookSecret.ToText(known.Row.Secret));
        // A delayed call: a repeat created its webhook, which was then deleted and stays deleted.
        if (await store.IsDeleted(id))
            return WebhookReply.NotFound;
        if (sender.RefusalOf(new Uri(url)) is { } refusal)
            return WebhookReply.Refused(refusal);
        if (core.Targets.Count >= WebhookCore.MostWebhooks)
            return WebhookReply.TooMany;
        var row = new WebhookRow(id, url, types, Paused: false, clock.Wall, WebhookSecret.New(random))
        {
            Filter = filter,
            Seen = await reading.Ends(),
        };
        await Commit(new WebhookCommit(epoch(), [row], [], [], clock.Wall)
        { Audit = WebhookAudit.Of(origin, clock.Wall, id, before: null, after: row) });
        return WebhookReply.Of(ViewOf(core.Add(row, [], clock.Now, clock.Wall)), WebhookSecret.ToText(row.Secret));
    }

    public async Task<WebhookReply> Change(string id, WebhookChange change, Origin? origin)
    {
        if (core.Find(id) is not { } target)
            return WebhookReply.NotFound;
        if (change.Url is { } url && sender.RefusalOf(new Uri(url)) is { } refusal)
            return WebhookReply.Refused(refusal);
        // Resuming the webhook, or changing its address, means that the receiver is available again.
        var isFoundAgain = target.Row.GoneAt > 0
            && (change.Paused == false || (change.Url is { } address && address != target.Row.Url));
        // The ends are only for sources that the webhook begins to read; Preview keeps the position in the others.
        var settings = target.Row with
        {
            Url = change.Url ?? target.Row.Url,
            Types = change.Types ?? target.Row.Types,
            Paused = change.Paused ?? (target.Row.Paused && !isFoundAgain),
            GoneAt = isFoundAgain ? 0 : target.Row.GoneAt,
            Filter = target.Row.Filter.With(change.Filter),
            Seen = change.Types is null ? target.Row.Seen : await reading.Ends(),
        };
        await Change(target, settings, origin);
        return WebhookReply.Of(ViewOf(target));
    }

    public async Task<WebhookReply> Rotate(string id, Origin? origin)
    {
        if (core.Find(id) is not { } target)
            return WebhookReply.NotFound;
        var row = target.Row with
        {
            Secret = WebhookSecret.New(random),
            OldSecret = target.Row.Secret,
            OldUntil = clock.Wall + OldSecretStays,
        };
        await Change(target, row, origin);
        return WebhookReply.Of(ViewOf(target), WebhookSecret.ToText(row.Secret));
    }

    public async Task<WebhookOutcome> Delete(string id, Origin? origin)
    {
        if (core.Find(id) is not { } target)
            return WebhookOutcome.NotFound;
        target.IsSuspended = true;
        try
        {
            await pump.Cancel(target);
            await StoreAll();
            await Commit(new WebhookCommit(epoch(), [], [id], [], clock.Wall)
            { Audit = WebhookAudit.Of(origin, clock.Wall, id, before: target.Row, after: null) });
        }
        catch (Exception fault) when (fault is StoreUnavailableException or StoreRefusedException)
        {
            target.IsSuspended = false;
            throw;
        }

        core.Remove(id);
        foreach (var (_, answer) in TakeWaiting(one => one.Target == target))
            answer.TrySetResult(DeliveryReply.NotFound);
        return WebhookOutcome.Done;
    }

    public Task<ImmutableArray<WebhookView>> List() =>
        Task.FromResult<ImmutableArray<WebhookView>>([.. core.Targets.Select(ViewOf)]);

    public async Task<ImmutableArray<WebhookDelivery>?> Deliveries(string id, long before, int limit)
    {
        if (core.Find(id) is null)
            return null;
        var rows = await store.Deliveries(id, before, clock.Wall - IWebhookStore.DeliveriesKeptFor, limit);
        return [.. rows.Select(static row => row.Delivery)];
    }

    /// <summary>Starts a test; the inner task completes once the result is stored.</summary>
    public Task<Task<DeliveryReply>> Test(string id)
    {
        if (core.Find(id) is not { } target)
            return Task.FromResult(Task.FromResult(DeliveryReply.NotFound));
        if (HasEnoughAsked(target))
            return Task.FromResult(Task.FromResult(DeliveryReply.TooMany));
        var at = clock.Wall;
        var delivery = new PendingDelivery(
            target, string.Create(CultureInfo.InvariantCulture, $"msg_{id}_{at:x}_t{random.NextBits():x}"), StoredEvent.TestOf(id, at))
        {
            IsOnce = true,
            IsAsked = true,
        };
        target.Add(delivery);
        return Task.FromResult(Wait(delivery));
    }

    /// <summary>Starts another try of a delivery; the inner task completes once the result is stored.</summary>
    public async Task<Task<DeliveryReply>> Resend(string id, long n)
    {
        // A delivery has no number before its first result.
        if (n < 1 || core.Find(id) is not { } target)
            return Task.FromResult(DeliveryReply.NotFound);
        if (target.Find(n) is { } pending)
        {
            // If a try is running, its result is the answer.
            if (pending is { IsUnderWay: false, IsAsked: false })
            {
                if (HasEnoughAsked(target))
                    return Task.FromResult(DeliveryReply.TooMany);
                pending.IsAsked = true;
            }

            return Wait(pending);
        }

        if (HasEnoughAsked(target))
            return Task.FromResult(DeliveryReply.TooMany);
        // The newest delivery before n + 1, which is n unless it has been removed.
        var found = await store.Deliveries(id, n < long.MaxValue ? n + 1 : n, 0, 1);
        if (found is not [{ Delivery: { } stored }] || stored.N != n || stored.State is DeliveryState.Missed or DeliveryState.Open)
            return Task.FromResult(DeliveryReply.NotFound);
        var delivery = new PendingDelivery(target, stored.Message, stored.Event)
        {
            N = n,
            Tries = stored.Tries,
            IsOnce = true,
            IsAsked = true,
            StateAtFailure = stored.State,
        };
        target.Add(delivery);
        return Wait(delivery);
    }

    /// <summary>Takes the recorded result of a try; its waiters are answered once it is stored.</summary>
    public void Ended(PendingDelivery delivery, WebhookDelivery recorded)
    {
        foreach (var (_, answer) in TakeWaiting(one => one == delivery))
            unstored.Add((answer, new DeliveryReply(WebhookOutcome.Done, recorded)));
    }

    /// <summary>Handles a try that a deletion cancelled. Waiters for a retry keep waiting.</summary>
    public void Cancelled(PendingDelivery delivery)
    {
        if (!delivery.IsOnce)
            return;
        foreach (var (_, answer) in TakeWaiting(one => one == delivery))
            answer.TrySetResult(DeliveryReply.NotFound);
    }

    /// <summary>Notes that all recorded results are in the next commit.</summary>
    public void Taken()
    {
        inCommit.AddRange(unstored);
        unstored.Clear();
    }

    /// <summary>Answers the waiters whose results the commit stored.</summary>
    public void Stored()
    {
        foreach (var (answer, reply) in inCommit)
            answer.TrySetResult(reply);
        inCommit.Clear();
    }

    /// <summary>
    /// Fails the waiters whose try has not been sent with <paramref name="notBegun"/>, and all others with
    /// <paramref name="unknown"/>.
    /// </summary>
    public void Fail(Exception unknown, Exception notBegun)
    {
        foreach (var (answer, _) in inCommit.Concat(unstored))
            answer.TrySetException(unknown);
        foreach (var (delivery, answer) in waiting)
            answer.TrySetException(delivery.IsUnderWay ? unknown : notBegun);
        waiting.Clear();
        inCommit.Clear();
        unstored.Clear();
    }

    private static WebhookView ViewOf(LiveWebhook target) => new(
        target.Id, target.Row.Url, target.Row.Types, target.Row.Paused, target.Row.CreatedAt,
        target.FailingSince == 0 ? null : target.FailingSince, target.Open)
    {
        Filter = target.Row.Filter,
        GoneAt = target.Row.GoneAt == 0 ? null : target.Row.GoneAt,
    };

    private static bool HasEnoughAsked(LiveWebhook target) =>
        target.Pending.Count(static delivery => delivery.IsOnce || delivery.IsAsked) >= MostAsked;

    private Task<DeliveryReply> Wait(PendingDelivery delivery)
    {
        var answer = new TaskCompletionSource<DeliveryReply>(TaskCreationOptions.RunContinuationsAsynchronously);
        waiting.Add((delivery, answer));
        return answer.Task;
    }

    private List<(PendingDelivery Delivery, TaskCompletionSource<DeliveryReply> Answer)> TakeWaiting(Predicate<PendingDelivery> isMeant)
    {
        var taken = waiting.FindAll(one => isMeant(one.Delivery));
        waiting.RemoveAll(one => isMeant(one.Delivery));
        return taken;
    }

    /// <summary>Stores changed settings with the current position, then applies them.</summary>
    private async Task Change(LiveWebhook target, WebhookRow settings, Origin? origin)
    {
        await StoreAll();
        await Commit(new WebhookCommit(epoch(), [target.Preview(settings)], [], [], clock.Wall)
        { Audit = WebhookAudit.Of(origin, clock.Wall, target.Id, before: target.Row, after: settings) });
        target.Change(settings);
    }

    private async Task StoreAll()
    {
        if (!await storeAll())
            throw new StoreUnavailableException("Cannot store the results of deliveries.");
    }

    private async Task Commit(WebhookCommit commit)
    {
        if (!await store.Commit(commit))
            throw WebhookGrain.NotOwner();
    }
}
