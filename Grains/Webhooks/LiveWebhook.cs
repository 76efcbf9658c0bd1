using OrleansTasks.Storage;

namespace OrleansTasks.Webhooks;

/// <summary>
/// One webhook in memory: its deliveries that are under way or wait for another try, and when which of them is tried. How far its
/// events were read is its <see cref="WebhookPosition"/>. Times are milliseconds of the grain's <see cref="SteadyClock"/>, unless a name says that they are by the wall clock.
/// </summary>
/// <remarks>
/// <list type="table">
/// <listheader><term>state</term><description>what may be started</description></listheader>
/// <item><term>well: the last try succeeded, or there was none</term>
/// <description>retries that are due, the earliest first; then new events</description></item>
/// <item><term>failing: the last try failed</term>
/// <description>second tries that are due, as the contract promises; otherwise one try at a time: after the rest, in turns, a new
/// event and a retry that is due</description></item>
/// <item><term>paused</term><description>nothing</description></item>
/// <item><term>suspended: it is being deleted</term><description>nothing, not even what somebody asks for</description></item>
/// </list>
/// What somebody asks for comes before all that. In every state up to <see cref="MostUnderWay"/> tries run at once.
/// A new event's success makes a failing webhook well, so an event that the target never accepts holds up no other, until
/// <see cref="MostOpen"/> of them wait.
/// </remarks>
/// <param name="row">The stored webhook.</param>
internal sealed class LiveWebhook(WebhookRow row)
{
    /// <summary>How many tries are made at once.</summary>
    public const int MostUnderWay = ServiceLimits.TriesOfWebhook;

    /// <summary>How many deliveries may wait for another try; beyond it no new event is sent, and the stored position stays.</summary>
    public const int MostOpen = ServiceLimits.OpenDeliveries;

    private readonly WebhookPosition position = new(row);
    private readonly List<PendingDelivery> pending = [];
    private bool wasLastNew;

    /// <summary>The stored webhook; its position, last number and failure are as they were stored last.</summary>
    public WebhookRow Row { get; private set; } = row;

    public string Id => Row.Id;

    /// <summary>The largest number of a delivery.</summary>
    public long LastN { get; private set; } = row.LastN;

    /// <summary>When the failing began, by the wall clock; 0 when it is well.</summary>
    public long FailingSince { get; private set; } = row.FailingSince;

    /// <summary>How many tries have failed one after the other.</summary>
    public int Failures { get; private set; } = row.FailingSince == 0 ? 0 : 1;

    /// <summary>Until when a failing target is left alone.</summary>
    public long RestUntil { get; private set; }

    /// <summary>How many tries are running.</summary>
    public int UnderWay { get; private set; }

    /// <summary>When it last had its turn; the smallest has waited longest.</summary>
    public long LastTurn { get; private set; }

    /// <summary>Whether it is being deleted.</summary>
    public bool IsSuspended { get; set; }

    public bool IsFailing => Failures > 0;

    /// <summary>Whether anything of it is not stored yet.</summary>
    public bool IsChanged { get; set; }

    /// <summary>How many deliveries wait for another try.</summary>
    public int Open => pending.Count(static delivery => delivery is { IsOnce: false, N: > 0 });

    /// <summary>Its deliveries in memory.</summary>
    public IReadOnlyList<PendingDelivery> Pending => pending;

    /// <summary>The row as it is to be stored now.</summary>
    public WebhookRow Snapshot() => Row with
    {
        LastN = LastN,
        FailingSince = FailingSince,
        Seen = position.Seen(pending),
    };

    /// <summary>The row to be stored for changed settings, before <see cref="Change"/> takes them on.</summary>
    public WebhookRow Preview(WebhookRow changed) => changed with
    {
        LastN = LastN,
        FailingSince = changed.Url == Row.Url ? FailingSince : 0,
        Seen = position.SeenWith(changed, pending),
    };

    /// <summary>
    /// Takes on changed settings. A new address begins well, and gets at once what waits; types of another source begin with
    /// what comes.
    /// </summary>
    public void Change(WebhookRow changed)
    {
        if (changed.Url != Row.Url)
        {
            (Failures, FailingSince, RestUntil) = (0, 0, 0);
            HurryWaiting();
        }

        position.Change(changed);
        Row = changed;
        IsChanged = true;
    }

    /// <summary>The source that has to be read next, and after which number; null when none has to.</summary>
    public (EventSource Source, long After)? NextReading() =>
        Row.Paused || IsSuspended || Open >= MostOpen ? null : position.NextReading();

    /// <summary>Takes a page that was read.</summary>
    /// <param name="page">The page.</param>
    /// <param name="isLast">Whether nothing came after it when it was read.</param>
    public void Add(EventPage page, bool isLast)
    {
        position.Add(page, isLast);
        if (page.Count > 0)
            IsChanged = true;
    }

    /// <summary>Whether it has not been said yet that events up to a number are gone.</summary>
    public bool IsNewsThatGone(EventSource source, long until) => position.IsNewsThatGone(source, until);

