using OrleansTasks.Storage;

namespace OrleansTasks.Webhooks;

/// <summary>
/// One webhook in memory: decides which of its deliveries is tried next, and when. <see cref="WebhookPosition"/> tracks
/// how far it has read. Times are milliseconds of the grain's <see cref="SteadyClock"/>, or of the wall clock where
/// named so.
/// </summary>
/// <remarks>
/// <list type="table">
/// <listheader><term>state</term><description>starts</description></listheader>
/// <item><term>well: last try succeeded, or none yet</term>
/// <description>due retries, earliest first; then new events</description></item>
/// <item><term>failing: last try failed</term>
/// <description>due second tries, as the contract promises; otherwise one try at a time after a rest, alternating
/// between a new event and a due retry</description></item>
/// <item><term>paused, by a caller or because the target answered 410</term><description>only requested tries</description></item>
/// <item><term>suspended: being deleted, or set aside because the store refuses its row</term>
/// <description>nothing</description></item>
/// </list>
/// Requested tries come first. Every state allows up to <see cref="MostUnderWay"/> tries at once. New events are tried
/// even while the target fails: one success makes the webhook well, so an event that the target never accepts delays no
/// others until <see cref="MostOpen"/> such events wait.
/// </remarks>
internal sealed class LiveWebhook(WebhookRow row)
{
    public const int MostUnderWay = ServiceLimits.TriesOfWebhook;

    /// <summary>Limit on deliveries waiting for another try; at the limit, no new event is read or sent.</summary>
    public const int MostOpen = ServiceLimits.OpenDeliveries;

    private readonly WebhookPosition position = new(row);
    private readonly List<PendingDelivery> pending = [];
    private bool wasLastNew;

    /// <summary>When the rest ends that a failing target asked for; it holds for second tries too.</summary>
    private long askedRestUntil;

    /// <summary>The stored settings; <see cref="Snapshot"/> replaces position, last number and failure.</summary>
    public WebhookRow Row { get; private set; } = row;

    public string Id => Row.Id;

    /// <summary>Highest delivery number.</summary>
    public long LastN { get; private set; } = row.LastN;

    /// <summary>Wall-clock time of the first failure since the last success; 0 if well.</summary>
    public long FailingSince { get; private set; } = row.FailingSince;

    /// <summary>Consecutive failed tries; at least 1 for a webhook loaded while failing.</summary>
    public int Failures { get; private set; } = row.FailingSince == 0 ? 0 : 1;

    /// <summary>When a failing target's rest ends.</summary>
    public long RestUntil { get; private set; }

    /// <summary>Which events the webhook wants.</summary>
    public EventChoice Choice => position.Choice;

    public int UnderWay { get; private set; }

    /// <summary>Ordinal of the last start, counted over all webhooks.</summary>
    public long LastTurn { get; private set; }

    /// <summary>Whether the webhook is being deleted, or was set aside.</summary>
    public bool IsSuspended { get; set; }

    public bool IsFailing => Failures > 0;

    /// <summary>Whether something is not stored yet.</summary>
    public bool IsChanged { get; set; }

    /// <summary>Number of deliveries waiting for another try.</summary>
    public int Open => pending.Count(static delivery => delivery is { IsOnce: false, N: > 0 });

    public IReadOnlyList<PendingDelivery> Pending => pending;

    /// <summary>Returns the row to store now.</summary>
    public WebhookRow Snapshot() => Row with
    {
        LastN = LastN,
        FailingSince = FailingSince,
        Seen = position.Seen(pending),
    };

    /// <summary>Returns the row to store for changed settings, before <see cref="Change"/> applies them.</summary>
    public WebhookRow Preview(WebhookRow changed) => changed with
    {
        LastN = LastN,
        FailingSince = changed.Url == Row.Url ? FailingSince : 0,
        Seen = position.SeenWith(changed, pending),
    };

    /// <summary>
    /// Applies changed settings. With a new address, the webhook no longer counts as failing, and all waiting
    /// deliveries are tried at once. A source that was not read before is read from its end.
    /// </summary>
    public void Change(WebhookRow changed)
    {
        if (changed.Url != Row.Url)
        {
            (Failures, FailingSince, RestUntil, askedRestUntil) = (0, 0, 0, 0);
            HurryWaiting();
        }

        position.Change(changed);
        Row = changed;
        (IsSuspended, IsChanged) = (false, true);
    }

    /// <summary>
    /// Stops all tries, because the store refuses the webhook's row: nothing that is sent could be noted. Stored
    /// settings that are new start them again.
    /// </summary>
    public void SetAside() => (IsSuspended, IsChanged) = (true, false);

