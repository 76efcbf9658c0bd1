using OrleansTasks.Storage;

namespace OrleansTasks.Webhooks;

/// <summary>A webhook's position in the stored events: a page per source, and how much of it was sent.</summary>
internal sealed class WebhookPosition(WebhookRow row)
{
    private static readonly EventSource[] Sources = Enum.GetValues<EventSource>();

    private readonly EventPage?[] pages = new EventPage?[Sources.Length];
    private readonly long[] readTo = [row.Seen.Log, row.Seen.Nodes, row.Seen.Resources];
    private readonly bool[] isAtEnd = new bool[Sources.Length];
    private readonly long[] goneUntil = new long[Sources.Length];

    /// <summary>Messages of deliveries stored at the start; their events are skipped if read again.</summary>
    private readonly HashSet<string> stored = new(StringComparer.Ordinal);

    private readonly string id = row.Id;
    private WebhookCursor startAt = row.Seen;
    private EventChoice choice = new(row.Types, row.Filter);

    /// <summary>Which events the webhook wants.</summary>
    public EventChoice Choice => choice;

    /// <summary>Whether a page in memory has an event to send.</summary>
    public bool HasNew => Array.Exists(Sources, HasUnsent);

    /// <summary>Applies changed types. Newly read sources start at the position in the changed row.</summary>
    public void Change(WebhookRow changed)
    {
        foreach (var source in Sources)
        {
            if (IsNew(changed, source))
                (readTo[(int)source], pages[(int)source], isAtEnd[(int)source]) = (PositionIn(changed.Seen, source), null, false);
            else if (changed.Filter != choice.Filter)
                GoBack(source);
        }

        choice = new EventChoice(changed.Types, changed.Filter);
    }

    /// <summary>Returns the next source to read and the number to read after; null if none.</summary>
    public (EventSource Source, long After)? NextReading()
    {
        foreach (var source in Sources)
        {
            if (Reads(choice.Types, source) && !isAtEnd[(int)source] && !HasUnsent(source))
                return (source, readTo[(int)source]);
        }

        return null;
    }

    public void Add(EventPage page, bool isLast)
    {
        var place = (int)page.Source;
        // The first page after the start begins with a whole commit, whose first events may have been handled.
        if (page.Source == EventSource.Log && readTo[place] == startAt.Log)
            page.Skip(startAt.Log + 1, startAt.InLog);
        (pages[place], isAtEnd[place]) = (page, isLast);
        // Drops the page if it has no event to send.
        HasUnsent(page.Source);
    }

    /// <summary>Returns whether the loss of events up to this number has not been noted yet.</summary>
    public bool IsNewsThatGone(EventSource source, long until) => until > goneUntil[(int)source];

    /// <summary>Notes that events are gone, skips them if all are, and returns the first number affected.</summary>
    public long PassGone(EventSource source, long until, bool isAllGone)
    {
        var (from, place) = (readTo[(int)source] + 1, (int)source);
        goneUntil[place] = until;
        if (isAllGone)
            (readTo[place], pages[place], isAtEnd[place]) = (until, null, false);
        return from;
    }

    /// <summary>Notes that new events may exist.</summary>
    public void LookAgain() => Array.Clear(isAtEnd);

    /// <summary>Notes that this message has a stored delivery, so its event is skipped when it is read again.</summary>
    public void IsStored(string message) => stored.Add(message);

    /// <summary>Takes the oldest of the sources' next events. Requires <see cref="HasNew"/>.</summary>
    public StoredEvent TakeNew()
    {
        EventPage? oldest = null;
        StoredEvent first = default;
        foreach (var source in Sources)
        {
            if (HasUnsent(source) && pages[(int)source]!.TryPeek(choice, out var found) && (oldest is null || found.At < first.At))
                (oldest, first) = (pages[(int)source], found);
        }

        oldest!.Pass();
        // Drops the page if this was its last event to send.
        HasUnsent(first.Source);
        return first;
    }

    /// <summary>
    /// Returns the position to store: all events before it were tried and their deliveries stored, or do not concern
    /// this webhook. Deliveries that were never tried hold it back.
    /// </summary>
    public WebhookCursor Seen(IReadOnlyCollection<PendingDelivery> pending) => Cursor(source => SeenOf(source, pending));

    /// <summary>
    /// Returns <see cref="Seen"/> under changed settings: new sources start at the changed row's position.
    /// </summary>
    public WebhookCursor SeenWith(WebhookRow changed, IReadOnlyCollection<PendingDelivery> pending) => Cursor(source =>
        IsNew(changed, source) ? (PositionIn(changed.Seen, source), 0) : SeenOf(source, pending));

    private static WebhookCursor Cursor(Func<EventSource, (long Number, int InNext)> seen)
    {
        var (log, inNext) = seen(EventSource.Log);
        return new WebhookCursor(log, seen(EventSource.Nodes).Number, seen(EventSource.Resources).Number, inNext);
    }

    /// <summary>Drops the page in memory, so that what was not sent yet is read again, by another filter.</summary>
    private void GoBack(EventSource source)
    {
        var place = (int)source;
        if (!HasUnsent(source) || !pages[place]!.TryPeek(choice, out var next))
            return;
        (readTo[place], pages[place], isAtEnd[place]) = (next.Number - 1, null, false);
        if (source == EventSource.Log)
            startAt = startAt with { Log = next.Number - 1, InLog = next.Index };
    }

    private static bool Reads(WebhookTypes types, EventSource source) => (types & source switch
    {
        EventSource.Log => WebhookTypes.Task | WebhookTypes.Job,
        EventSource.Nodes => WebhookTypes.Node,
        _ => WebhookTypes.Queue | WebhookTypes.Schedule | WebhookTypes.Workflow | WebhookTypes.Rollout,
    }) != 0;

    private static long PositionIn(WebhookCursor cursor, EventSource source) => source switch
    {
        EventSource.Log => cursor.Log,
        EventSource.Nodes => cursor.Nodes,
        _ => cursor.Resources,
    };

    private bool IsNew(WebhookRow changed, EventSource source) => Reads(changed.Types, source) && !Reads(choice.Types, source);

    /// <summary>Returns whether the page in memory has an event to send; drops a page without any.</summary>
    private bool HasUnsent(EventSource source)
    {
        if (pages[(int)source] is not { } page)
            return false;
        while (page.TryPeek(choice, out var found))
        {
            if (stored.Count == 0 || !stored.Remove(found.MessageFor(id)))
                return true;
            page.Pass();
        }

        (readTo[(int)source], pages[(int)source]) = (page.Last, null);
        return false;
    }

    /// <summary>Returns the number up to which all events are handled, and how many of the next commit are.</summary>
    private (long Number, int InNext) SeenOf(EventSource source, IReadOnlyCollection<PendingDelivery> pending)
    {
        var place = (int)source;
        var seen = pages[place] is { } page && page.TryPeek(choice, out var next) ? (next.Number - 1, next.Index)
            : source == EventSource.Log && readTo[place] == startAt.Log ? (startAt.Log, startAt.InLog)
            : (readTo[place], 0);
        foreach (var delivery in pending)
        {
            if (delivery is { N: 0, Place: { } at } && at.Source == source && (at.Number - 1, at.Index).CompareTo(seen) < 0)
                seen = (at.Number - 1, at.Index);
        }

        return seen;
    }
}