    /// <summary>
    /// Events up to a number are gone, all or some of them: makes a delivery that says so. If all are, goes on after them.
    /// </summary>
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
            $"{(isAllGone ? "The" : "Some")} events of the {what} with the numbers {from} to {until} were removed for their age before they could be sent."), 0);
    }

    /// <summary>There may be new events.</summary>
    public void LookAgain() => position.LookAgain();

    /// <summary>The event of this message has a stored delivery, and is passed over when it is read again.</summary>
    public void IsStored(string message) => position.IsStored(message);

    /// <summary>Puts a delivery in the line: one that was stored, or that somebody asks for.</summary>
    public void Add(PendingDelivery delivery)
    {
        pending.Add(delivery);
        if (delivery is { N: > 0, IsOnce: false })
            position.IsStored(delivery.Message);
    }

    /// <summary>The delivery of a number, if it is in memory.</summary>
    public PendingDelivery? Find(long n) => pending.Find(delivery => delivery.N == n);

    /// <summary>What may be started now; null for nothing. It stays where it is until <see cref="Start"/>.</summary>
    public Func<PendingDelivery>? NextStart(long now)
    {
        if (IsSuspended || UnderWay >= MostUnderWay)
            return null;
        if (pending.Find(static delivery => delivery is { IsAsked: true, IsUnderWay: false }) is { } asked)
            return () => asked;
        if (Row.Paused)
            return null;
        // A failing target gets second tries, even beside another try; and the rest in turns, alone, while no second try waits.
        if (IsFailing && NextRetry(now, isSecond: true) is { } second)
            return () => second;
        if (IsFailing && (UnderWay > 0 || pending.Exists(IsWaitingForSecond)))
            return null;
        var (retry, isNewDue) = (NextRetry(now, isSecond: false), HasNew && (!IsFailing || now >= RestUntil));
        if (retry is not null && !(isNewDue && IsFailing && !wasLastNew))
            return () => retry;
        return isNewDue ? TakeNew : null;
    }

    /// <summary>
    /// The earliest time after <paramref name="now"/> at which <see cref="NextStart"/> may give something by itself; null when
    /// something else has to happen first.
    /// </summary>
    public long? NextDue(long now)
    {
        if (IsSuspended || Row.Paused)
            return null;
        // One that fails is looked at when its running try ends, but for second tries.
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

    /// <summary>A try of the delivery begins.</summary>
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

    /// <summary>A try was cancelled: it counts as not made.</summary>
    public void Cancelled(PendingDelivery delivery, long now)
    {
        End(delivery);
        if (delivery.IsOnce)
            pending.Remove(delivery);
        else if (delivery.Tries == 0)
            delivery.DueAt = now;
    }

    /// <summary>A try has ended; returns the delivery as it is to be stored.</summary>
    public DeliveryRow Record(PendingDelivery delivery, WebhookAnswer answer, long took, long now, long wall)
    {
        End(delivery);
        delivery.Tries++;
        if (delivery.N == 0)
            delivery.N = ++LastN;
        IsChanged = true;
        // A try to an earlier address says nothing of the present one, which gets the delivery at once.
        if (delivery.Url == Row.Url)
            Judge(answer.IsAccepted, now, wall);
        else
            delivery.IsEarly = true;
        long? wait = answer.IsAccepted || delivery.IsOnce ? null
            : delivery.IsExtra && delivery.DueAt > now ? delivery.DueAt - now
            : RetrySchedule.DelayAfter(++delivery.Steps);
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

    private void Judge(bool isAccepted, long now, long wall)
    {
        if (!isAccepted)
        {
            Failures++;
            if (FailingSince == 0)
                FailingSince = wall;
            RestUntil = now + RetrySchedule.RestAfter(Failures);
            return;
        }

        // A target that was out of reach for a while gets at once what waits. It does not after a single refusal: that would
        // repeat, all the time, what a target refuses among others that it takes.
        // After the clock was set back, nobody knows for how long; then it counts as long.
        if (FailingSince > 0 && (wall < FailingSince || wall - FailingSince >= RetrySchedule.LongFailure))
            HurryWaiting();
        (Failures, FailingSince, RestUntil) = (0, 0, now);
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

    /// <summary>A second try comes when it is due, as the contract says; later ones wait for the rest of a failing target.</summary>
    private long EligibleAt(PendingDelivery delivery) =>
        !IsFailing && delivery.IsEarly ? 0
        : IsFailing && delivery.Steps != 1 ? Math.Max(delivery.DueAt, RestUntil)
        : delivery.DueAt;

    private bool HasNew => Open < MostOpen && position.HasNew;

    /// <summary>Makes the delivery of the oldest event among those that the sources have next.</summary>
    private PendingDelivery TakeNew()
    {
        var first = position.TakeNew();
        var delivery = new PendingDelivery(this, first.MessageFor(Id), first.ToJson()) { Place = (first.Source, first.Number, first.Index) };
        pending.Add(delivery);
        return delivery;
    }
}