    public (EventSource Source, long After)? NextReading() =>
        Row.Paused || IsSuspended || Open >= MostOpen ? null : position.NextReading();

    public void Add(EventPage page, bool isLast)
    {
        position.Add(page, isLast);
        if (page.Count > 0)
            IsChanged = true;
    }

    /// <summary>Returns whether the loss of events up to this number has not been noted yet.</summary>
    public bool IsNewsThatGone(EventSource source, long until) => position.IsNewsThatGone(source, until);

    /// <summary>Returns a delivery that reports events up to a number as gone, and skips them if all are.</summary>
    public DeliveryRow Miss(EventSource source, long until, bool isAllGone, long wall)
    {
        var from = position.PassGone(source, until, isAllGone);
        IsChanged = true;
        var what = source switch
        {
            EventSource.Log => "commits of tasks and jobs",
            EventSource.Nodes => "changes of nodes",
            _ => "changes of queues",
        };
        return new DeliveryRow(Id, new WebhookDelivery(
            ++LastN, $"missed_{Id}_{StoredEvent.LetterOf(source)}{until:x}", default, wall, DeliveryState.Missed, 0, null, 0, null,
            $"{(isAllGone ? "The" : "Some")} events of the {what} with the numbers {from} to {until} expired before they could be sent."), 0);
    }

    public void LookAgain() => position.LookAgain();

    /// <summary>Notes that this message has a stored delivery, so its event is skipped when it is read again.</summary>
    public void IsStored(string message) => position.IsStored(message);

    /// <summary>Adds a stored or requested delivery.</summary>
    public void Add(PendingDelivery delivery)
    {
        pending.Add(delivery);
        if (delivery is { N: > 0, IsOnce: false })
            position.IsStored(delivery.Message);
    }

    public PendingDelivery? Find(long n) => pending.Find(delivery => delivery.N == n);

    /// <summary>Returns the try to start now, or null. Nothing changes until <see cref="Start"/>.</summary>
    public Func<PendingDelivery>? NextStart(long now)
    {
        if (IsSuspended || UnderWay >= MostUnderWay)
            return null;
        if (pending.Find(static delivery => delivery is { IsAsked: true, IsUnderWay: false }) is { } asked)
            return () => asked;
        if (Row.Paused)
            return null;
        // While failing, second tries may run alongside another; others run alone, and only if no second try waits.
        if (IsFailing && NextRetry(now, isSecond: true) is { } second)
            return () => second;
        if (IsFailing && (UnderWay > 0 || pending.Exists(IsWaitingForSecond)))
            return null;
        var (retry, isNewDue) = (NextRetry(now, isSecond: false), HasNew && (!IsFailing || now >= RestUntil));
        // A failing webhook alternates between retries and new events.
        if (retry is not null && !(isNewDue && IsFailing && !wasLastNew))
            return () => retry;
        return isNewDue ? TakeNew : null;
    }

    /// <summary>Returns when <see cref="NextStart"/> next has a try if nothing else happens; null for never.</summary>
    public long? NextDue(long now)
    {
        if (IsSuspended || Row.Paused)
            return null;
        // A failing webhook is examined again when its running try ends, so only second tries need a time.
        var isSecondOnly = IsFailing && (UnderWay > 0 || pending.Exists(IsWaitingForSecond));
        long? due = !isSecondOnly && RestUntil > now && HasNew ? RestUntil : null;
        foreach (var delivery in pending)
        {
            if (delivery is { IsUnderWay: false, IsOnce: false } && (!isSecondOnly || delivery.Steps == 1)
                && EligibleAt(delivery) is var at && at > now && !(due <= at))
                due = at;
        }

        return due;
    }

    public void Start(PendingDelivery delivery, long turn)
    {
        delivery.IsExtra = delivery.IsAsked || delivery.IsEarly;
        (delivery.IsUnderWay, delivery.IsAsked, delivery.IsEarly) = (true, false, false);
        delivery.IsProbe = IsFailing;
        delivery.Url = Row.Url;
        wasLastNew = delivery.Tries == 0;
        LastTurn = turn;
        UnderWay++;
    }

    /// <summary>Ends a cancelled try, which counts as not made.</summary>
    public void Cancelled(PendingDelivery delivery, long now)
    {
        End(delivery);
        if (delivery.IsOnce)
            pending.Remove(delivery);
        else if (delivery.Tries == 0)
            delivery.DueAt = now;
    }

