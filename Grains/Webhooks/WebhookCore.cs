using OrleansTasks.Storage;

namespace OrleansTasks.Webhooks;

/// <summary>
/// Decides which deliveries of all webhooks are tried, and when. Reads, sends and stores nothing, and has no clock: its owner,
/// <see cref="WebhookGrain"/>, gives it what was read, and what came of each try. Times are milliseconds of the owner's
/// <see cref="SteadyClock"/>; those for the store are by the wall clock.
/// </summary>
/// <remarks>
/// <para>
/// At most <see cref="MostAtOnce"/> tries run at once. Of these, <see cref="MostToWell"/> at most are to targets whose last try
/// succeeded, and the others are for failing targets: so failing targets, each of which may take the whole time of a try,
/// leave room for the others, and these leave room for retries. Among the webhooks that have something to start, the one with
/// the fewest running tries comes first, then the one that has waited longest.
/// </para>
/// <para>
/// Memory is bounded: for each webhook a page of each source, the tries that run, at most <see cref="LiveWebhook.MostOpen"/>
/// deliveries that wait for another try, and the names of the last deliveries before the start. A webhook that has so many open
/// deliveries reads no further; its events wait in the store.
/// </para>
/// </remarks>
internal sealed class WebhookCore
{
    /// <summary>How many tries run at once.</summary>
    public const int MostAtOnce = ServiceLimits.Tries;

    /// <summary>How many of them go to targets whose last try succeeded.</summary>
    public const int MostToWell = 32;

    /// <summary>How many webhooks there may be.</summary>
    public const int MostWebhooks = ServiceLimits.Webhooks;

    private readonly SortedDictionary<string, LiveWebhook> targets = new(StringComparer.Ordinal);
    private readonly List<DeliveryRow> unstored = [];
    private int toWell;
    private int toFailing;
    private long turns;
    private string lastRead = "";

    /// <summary>Every webhook, oldest first.</summary>
    public IReadOnlyCollection<LiveWebhook> Targets => targets.Values;

    /// <summary>How many tries are running.</summary>
    public int UnderWay => toWell + toFailing;

    /// <summary>Whether there are results that are not stored.</summary>
    public bool HasResults => unstored.Count > 0;

    /// <summary>Whether anything is not stored: results, or how far webhooks have read.</summary>
    public bool HasChanges => HasResults || targets.Values.Any(static target => target.IsChanged);

    /// <summary>The webhook with an id; null when there is none.</summary>
    public LiveWebhook? Find(string id) => targets.GetValueOrDefault(id);

    /// <summary>Adds a webhook with its open deliveries.</summary>
    public LiveWebhook Add(WebhookRow row, IEnumerable<DeliveryRow> open, long now, long wall)
    {
        var target = targets[row.Id] = new LiveWebhook(row);
        foreach (var (_, delivery, stored) in open)
        {
            // An open delivery has failed, and has a try left.
            var steps = Math.Clamp(stored, 1, RetrySchedule.MostTries - 1);
            target.Add(new PendingDelivery(target, delivery.Message, delivery.Event)
            {
                N = delivery.N,
                Tries = delivery.Tries,
                Steps = steps,
                // The clock may have been set back since: no wait is longer than it was meant to be.
                DueAt = now + Math.Clamp((delivery.NextTryAt ?? wall) - wall, 0, RetrySchedule.DelayAfter(steps)!.Value),
            });
        }

        return target;
    }

    /// <summary>Forgets a webhook. What is stored of it is the caller's to delete.</summary>
    public void Remove(string id)
    {
        targets.Remove(id);
        unstored.RemoveAll(row => row.Webhook == id);
    }

    /// <summary>There may be new events for all webhooks.</summary>
    public void LookAgain()
    {
        foreach (var target in targets.Values)
            target.LookAgain();
    }

    /// <summary>
    /// A webhook that has to read further, and what; null when none has to. Those that have to take turns: the next one is the
    /// first, by id, after that of the last <see cref="Add(LiveWebhook, EventPage, bool)"/>.
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

    /// <summary>Takes a page that was read for a webhook.</summary>
    /// <param name="target">The webhook.</param>
    /// <param name="page">The page.</param>
    /// <param name="isLast">Whether nothing came after it when it was read.</param>
    public void Add(LiveWebhook target, EventPage page, bool isLast)
    {
        lastRead = target.Id;
        target.Add(page, isLast);
    }

    /// <summary>Notes that events of a webhook are gone; returns the delivery that says so.</summary>
    public WebhookDelivery Miss(LiveWebhook target, EventSource source, long until, bool isAllGone, long wall)
    {
        var row = target.Miss(source, until, isAllGone, wall);
        unstored.Add(row);
        return row.Delivery;
    }

    /// <summary>Whether <see cref="TryTake"/> would give something.</summary>
    public bool CanTake(long now) => Next(now) is not null;

    /// <summary>Takes the delivery that is to be tried now; false when there is none, or enough tries run.</summary>
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

    /// <summary>A try has ended with an answer.</summary>
    /// <returns>The delivery as it is from now on; null when its webhook was deleted meanwhile.</returns>
    public WebhookDelivery? Record(PendingDelivery delivery, WebhookAnswer answer, long took, long now, long wall)
    {
        Release(delivery);
        if (Find(delivery.Target.Id) != delivery.Target)
            return null;
        var row = delivery.Target.Record(delivery, answer, took, now, wall);
        unstored.Add(row);
        return row.Delivery;
    }

    /// <summary>A try was cancelled, and counts as not made.</summary>
    public void Cancelled(PendingDelivery delivery, long now)
    {
        Release(delivery);
        delivery.Target.Cancelled(delivery, now);
    }

    /// <summary>What is to be stored. It counts as stored from now on: the caller repeats the commit until it is.</summary>
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

    /// <summary>
    /// The earliest time after <paramref name="now"/> at which <see cref="TryTake"/> may give something by itself; null when
    /// something else has to happen first.
    /// </summary>
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
