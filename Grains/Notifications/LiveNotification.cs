using OrleansTasks.Definitions;
using OrleansTasks.Storage.Notifications;
using OrleansTasks.Webhooks;

namespace OrleansTasks.Notifications;

/// <summary>
/// A notification in memory: its position in the events, the next message, and when to send it. Does no I/O; times are
/// Unix milliseconds.
/// </summary>
/// <remarks>
/// The stored position is the one of the last message. After a crash, events since then are read again, so none is
/// lost. Events that are read while a message is under way join the next message. If the target does not take the
/// message, the two become one.
/// </remarks>
internal sealed class LiveNotification
{
    private const int LongestFailure = 500;
    private const long ShortestRest = 5_000;
    private const long LongestRest = 15 * 60_000;

    private static readonly WebhookFilter Ends =
        WebhookFilter.All with { States = ["failed", "succeeded", "halted", "late"] };

    // The codes of items that need attention whose target is a queue; those of a schedule begin with schedule-.
    private static readonly string[] CodesOfQueues = ["failures-up", "queue-stuck", "queue-paused", "no-node-fits"];

    private readonly KnownTroubles known;
    private NotificationDigest pending = new();
    private (NotificationDigest Digest, NotificationRow Told)? underWay;
    private int failures;
    private long restUntil;

    public LiveNotification(NotificationRow row)
    {
        (Row, Spec, known) = (row, NotificationSpecReader.ReadStored(row.Body), KnownTroubles.Read(row.Known));
        (LogAt, ResourcesAt) = (row.LogSeen, row.ResourcesSeen);
    }

    /// <summary>The events that it reads.</summary>
    public static EventChoice Choice { get; } = new(
        WebhookTypes.Task | WebhookTypes.Job | WebhookTypes.Workflow | WebhookTypes.Rollout | WebhookTypes.Schedule,
        Ends);

    /// <summary>The stored row.</summary>
    public NotificationRow Row { get; private set; }

    public NotificationSpec Spec { get; private set; }

    /// <summary>The number of the last commit of the log that was read.</summary>
    public long LogAt { get; private set; }

    /// <summary>The number of the last event of resources that was read.</summary>
    public long ResourcesAt { get; private set; }

    /// <summary>
    /// The answer to the message under way: empty if the target took it, otherwise why not. Null while there is none.
    /// </summary>
    public string? Answer { get; set; }

    /// <summary>Whether no event waits for a message, so the position may be stored.</summary>
    public bool IsIdle => underWay is null && pending.Count == 0;

    /// <summary>Whether more was read than is stored.</summary>
    public bool HasMoved => LogAt != Row.LogSeen || ResourcesAt != Row.ResourcesSeen;

    /// <summary>How many events wait until a target takes a message.</summary>
    public long Waiting => pending.Count + (underWay?.Digest.Count ?? 0);

    /// <summary>Returns whether <see cref="Add"/> needs an event and its origin.</summary>
    /// <param name="found">The event.</param>
    /// <param name="isAfterFailure">Whether failures come before it that were not added yet.</param>
    public bool NeedsOrigin(in StoredEvent found, bool isAfterFailure) => found.State switch
    {
        "succeeded" => Tells(NotificationKinds.Recovered) && (isAfterFailure || known.HasFailing),
        "late" => Tells(NotificationKinds.Late),
        _ => Tells(NotificationKinds.Failed | NotificationKinds.Recovered),
    };

    /// <summary>Notes an event.</summary>
    public void Add(in StoredEvent found, EventOrigin origin)
    {
        if (origin.IsPart || !origin.Passes(Spec))
            return;
        switch (found.State)
        {
            case "succeeded":
                if (origin.Key is { } well && known.Succeeded(well))
                    Tell(NotificationKinds.Recovered, $"{well} has recovered: {WordsFor(found, origin)} succeeded", found, origin);
                break;
            case "late":
                Tell(NotificationKinds.Late, $"schedule {found.Id} is late", found, origin);
                break;
            default:
                if (Tells(NotificationKinds.Recovered) && origin.Key is { } ill)
                    known.Failed(ill);
                if (Tells(NotificationKinds.Failed))
                {
                    var why = origin.Why.Length > 0 ? $": {origin.Why}" : "";
                    Tell(NotificationKinds.Failed, $"{WordsFor(found, origin)} {found.State}{why}", found, origin);
                }

                break;
        }
    }

    /// <summary>Notes that a page was read.</summary>
    public void Pass(EventSource source, long last)
    {
        if (source == EventSource.Log)
            LogAt = last;
        else
            ResourcesAt = last;
    }

