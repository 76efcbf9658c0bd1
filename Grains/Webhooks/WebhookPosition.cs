using OrleansTasks.Storage;

namespace OrleansTasks.Webhooks;

/// <summary>
/// How far one webhook has got in the stored events: a page of each source that it takes events of, and what of it was sent.
/// </summary>
/// <param name="row">The stored webhook.</param>
internal sealed class WebhookPosition(WebhookRow row)
{
    private static readonly EventSource[] Sources = Enum.GetValues<EventSource>();

    private readonly EventPage?[] pages = new EventPage?[Sources.Length];
    private readonly long[] readTo = [row.Seen.Log, row.Seen.Nodes, row.Seen.Resources];
    private readonly bool[] isAtEnd = new bool[Sources.Length];
    private readonly long[] goneUntil = new long[Sources.Length];

    /// <summary>Messages of deliveries that were in the store at the start: their events may be read again, and are no new ones.</summary>
    private readonly HashSet<string> stored = new(StringComparer.Ordinal);

    private readonly string id = row.Id;
    private readonly WebhookCursor startAt = row.Seen;
    private WebhookTypes types = row.Types;

    /// <summary>Whether a page in memory has an event that is to be sent.</summary>
    public bool HasNew => Array.Exists(Sources, HasUnsent);

    /// <summary>Takes on changed types; those of another source begin where the changed row says.</summary>
    public void Change(WebhookRow changed)
    {
        foreach (var source in Sources)
        {
            if (IsNew(changed, source))
                (readTo[(int)source], pages[(int)source], isAtEnd[(int)source]) = (PositionIn(changed.Seen, source), null, false);
        }

        types = changed.Types;
    }

    /// <summary>The source that has to be read next, and after which number; null when none has to.</summary>
    public (EventSource Source, long After)? NextReading()
    {
        foreach (var source in Sources)
        {
            if (Reads(types, source) && !isAtEnd[(int)source] && !HasUnsent(source))
                return (source, readTo[(int)source]);
        }

        return null;
    }

    /// <summary>Takes a page that was read.</summary>
    public void Add(EventPage page, bool isLast)
    {
        var place = (int)page.Source;
        // What was read since the start begins with a whole commit.
        if (page.Source == EventSource.Log && readTo[place] == startAt.Log)
            page.Skip(startAt.Log + 1, startAt.InLog);
        (pages[place], isAtEnd[place]) = (page, isLast);
        HasUnsent(page.Source);
    }

    /// <summary>Whether it has not been said yet that events up to a number are gone.</summary>
    public bool IsNewsThatGone(EventSource source, long until) => until > goneUntil[(int)source];

    /// <summary>Events up to a number are gone. If all of them are, goes on after them. Returns the first number that may be gone.</summary>
    public long PassGone(EventSource source, long until, bool isAllGone)
    {
        var (from, place) = (readTo[(int)source] + 1, (int)source);
        goneUntil[place] = until;
        if (isAllGone)
            (readTo[place], pages[place], isAtEnd[place]) = (until, null, false);
        return from;
    }

    /// <summary>There may be new events.</summary>
    public void LookAgain() => Array.Clear(isAtEnd);

    /// <summary>The event of this message has a stored delivery, and is passed over when it is read again.</summary>
    public void IsStored(string message) => stored.Add(message);

    /// <summary>Goes past the oldest event among those that the sources have next, and returns it. Only while <see cref="HasNew"/>.</summary>
    public StoredEvent TakeNew()
    {
        EventPage? oldest = null;
        StoredEvent first = default;
        foreach (var source in Sources)
        {
            if (HasUnsent(source) && pages[(int)source]!.TryPeek(types, out var found) && (oldest is null || found.At < first.At))
                (oldest, first) = (pages[(int)source], found);
        }

        oldest!.Pass();
        HasUnsent(first.Source);
        return first;
    }

    /// <summary>Up to where every event was tried and its delivery stored, or is not for this webhook.</summary>
    /// <param name="pending">The deliveries in memory: those that were never tried hold the position back.</param>
    public WebhookCursor Seen(IReadOnlyCollection<PendingDelivery> pending) => Cursor(source => SeenOf(source, pending));

    /// <summary>The same for changed settings: a source whose types are new begins where the changed row says.</summary>
    public WebhookCursor SeenWith(WebhookRow changed, IReadOnlyCollection<PendingDelivery> pending) => Cursor(source =>
        IsNew(changed, source) ? (PositionIn(changed.Seen, source), 0) : SeenOf(source, pending));

    private static WebhookCursor Cursor(Func<EventSource, (long Number, int InNext)> seen)
    {
        var (log, inNext) = seen(EventSource.Log);
        return new WebhookCursor(log, seen(EventSource.Nodes).Number, seen(EventSource.Resources).Number, inNext);
    }

    private static bool Reads(WebhookTypes types, EventSource source) => (types & source switch
    {
        EventSource.Log => WebhookTypes.Task | WebhookTypes.Job,
        EventSource.Nodes => WebhookTypes.Node,
        _ => WebhookTypes.Queue | WebhookTypes.Schedule | WebhookTypes.Workflow,
    }) != 0;

    private static long PositionIn(WebhookCursor cursor, EventSource source) => source switch
    {
        EventSource.Log => cursor.Log,
        EventSource.Nodes => cursor.Nodes,
        _ => cursor.Resources,
    };

    private bool IsNew(WebhookRow changed, EventSource source) => Reads(changed.Types, source) && !Reads(types, source);

    /// <summary>Whether the page in memory has an event to be sent; a page without any is passed over.</summary>
    private bool HasUnsent(EventSource source)
    {
        if (pages[(int)source] is not { } page)
            return false;
        while (page.TryPeek(types, out var found))
        {
            if (stored.Count == 0 || !stored.Remove(found.MessageFor(id)))
                return true;
            page.Pass();
        }

        (readTo[(int)source], pages[(int)source]) = (page.Last, null);
        return false;
    }

    /// <summary>All events up to the number are dealt with, and of the next number so many.</summary>
    private (long Number, int InNext) SeenOf(EventSource source, IReadOnlyCollection<PendingDelivery> pending)
    {
        var place = (int)source;
        var seen = pages[place] is { } page && page.TryPeek(types, out var next) ? (next.Number - 1, next.Index)
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