    /// <summary>Records an ended try; returns the delivery to store.</summary>
    public DeliveryRow Record(PendingDelivery delivery, WebhookAnswer answer, long took, long now, long wall)
    {
        End(delivery);
        delivery.Tries++;
        if (delivery.N == 0)
            delivery.N = ++LastN;
        IsChanged = true;
        // A try at an earlier address says nothing about the current one, which gets the delivery at once.
        if (delivery.Url == Row.Url)
            Judge(answer, now, wall);
        else
            delivery.IsEarly = true;
        // An extra try that fails keeps the due time of the scheduled one.
        long? wait = answer.IsAccepted || delivery.IsOnce ? null
            : delivery.IsExtra && delivery.DueAt > now ? delivery.DueAt - now
            : RetrySchedule.DelayAfter(++delivery.Steps) is { } delay ? Math.Max(delay, AskedBy(answer)) : null;
        if (wait is null)
            pending.Remove(delivery);
        delivery.DueAt = now + (wait ?? 0);
        return new DeliveryRow(Id, new WebhookDelivery(
            delivery.N, delivery.Message, delivery.Body, wall,
            answer.IsAccepted ? DeliveryState.Delivered : wait is null ? delivery.StateAtFailure : DeliveryState.Open,
            delivery.Tries, answer.Status, took, wait is null ? null : wall + wait, answer.Text), delivery.Steps);
    }

    private void End(PendingDelivery delivery)
    {
        delivery.IsUnderWay = false;
        UnderWay--;
    }

    /// <summary>Returns the rest that a failed try's answer asks for, in milliseconds, within bounds; 0 for none.</summary>
    private static long AskedBy(WebhookAnswer answer) => answer is { IsAccepted: false, RetryAfter: { } asked }
        ? Math.Clamp((long)asked.TotalMilliseconds, 0, RetrySchedule.LongestAsked) : 0;

    private void Judge(WebhookAnswer answer, long now, long wall)
    {
        if (!answer.IsAccepted)
        {
            Failures++;
            if (FailingSince == 0)
                FailingSince = wall;
            askedRestUntil = Math.Max(askedRestUntil, now + AskedBy(answer));
            RestUntil = Math.Max(now + RetrySchedule.RestAfter(Failures), askedRestUntil);
            // The receiver wants no more of this. What happens is kept until somebody resumes the webhook.
            if (answer.IsGone)
                Row = Row with { Paused = true, GoneAt = wall };
            return;
        }

        // A target that was down for long gets all waiting deliveries at once. After a single refusal it does not: a
        // target that accepts most events but refuses some would get those again and again. After the wall clock was
        // set back, the duration is unknown and counts as long.
        if (FailingSince > 0 && (wall < FailingSince || wall - FailingSince >= RetrySchedule.LongFailure))
            HurryWaiting();
        (Failures, FailingSince, RestUntil, askedRestUntil) = (0, 0, now, 0);
    }

    private void HurryWaiting()
    {
        foreach (var delivery in pending.Where(static delivery => !delivery.IsUnderWay))
            delivery.IsEarly = true;
    }

    private static bool IsWaitingForSecond(PendingDelivery delivery) =>
        delivery is { Steps: 1, IsUnderWay: false, IsOnce: false };

    private PendingDelivery? NextRetry(long now, bool isSecond)
    {
        PendingDelivery? next = null;
        foreach (var delivery in pending)
        {
            if (delivery is { IsUnderWay: false, IsOnce: false } && (!isSecond || delivery.Steps == 1)
                && EligibleAt(delivery) <= now && !(next?.DueAt <= delivery.DueAt))
                next = delivery;
        }

        return next;
    }

    /// <summary>
    /// Returns when to try. Second tries keep their time, as the contract promises, unless the target asks for a rest;
    /// others await the rest's end.
    /// </summary>
    private long EligibleAt(PendingDelivery delivery) =>
        !IsFailing && delivery.IsEarly ? 0
        : IsFailing && delivery.Steps != 1 ? Math.Max(delivery.DueAt, RestUntil)
        : IsFailing ? Math.Max(delivery.DueAt, askedRestUntil)
        : delivery.DueAt;

    private bool HasNew => Open < MostOpen && position.HasNew;

    private PendingDelivery TakeNew()
    {
        var first = position.TakeNew();
        var delivery = new PendingDelivery(this, first.MessageFor(Id), first.ToJson())
        {
            Place = (first.Source, first.Number, first.Index),
            Bare = first,
        };
        pending.Add(delivery);
        return delivery;
    }
}
