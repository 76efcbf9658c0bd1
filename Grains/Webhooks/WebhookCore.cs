using OrleansTasks.Storage;

namespace OrleansTasks.Webhooks;

/// <summary>
/// Decides which deliveries of all webhooks are tried, and when. Does no I/O: <see cref="WebhookGrain"/> reads, sends,
/// stores and passes in the times, which are milliseconds of its <see cref="SteadyClock"/>, or of the wall clock for
/// the store.
/// </summary>
/// <remarks>
/// <para>
/// At most <see cref="MostAtOnce"/> tries run at once: at most <see cref="MostToWell"/> to targets whose last try
/// succeeded, the rest to failing ones. So failing targets, which may take a try's whole time, leave room for the
/// others, and the others leave room for retries. The webhook with the fewest running tries goes first, then the one
/// that waited longest.
/// </para>
/// <para>
/// Memory is bounded. Each webhook has a page per source, its running tries, at most <see cref="LiveWebhook.MostOpen"/>
/// open deliveries, and the message ids of the last deliveries before the start. A webhook at the limit of open
/// deliveries stops reading; its events wait in the store.
/// </para>
/// </remarks>
internal sealed class WebhookCore
{
    /// <summary>Limit on concurrent tries.</summary>
    public const int MostAtOnce = ServiceLimits.Tries;

    /// <summary>Limit on concurrent tries to targets whose last try succeeded.</summary>
    public const int MostToWell = 32;

    public const int MostWebhooks = ServiceLimits.Webhooks;

    private readonly SortedDictionary<string, LiveWebhook> targets = new(StringComparer.Ordinal);
    private readonly List<DeliveryRow> unstored = [];
    private int toWell;
    private int toFailing;
    private long turns;
    private string lastRead = "";

    /// <summary>All webhooks, oldest first: their ids sort by creation.</summary>
    public IReadOnlyCollection<LiveWebhook> Targets => targets.Values;

    public int UnderWay => toWell + toFailing;

    public bool HasResults => unstored.Count > 0;

    /// <summary>Whether results or positions are not stored yet.</summary>
    public bool HasChanges => HasResults || targets.Values.Any(static target => target.IsChanged);

    public LiveWebhook? Find(string id) => targets.GetValueOrDefault(id);

    public LiveWebhook Add(WebhookRow row, IEnumerable<DeliveryRow> open, long now, long wall)
    {
        var target = targets[row.Id] = new LiveWebhook(row);
        foreach (var (_, delivery, stored) in open)
        {
            // An open delivery has failed and has a try left.
            var steps = Math.Clamp(stored, 1, RetrySchedule.MostTries - 1);
            target.Add(new PendingDelivery(target, delivery.Message, delivery.Event)
            {
                N = delivery.N,
                Tries = delivery.Tries,
                Steps = steps,
                // The wall clock may have been set back since: never wait longer than intended.
                DueAt = now + Math.Clamp((delivery.NextTryAt ?? wall) - wall, 0, RetrySchedule.DelayAfter(steps)!.Value),
            });
        }

        return target;
    }

    /// <summary>Removes a webhook from memory; the caller deletes it from the store.</summary>
    public void Remove(string id)
    {
        targets.Remove(id);
        unstored.RemoveAll(row => row.Webhook == id);
    }

    public void LookAgain()
    {
        foreach (var target in targets.Values)
            target.LookAgain();
    }

    /// <summary>
    /// Returns the next webhook that must read, and from where; null if none. Webhooks take turns by id, starting after
    /// the one that <see cref="Add(LiveWebhook, EventPage, bool)"/> served last.
    /// </summary>
    public (LiveWebhook Target, EventSource Source, long After)? NextReading()
    {
        (LiveWebhook Target, EventSource Source, long After)? first = null;
        foreach (var target in targets.Values)
        {
            if ((first is null || IsAfterLastRead(target)) && target.NextReading() is { } next)
            {
                if (IsAfterLastRead(target))
                    return (target, next.Source, next.After);
                first = (target, next.Source, next.After);
            }
        }

        return first;

        bool IsAfterLastRead(LiveWebhook target) => string.CompareOrdinal(target.Id, lastRead) > 0;
    }

    /// <summary>Adds a page; <paramref name="isLast"/> says that nothing followed it when it was read.</summary>
    public void Add(LiveWebhook target, EventPage page, bool isLast)
    {
        lastRead = target.Id;
        target.Add(page, isLast);
    }

    /// <summary>Notes that events are gone; returns the delivery that reports it.</summary>
    public WebhookDelivery Miss(LiveWebhook target, EventSource source, long until, bool isAllGone, long wall)
    {
        var row = target.Miss(source, until, isAllGone, wall);
        unstored.Add(row);
        return row.Delivery;
    }

    public bool CanTake(long now) => Next(now) is not null;

    /// <summary>Takes the delivery to try now; returns false if there is none or the limits are reached.</summary>
    public bool TryTake(long now, out PendingDelivery taken)
    {
        taken = null!;
        if (Next(now) is not { } next)
            return false;
        taken = next.Start();
        next.Target.Start(taken, ++turns);
        if (taken.IsProbe)
            toFailing++;
        else
            toWell++;
        return true;
    }

    /// <summary>Records a try's answer; returns the changed delivery, or null if its webhook was deleted.</summary>
    public WebhookDelivery? Record(PendingDelivery delivery, WebhookAnswer answer, long took, long now, long wall)
    {
        Release(delivery);
        if (Find(delivery.Target.Id) != delivery.Target)
            return null;
        var row = delivery.Target.Record(delivery, answer, took, now, wall);
        unstored.Add(row);
        return row.Delivery;
    }

    public void Cancelled(PendingDelivery delivery, long now)
    {
        Release(delivery);
        delivery.Target.Cancelled(delivery, now);
    }

    /// <summary>Takes what must be stored and counts it as stored: repeat the commit until it succeeds.</summary>
    public (ImmutableArray<WebhookRow> Put, ImmutableArray<DeliveryRow> Deliveries) TakeChanges()
    {
        var changed = ImmutableArray.CreateBuilder<WebhookRow>();
        foreach (var target in targets.Values.Where(static target => target.IsChanged))
        {
            target.IsChanged = false;
            changed.Add(target.Snapshot());
        }

        ImmutableArray<DeliveryRow> rows = [.. unstored];
        unstored.Clear();
        return (changed.DrainToImmutable(), rows);
    }

    /// <summary>Returns when <see cref="TryTake"/> may next succeed if nothing else happens; null for never.</summary>
    public long? NextDue(long now)
    {
        long? next = null;
        foreach (var target in targets.Values)
        {
            if (target.NextDue(now) is { } due && !(next <= due))
                next = due;
        }

        return next;
    }

    private void Release(PendingDelivery delivery)
    {
        if (delivery.IsProbe)
            toFailing--;
        else
            toWell--;
    }

    private (LiveWebhook Target, Func<PendingDelivery> Start)? Next(long now)
    {
        (LiveWebhook Target, Func<PendingDelivery> Start)? next = null;
        foreach (var target in targets.Values)
        {
            var hasRoom = target.IsFailing ? toFailing < MostAtOnce - MostToWell : toWell < MostToWell;
            if (hasRoom && !IsBefore(next?.Target, target) && target.NextStart(now) is { } start)
                next = (target, start);
        }

        return next;
    }

    private static bool IsBefore(LiveWebhook? one, LiveWebhook other) =>
        one is not null && (one.UnderWay, one.LastTurn).CompareTo((other.UnderWay, other.LastTurn)) < 0;
}