    /// <summary>Notes what needs attention, as one gateway sees it.</summary>
    public void Attend(IEnumerable<AttentionNote> seen, long now)
    {
        if (!Tells(NotificationKinds.Attention) || Spec.IsPaused)
            return;
        foreach (var note in known.Attend(seen.Where(Concerns), now))
            pending.Add(new NotificationEvent(NotificationKinds.Attention, note.Title));
    }

    /// <summary>Returns the message to send now; null if there is none.</summary>
    public NotificationDigest? Take(long now)
    {
        // A clock that was set back must not hold messages.
        var sentAt = Math.Min(Row.SentAt, now);
        if (Spec.IsPaused || underWay is not null || pending.Count == 0 || now < restUntil
            || (sentAt > 0 && now - sentAt < (long)Spec.Digest.TotalMilliseconds) || Spec.Quiet?.Contains(now) == true)
            return null;
        underWay = (pending, Snapshot());
        pending = new NotificationDigest();
        return underWay.Value.Digest;
    }

    /// <summary>
    /// Returns the row to store after the answer to a message. Call <see cref="Conclude"/> when it is stored.
    /// </summary>
    public NotificationRow Conclusion(long now)
    {
        if (Answer is not { Length: > 0 } fault)
        {
            return underWay!.Value.Told with
            {
                Number = Row.Number + 1, SentAt = now, FailingSince = 0, Failure = null, Body = Row.Body,
                ChangedAt = Row.ChangedAt,
            };
        }

        return Row with
        {
            Number = Row.Number + 1,
            FailingSince = Row.FailingSince > 0 ? Row.FailingSince : now,
            Failure = NotificationText.OneLine(fault.Length > LongestFailure ? fault[..LongestFailure] : fault),
        };
    }

    /// <summary>Notes that a <see cref="Conclusion"/> is stored.</summary>
    public void Conclude(NotificationRow row, long now)
    {
        if (Answer is { Length: > 0 })
        {
            var digest = underWay!.Value.Digest;
            digest.Add(pending);
            pending = digest;
            restUntil = now + Math.Min(LongestRest, ShortestRest << Math.Min(failures++, 10));
        }
        else
            (failures, restUntil) = (0, 0);
        (underWay, Answer, Row) = (null, null, row);
    }

    /// <summary>Returns the row with the position that was read, to store while nothing waits.</summary>
    public NotificationRow Advanced() => Snapshot() with { Number = Row.Number + 1 };

    /// <summary>Notes that a row is stored.</summary>
    public void Stored(NotificationRow row) => Row = row;

    /// <summary>Applies stored settings. At the end of a pause, skips the events of the pause.</summary>
    public void Change(NotificationRow row)
    {
        var spec = NotificationSpecReader.ReadStored(row.Body);
        if (Spec.IsPaused && !spec.IsPaused)
            (LogAt, ResourcesAt) = (row.LogSeen, row.ResourcesSeen);
        (Row, Spec, restUntil, failures) = (row, spec, 0, 0);
    }

    private void Tell(NotificationKinds kind, string text, in StoredEvent found, EventOrigin origin) => pending.Add(
        new NotificationEvent(kind, text)
        {
            Type = found.Type.ToString().ToLowerInvariant(), Id = found.Id, State = found.State, Origin = origin,
        });

    private bool Tells(NotificationKinds any) => (Spec.On & any) != 0;

    private NotificationRow Snapshot() =>
        Row with { LogSeen = LogAt, ResourcesSeen = ResourcesAt, Known = known.Write() };

    private bool Concerns(AttentionNote note)
    {
        var (code, target) = note.Key.Split(' ', 2) is [var first, var rest] ? (first, rest) : (note.Key, "");
        if (code == "schedule-late" && Tells(NotificationKinds.Late))
            return false;
        if (!Spec.Chooses)
            return true;
        var pattern = code.StartsWith("schedule-", StringComparison.Ordinal) ? Spec.Schedule
            : CodesOfQueues.Contains(code) ? Spec.Queue : null;
        return pattern is not null && DefinitionName.Matches(pattern, target);
    }

    private static string WordsFor(in StoredEvent found, EventOrigin origin)
    {
        var name = string.IsNullOrEmpty(origin.Name) ? found.Id : $"{origin.Name} ({found.Id})";
        var by = origin.Key is { } key ? $" of {key}" : "";
        var at = origin.Queue is { } queue ? $" in queue {queue}" : "";
        return $"{found.Type.ToString().ToLowerInvariant()} {name}{by}{at}";
    }
}
