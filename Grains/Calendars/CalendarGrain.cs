using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using OrleansTasks.Audit;
using OrleansTasks.Queues;
using OrleansTasks.Schedules;
using OrleansTasks.Storage;
using OrleansTasks.Storage.Calendars;
using OrleansTasks.Tasks;

namespace OrleansTasks.Calendars;

/// <summary>
/// Changes calendars, computes their times, and makes the owners of queues that use them follow. One grain serves all
/// calendars, so changes happen one at a time. It holds no state.
/// </summary>
/// <remarks>
/// Three rules of order ensure that an owner follows every change of a calendar that its queue or a schedule uses:
/// <list type="bullet">
/// <item><see cref="Use"/> stores the use before the user itself is stored, and then makes the owner read the calendars.</item>
/// <item><see cref="Put"/> stores the calendar before it reads the uses.</item>
/// <item>An owner that starts reads the calendars after it has entered its queue in the store's list.</item>
/// </list>
/// A use whose schedule or queue no longer names the calendar is removed when the calendar is shown or about to be
/// deleted.
/// </remarks>
[GrainType("calendars")]
public sealed partial class CalendarGrain(
    ICalendarStore store, ITaskStore tasks, IQueueStore queues, TimeProvider time, ILogger<CalendarGrain> logger)
    : Grain, ICalendarGrain
{
    // The most uses in a reply.
    private const int MostShown = 20;

    // A calendar's times are computed again when they are known for less than this.
    private static readonly TimeSpan RenewBefore = TimeSpan.FromDays(366 * (ServiceLimits.CalendarYears - 1));

    private long Now => time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <inheritdoc/>
    public Task<ImmutableArray<CalendarHead>> Heads() => store.Heads();

    /// <inheritdoc/>
    public Task<CalendarView?> Find(string name) => store.Find(name);

    /// <inheritdoc/>
    public async Task<ImmutableArray<CalendarUse>> Uses(string name) => [.. (await StillUsing(name)).Take(MostShown)];

    /// <inheritdoc/>
    public async Task<CalendarReply> Put(string name, ReadOnlyMemory<byte> spec, long? version)
    {
        var origin = Origin.Of(AuditActions.PutCalendar);
        while (true)
        {
            var stored = await store.Find(name);
            if (version is { } wanted && wanted != (stored?.Version ?? 0))
            {
                // An earlier call may have stored this and failed to notify the owners.
                await Tell(name);
                return new CalendarReply(CalendarOutcome.Conflict) { Calendar = stored };
            }

            if (stored is null && (await store.Heads()).Length >= ServiceLimits.Calendars)
                return new CalendarReply(CalendarOutcome.TooMany);
            var now = Now;
            var faults = ImmutableArray.CreateBuilder<CalendarFault>();
            if (CalendarCompiler.Compile(CalendarSpecReader.ReadStored(spec.Span), now, faults) is not { } times)
                return new CalendarReply(CalendarOutcome.Invalid) { Errors = faults.ToImmutable() };
            var calendar = new CalendarView(
                name, (stored?.Version ?? 0) + 1, now, spec, times.Edges, CalendarCompiler.EndOf(now));
            if (!await store.Put(calendar, stored?.Version, CalendarAudit.Of(origin, now, stored, calendar)))
                continue;
            await AfterWrite(name);
            return new CalendarReply(CalendarOutcome.Done) { Calendar = calendar, IsNew = stored is null };
        }
    }

    /// <inheritdoc/>
    public async Task<CalendarReply> Delete(string name)
    {
        var origin = Origin.Of(AuditActions.DeleteCalendar);
        while (await store.Find(name) is { } stored)
        {
            var uses = await StillUsing(name);
            if (uses.Count > 0)
                return new CalendarReply(CalendarOutcome.InUse) { Uses = [.. uses.Take(MostShown)] };
            if (await store.Delete(name, stored.Version, CalendarAudit.Of(origin, Now, stored, null)))
                return new CalendarReply(CalendarOutcome.Done);
        }

        return new CalendarReply(CalendarOutcome.NotFound);
    }

    /// <inheritdoc/>
    public async Task<ImmutableArray<string>> Use(ImmutableArray<string> names, CalendarUserKind kind, string id, string queue)
    {
        var missing = await store.Use([.. names.Distinct(StringComparer.Ordinal).Select(name => new CalendarUse(name, kind, id, queue))]);
        // A queue's owner reads the calendars with the settings that are about to be stored.
        if (missing.IsEmpty && kind == CalendarUserKind.Schedule)
        {
            var known = await tasks.ListQueues();
            await NextOwner.Tell(() => Tell(queue, known), time);
        }

        return missing;
    }

    /// <inheritdoc/>
    [SuppressMessage("Design", "CA1031", Justification = "A calendar's fault must not stop the renewal of others.")]
    public async Task Renew()
    {
        foreach (var head in await store.Heads())
        {
            try
            {
                await Renew(head.Name);
            }
            catch (Exception fault) when (fault is not StoreUnavailableException)
            {
                LogNotRenewed(head.Name, fault);
            }
        }
    }

    private async Task Renew(string name)
    {
        var now = Now;
        if (await store.Find(name) is not { } calendar || calendar.KnownUntil - now >= RenewBefore.TotalMilliseconds)
            return;
        var faults = ImmutableArray.CreateBuilder<CalendarFault>();
        if (CalendarCompiler.Compile(CalendarSpecReader.ReadStored(calendar.Spec.Span), now, faults) is not { } times)
            throw new FormatException($"{faults[0].Path}: {faults[0].Text}");
        var renewed = calendar with
        {
            Version = calendar.Version + 1, Edges = times.Edges, KnownUntil = CalendarCompiler.EndOf(now),
        };
        if (await store.Put(renewed, calendar.Version))
            await NextOwner.Tell(() => Tell(name), time);
    }

    // Repeating the call notifies the owners again.
    private async Task AfterWrite(string name)
    {
        try
        {
            await NextOwner.Tell(() => Tell(name), time);
        }
        catch (StoreUnavailableException fault)
        {
            throw new OutcomeUnknownException("The calendar is stored, but the owner of a queue that uses it has not received it.", fault);
        }
    }

    private async Task Tell(string name)
    {
        var uses = await store.Uses(name);
        if (uses.IsEmpty)
            return;
        var known = await tasks.ListQueues();
        await Task.WhenAll(uses.Select(static use => use.Queue).Distinct(StringComparer.Ordinal).Select(queue => Tell(queue, known)));
    }

    // A queue that is not in the store has no owner yet; its first one will read the calendars.
    private Task Tell(string queue, ImmutableArray<QueueStatus> known) => known.Any(status => status.Queue == queue)
        ? GrainFactory.GetGrain<ITaskDispatcherGrain>(queue).SettingsChanged()
        : Task.CompletedTask;

    // Removes the uses that are over. This may remove a use whose schedule or queue is not stored yet; its calendar can
    // then be deleted.
    private async Task<List<CalendarUse>> StillUsing(string name)
    {
        var (kept, over) = (new List<CalendarUse>(), new List<CalendarUse>());
        foreach (var use in await store.Uses(name))
            (await IsOver(use) ? over : kept).Add(use);
        if (over.Count > 0)
            await store.Forget(over);
        return kept;
    }

    private async Task<bool> IsOver(CalendarUse use)
    {
        if (use.Kind == CalendarUserKind.Queue)
            return await queues.Get(use.Id) is not { } settings || !settings.Blackouts.Any(one => one.Calendar == use.Calendar);
        if (await tasks.Schedules.Get(use.Id) is not { } schedule || schedule.Queue != use.Queue)
            return true;
        try
        {
            var spec = ScheduleSpecReader.ReadStored(schedule.Body.Spec.Span);
            return !spec.Only.Contains(use.Calendar) && !spec.Except.Contains(use.Calendar);
        }
        catch (FormatException)
        {
            // The schedule may be readable again once the machine knows its zone.
            return false;
        }
    }
}
