using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Microsoft.Extensions.Logging;
using OrleansTasks.Audit;
using OrleansTasks.Storage;
using OrleansTasks.Storage.Notifications;
using OrleansTasks.Webhooks;

namespace OrleansTasks.Notifications;

/// <summary>
/// Reads stored events once a second and sends notifications. One grain serves all of them, as one grain sends all
/// webhooks. The silo's upkeep calls <see cref="EnsureActive"/> while there is a notification.
/// </summary>
/// <remarks>
/// Calls and rounds come one after the other; messages are sent beside them, and their answers wait for the next round.
/// <see cref="LiveNotification"/> decides. A message is sent before its position is committed: after a crash, events
/// may be told twice, but none is lost. Each write of a row names the number of the write before it, so the write of a
/// stale activation fails, and the activation ends. A row that cannot be read keeps its name: it is shown, counted,
/// replaced and deleted like others, and sends nothing.
/// </remarks>
[GrainType("notifications")]
public sealed partial class NotificationGrain(
    INotificationStore store, ITaskStore tasks, INodeEventStore nodes, IResourceEventStore resources,
    IWebhookSender sender, IMailSender mail,
    TimeProvider time, ILogger<NotificationGrain> logger) : Grain, INotificationGrain
{
    private const int MostPagesARound = 32;
    private const long StorePositionsEvery = 30_000;
    private static readonly TimeSpan RoundEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestTry = TimeSpan.FromSeconds(15);

    private readonly WebhookReading reading = new(tasks, nodes, resources);
    private readonly SortedDictionary<string, LiveNotification> all = new(StringComparer.Ordinal);

    // Rows that another version stored in a form unknown here, or with a time zone that this machine does not have. As
    // their failure, they say why they cannot be read.
    private readonly Dictionary<string, NotificationRow> unreadable = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource ended = new();
    private IGrainTimer? timer;
    private long nextStore;
    private long tries;
    private bool isLoaded;

    private long Now => time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <inheritdoc/>
    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        ended.Cancel();
        ended.Dispose();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<NotificationReply> Put(string name, ReadOnlyMemory<byte> body) => Put(name, body, onlyCreates: false);

    /// <inheritdoc/>
    public Task<NotificationReply> Create(string name, ReadOnlyMemory<byte> body) => Put(name, body, onlyCreates: true);

    /// <inheritdoc/>
    public async Task<bool> Delete(string name)
    {
        var (origin, now) = (Origin.Of(AuditActions.DeleteNotification), Now);
        await Load();
        if (RowOf(name) is not { } row)
            return false;
        await Commit(store.Delete(name, row.Number, NotificationAudit.Of(origin, now, row, null)));
        all.Remove(name);
        unreadable.Remove(name);
        SetTimer();
        return true;
    }

    /// <inheritdoc/>
    public async Task<ImmutableArray<NotificationView>> List()
    {
        await Load();
        return
        [
            .. all.Values.Select(ViewOf).Concat(unreadable.Values.Select(ViewOf))
                .OrderBy(static one => one.Name, StringComparer.Ordinal),
        ];
    }

    /// <inheritdoc/>
    public async Task<NotificationReply> Test(string name)
    {
        await Load();
        if (unreadable.GetValueOrDefault(name) is { } row)
            return new NotificationReply(NotificationOutcome.Done, ViewOf(row), row.Failure);
        if (all.GetValueOrDefault(name) is not { } live)
            return new NotificationReply(NotificationOutcome.NotFound, null, null);
        var digest = new NotificationDigest();
        // Templates show the fields of an event that there could be.
        digest.Add(new NotificationEvent(
            NotificationKinds.None, $"This is a test of the notification {name}. Nothing has happened.")
        {
            Type = "task", Id = "00000000000000000000000000", State = "failed",
            Origin = new EventOrigin("example", "default", live.Spec.Labels) { Why = "exit 1" },
        });
        var fault = await Try(live, digest, "Test");
        return new NotificationReply(NotificationOutcome.Done, ViewOf(live), fault.Length == 0 ? null : fault);
    }

    /// <inheritdoc/>
    public async Task Attend(ImmutableArray<AttentionNote> notes)
    {
        await Load();
        foreach (var live in all.Values)
            live.Attend(notes, Now);
    }

    /// <inheritdoc/>
    public Task EnsureActive() => Load();

    // Each call loads, not the activation: if the store is unreachable, the caller gets that error.
    private async Task Load()
    {
        if (isLoaded)
            return;
        foreach (var row in await store.List())
        {
            try
            {
                all[row.Name] = new LiveNotification(row);
            }
            catch (FormatException fault)
            {
                unreadable[row.Name] = row with
                {
                    FailingSince = row.FailingSince > 0 ? row.FailingSince : Now,
                    Failure = NotificationText.OneLine(fault.Message),
                };
                LogUnreadable(row.Name, fault);
            }
        }

        isLoaded = true;
        SetTimer();
    }

    private async Task<NotificationReply> Put(string name, ReadOnlyMemory<byte> body, bool onlyCreates)
    {
        var (origin, now) = (Origin.Of(AuditActions.PutNotification), Now);
        await Load();
        var before = RowOf(name);
        if (before is not null && onlyCreates)
            return new NotificationReply(NotificationOutcome.Exists, null, null);
        var spec = NotificationSpecReader.ReadStored(body);
        if ((spec.Url is { } url ? sender.RefusalOf(url) : mail.Refusal) is { } fault)
            return new NotificationReply(NotificationOutcome.Refused, null, fault);
        if (before is null && all.Count + unreadable.Count >= ServiceLimits.Notifications)
            return new NotificationReply(NotificationOutcome.TooMany, null, null);
        var live = all.GetValueOrDefault(name);
        var row = before ?? new NotificationRow(name, 0, body, now, now);
        if (live is null || (live.Spec.IsPaused && !spec.IsPaused))
        {
            // Skips what happened before.
            var ends = await reading.Ends();
            row = row with { LogSeen = ends.Log, ResourcesSeen = ends.Resources };
        }

        // The failure of a row that could not be read ends with its body.
        if (live is null)
            row = row with { FailingSince = 0, Failure = null };
        row = row with { Number = row.Number + 1, Body = body, ChangedAt = now };
        await Commit(store.Put(row, NotificationAudit.Of(origin, now, before, row)));
        if (live is null)
            all[name] = new LiveNotification(row);
        else
            live.Change(row);
        unreadable.Remove(name);
        SetTimer();
        return new NotificationReply(
            before is null ? NotificationOutcome.Created : NotificationOutcome.Done, ViewOf(all[name]), null);
    }

    // What is stored under a name, whether it can be read or not.
    private NotificationRow? RowOf(string name) =>
        all.GetValueOrDefault(name)?.Row ?? unreadable.GetValueOrDefault(name);

    private static NotificationView ViewOf(LiveNotification live) => ViewOf(live.Row) with { Waiting = live.Waiting };

    private static NotificationView ViewOf(NotificationRow row) => new(row.Name, row.Body, row.CreatedAt, row.ChangedAt)
    {
        SentAt = row.SentAt, FailingSince = row.FailingSince, Failure = row.Failure,
    };

    private void SetTimer()
    {
        if (all.Count == 0)
        {
            timer?.Dispose();
            timer = null;
        }
        else
        {
            timer ??= this.RegisterGrainTimer(
                static (grain, _) => grain.Round(), this,
                new GrainTimerCreationOptions { DueTime = RoundEvery, Period = RoundEvery, KeepAlive = true });
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "After any fault, the next activation reads the store again.")]
    private async Task Round()
    {
        try
        {
            reading.Forget();
            foreach (var live in all.Values.ToArray())
            {
                if (live.Answer is not null)
                    await Conclude(live);
                if (!live.Spec.IsPaused)
                    await Read(live);
                Send(live);
            }

            await StorePositions();
        }
        catch (StoreUnavailableException fault) when (!fault.IsOwnerReplaced)
        {
            LogNotRead(fault);
        }
        catch (Exception fault)
        {
            LogFailed(fault);
            DeactivateOnIdle();
        }
    }

    private async Task Read(LiveNotification live)
    {
        foreach (var source in (EventSource[])[EventSource.Log, EventSource.Resources])
        {
            var isLast = false;
            for (var pages = 0; pages < MostPagesARound && !isLast; pages++)
            {
                (var page, isLast, var goneUntil) = await reading.Read(
                    source, source == EventSource.Log ? live.LogAt : live.ResourcesAt);
                if (page is null)
                {
                    live.Pass(source, goneUntil);
                    continue;
                }

                var told = await Origins(live, page);
                foreach (var (found, origin) in told)
                    live.Add(found, origin);
                live.Pass(source, page.Last);
            }
        }
    }

    // Looks up a whole page before the notification notes any of its events: if the store fails halfway, the next round
    // reads the page again, and counts no event twice.
    private async Task<List<(StoredEvent Found, EventOrigin Origin)>> Origins(LiveNotification live, EventPage page)
    {
        var origins = new List<(StoredEvent Found, EventOrigin Origin)>();
        var isAfterFailure = false;
        for (; page.TryPeek(LiveNotification.Choice, out var found); page.Pass())
        {
            if (!live.NeedsOrigin(found, isAfterFailure))
                continue;
            origins.Add((found, await EventOrigin.Of(found, tasks)));
            isAfterFailure |= found.State is not ("succeeded" or "late");
        }

        return origins;
    }

    private async Task Conclude(LiveNotification live)
    {
        var wasFailing = live.Row.FailingSince > 0;
        var now = Now;
        var row = live.Conclusion(now);
        await Commit(store.Put(row));
        live.Conclude(row, now);
        if (row.FailingSince > 0 && !wasFailing)
            LogFailing(row.Name, row.Failure ?? "");
    }

    private async Task StorePositions()
    {
        if (Now < nextStore)
            return;
        nextStore = Now + StorePositionsEvery;
        foreach (var live in all.Values.Where(static one => one is { IsIdle: true, HasMoved: true }))
        {
            var row = live.Advanced();
            await Commit(store.Put(row));
            live.Stored(row);
        }
    }

    private void Send(LiveNotification live)
    {
        if (live.Take(Now) is { } digest)
            _ = Answer(live, digest);
    }

    private async Task Answer(LiveNotification live, NotificationDigest digest) =>
        live.Answer = await Try(live, digest, digest.Title);

    // Returns why the target did not take the message; empty if it did.
    [SuppressMessage("Design", "CA1031", Justification = "A fault of one target must not stop messages to others.")]
    private async Task<string> Try(LiveNotification live, NotificationDigest digest, string title)
    {
        // An id of its own for each try: a mail server may drop a second message with the id of one that it has, and
        // the second try after a crash may tell more than the first.
        var id = string.Create(CultureInfo.InvariantCulture, $"{live.Row.Name}.{Now:x}.{++tries:x}");
        using var timeout = new CancellationTokenSource(LongestTry, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, ended.Token);
        var spec = live.Spec;
        try
        {
            if (spec.Url is not { } url)
            {
                var message = NotificationText.Mail(digest, title, live) with { Id = id };
                return await mail.Send(message, either.Token) ?? "";
            }

            var body = spec.Channel == NotificationChannel.Slack ? NotificationText.Slack(digest, title, live)
                : NotificationText.Teams(digest, title, live);
            var answer = (await sender.Send(
                new WebhookRequest(url, $"notification_{id}", Now / 1_000, "", body), either.Token)).Storable();
            if (answer.IsAccepted)
                return "";
            return answer.Status is { } status ? $"The target answered {status}: {answer.Text}"
                : answer.Text ?? "No answer.";
        }
        catch (OperationCanceledException)
        {
            return $"The target did not answer within {LongestTry.TotalSeconds:0} s.";
        }
        catch (Exception fault)
        {
            return fault.Message.Length > 0 ? fault.Message : fault.GetType().Name;
        }
    }

    // Unless the store says that nothing was written, only the next activation knows what is stored.
    private async Task Commit(Task<bool> write)
    {
        try
        {
            // The store has refused the write, so the next activation may repeat it.
            if (!await write)
                throw new StoreUnavailableException("Another activation owns the notifications.")
                { IsOwnerReplaced = true };
        }
        catch (Exception fault) when (fault is not StoreUnavailableException { IsOwnerReplaced: false })
        {
            DeactivateOnIdle();
            throw;
        }
    }

    [LoggerMessage(
        EventId = 3601, Level = LogLevel.Warning, Message = "Could not send notification {Name}; trying again: {Why}")]
    private partial void LogFailing(string name, string why);

    [LoggerMessage(EventId = 3602, Level = LogLevel.Warning,
        Message = "Could not read events for notifications; trying again in 1 s.")]
    private partial void LogNotRead(Exception fault);

    [LoggerMessage(
        EventId = 3603, Level = LogLevel.Error, Message = "The notifications' grain failed and is restarting.")]
    private partial void LogFailed(Exception fault);

    [LoggerMessage(EventId = 3604, Level = LogLevel.Error,
        Message = "Could not read the stored notification {Name}; it sends nothing until it is replaced.")]
    private partial void LogUnreadable(string name, Exception fault);
}
