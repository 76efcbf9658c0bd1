using System.Diagnostics.CodeAnalysis;
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
/// <see cref="LiveNotification"/> decides. A message comes before the commit of its position, so after a crash events may
/// be told twice, and none is lost. Each write of a row names the one before it, so an activation that lost its
/// ownership unnoticed ends at its next write.
/// </remarks>
[GrainType("notifications")]
public sealed partial class NotificationGrain(
    INotificationStore store, ITaskStore tasks, INodeEventStore nodes, IResourceEventStore resources, IWebhookSender sender, IMailSender mail,
    TimeProvider time, ILogger<NotificationGrain> logger) : Grain, INotificationGrain
{
    private const int MostPagesARound = 32;
    private const long StorePositionsEvery = 30_000;
    private static readonly TimeSpan RoundEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestTry = TimeSpan.FromSeconds(15);

    private readonly WebhookReading reading = new(tasks, nodes, resources);
    private readonly SortedDictionary<string, LiveNotification> all = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource ended = new();
    private IGrainTimer? timer;
    private long nextStore;
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
    public async Task<NotificationReply> Put(string name, ReadOnlyMemory<byte> body)
    {
        var (origin, now) = (Origin.Of(AuditActions.PutNotification), Now);
        await Load();
        var spec = NotificationSpecReader.ReadStored(body);
        if ((spec.Url is { } url ? sender.RefusalOf(url) : mail.Refusal) is { } fault)
            return new NotificationReply(NotificationOutcome.Refused, null, fault);
        var live = all.GetValueOrDefault(name);
        if (live is null && all.Count >= ServiceLimits.Notifications)
            return new NotificationReply(NotificationOutcome.TooMany, null, null);
        NotificationRow row;
        if (live is null || (live.Spec.IsPaused && !spec.IsPaused))
        {
            // What happened before is not told.
            var ends = await reading.Ends();
            row = live?.Row ?? new NotificationRow(name, 0, body, now, now);
            row = row with { LogSeen = ends.Log, ResourcesSeen = ends.Resources };
        }
        else
            row = live.Row;
        row = row with { Number = row.Number + 1, Body = body, ChangedAt = now };
        await Write(row, AuditRecord.Of(origin, now));
        if (live is null)
            all[name] = new LiveNotification(row);
        else
            live.Change(row);
        SetTimer();
        return new NotificationReply(live is null ? NotificationOutcome.Created : NotificationOutcome.Done, ViewOf(all[name]), null);
    }

    /// <inheritdoc/>
    public async Task<bool> Delete(string name)
    {
        var (origin, now) = (Origin.Of(AuditActions.DeleteNotification), Now);
        await Load();
        if (all.GetValueOrDefault(name) is not { } live)
            return false;
        if (!await store.Delete(name, live.Row.Number, AuditRecord.Of(origin, now)))
            throw NotOwner();
        all.Remove(name);
        SetTimer();
        return true;
    }

    /// <inheritdoc/>
    public async Task<ImmutableArray<NotificationView>> List()
    {
        await Load();
        return [.. all.Values.Select(ViewOf)];
    }

    /// <inheritdoc/>
    public async Task<NotificationReply> Test(string name)
    {
        await Load();
        if (all.GetValueOrDefault(name) is not { } live)
            return new NotificationReply(NotificationOutcome.NotFound, null, null);
        var digest = new NotificationDigest();
        digest.Add(NotificationKinds.None, $"This is a test of the notification {name}. Nothing has happened.");
        var fault = await Try(live, digest, "Test", $"test.{Now:x}");
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

    // Not when the grain is activated: a call that finds the store unreachable then says so.
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
                LogUnreadable(row.Name, fault);
            }
        }

        isLoaded = true;
        SetTimer();
    }

    private static NotificationView ViewOf(LiveNotification live) =>
        new(live.Row.Name, live.Row.Body, live.Row.CreatedAt, live.Row.ChangedAt)
        {
            SentAt = live.Row.SentAt, FailingSince = live.Row.FailingSince, Failure = live.Row.Failure, Waiting = live.Waiting,
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
                static (grain, _) => grain.Round(), this, new GrainTimerCreationOptions { DueTime = RoundEvery, Period = RoundEvery, KeepAlive = true });
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whatever went wrong, the next activation reads the store again.")]
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
        catch (StoreUnavailableException fault)
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
                (var page, isLast, var goneUntil) = await reading.Read(source, source == EventSource.Log ? live.LogAt : live.ResourcesAt);
                if (page is null)
                {
                    live.Pass(source, goneUntil);
                    continue;
                }

                while (page.TryPeek(LiveNotification.Choice, out var found))
                {
                    if (live.NeedsOrigin(found))
                        live.Add(found, await EventOrigin.Of(found, tasks));
                    page.Pass();
                }

                live.Pass(source, page.Last);
            }
        }
    }

    private async Task Conclude(LiveNotification live)
    {
        var wasFailing = live.Row.FailingSince > 0;
        var row = live.Conclude(Now);
        if (row.FailingSince > 0 && !wasFailing)
            LogFailing(row.Name, row.Failure ?? "");
        await Write(row);
        live.Stored(row);
    }

    private async Task StorePositions()
    {
        if (Now < nextStore)
            return;
        nextStore = Now + StorePositionsEvery;
        foreach (var live in all.Values.Where(static one => one is { IsIdle: true, HasMoved: true }))
        {
            var row = live.Advanced();
            await Write(row);
            live.Stored(row);
        }
    }

    private void Send(LiveNotification live)
    {
        if (live.Take(Now) is { } digest)
            _ = Answer(live, digest);
    }

    private async Task Answer(LiveNotification live, NotificationDigest digest) =>
        live.Answer = await Try(live, digest, digest.Title, $"{live.Row.Number:x}.{live.Row.CreatedAt:x}");

    // Returns why the target did not take the message; empty if it did.
    [SuppressMessage("Design", "CA1031", Justification = "One target's trouble must not end the messages to others.")]
    private async Task<string> Try(LiveNotification live, NotificationDigest digest, string title, string id)
    {
        using var timeout = new CancellationTokenSource(LongestTry, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, ended.Token);
        var (spec, name) = (live.Spec, live.Row.Name);
        try
        {
            if (spec.Url is not { } url)
            {
                var message = new MailMessage(spec.Mail, NotificationText.Subject(title), NotificationText.Mail(digest, name), $"{name}.{id}");
                return await mail.Send(message, either.Token) ?? "";
            }

            var body = spec.Channel == NotificationChannel.Slack ? NotificationText.Slack(digest) : NotificationText.Teams(digest);
            var answer = (await sender.Send(new WebhookRequest(url, $"notification_{name}_{id}", Now / 1_000, "", body), either.Token)).Storable();
            return answer.IsAccepted ? "" : answer.Status is { } status ? $"The target answered {status}: {answer.Text}" : answer.Text ?? "No answer.";
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

    private async Task Write(NotificationRow row, AuditRecord? audit = null)
    {
        if (!await store.Put(row, audit))
        {
            DeactivateOnIdle();
            throw NotOwner();
        }
    }

    private static OutcomeUnknownException NotOwner() => new("Another activation owns the notifications.");

    [LoggerMessage(EventId = 3601, Level = LogLevel.Warning, Message = "Notification {Name} is not taken by its target, and will be sent again: {Why}")]
    private partial void LogFailing(string name, string why);

    [LoggerMessage(EventId = 3602, Level = LogLevel.Warning, Message = "Could not read events for notifications; trying again in 1 s.")]
    private partial void LogNotRead(Exception fault);

    [LoggerMessage(EventId = 3603, Level = LogLevel.Error, Message = "The notifications' grain failed and is restarting.")]
    private partial void LogFailed(Exception fault);

    [LoggerMessage(EventId = 3604, Level = LogLevel.Error, Message = "Notification {Name} cannot be read, so it tells nothing.")]
    private partial void LogUnreadable(string name, Exception fault);
}
