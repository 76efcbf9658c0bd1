using OrleansTasks.Calendars;
using OrleansTasks.Client.Access;
using OrleansTasks.Client.Contract;
using OrleansTasks.Client.Definitions;
using OrleansTasks.Client.Files;
using OrleansTasks.Client.Http;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Schedules;
using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Client.Schedules;

/// <summary>Creates, changes, shows and deletes schedules.</summary>
/// <param name="grains">Reads schedules, and sends requests to their owners.</param>
/// <param name="ids">Mints the ids of new schedules.</param>
/// <param name="idempotency">The idempotency keys in use by open calls of this gateway.</param>
/// <param name="reads">Limits concurrent long reads.</param>
/// <param name="answers">Limits the bytes of large answers.</param>
/// <param name="time">The clock.</param>
/// <param name="definitions">The definitions that schedules name.</param>
/// <param name="files">Refuses schedules whose files are not there.</param>
public sealed class ScheduleCalls(
    GatewayGrains grains, TaskIdSource ids, Idempotency idempotency, LongReads reads, AnswerBudget answers, TimeProvider time,
    ScheduledDefinitions definitions, FileCheck files)
{
    internal const string InvalidCode = "invalid-schedule";
    private const string Path = "/api/v1/schedules/";

    // Schedules read at once for a page of a list: their specs may have a megabyte each.
    private const int PageSize = 4;

    private long Now => time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Lists schedules by id.</summary>
    internal async Task List(HttpContext context, ApiCall call)
    {
        var query = context.ReadQuery(call);
        var limit = query.Integer("limit", 1, 1000, defaultValue: 100);
        bool? paused = query.Text("paused") is null ? null : query.Flag("paused");
        var after = ScheduleIds.Read(query.Text("cursor"));
        using var list = await LongList.Begin(context, answers);
        var (left, hasMore) = (limit, true);
        while (left > 0 && hasMore && !list.IsFull)
        {
            var size = Math.Min(left, PageSize);
            (after, var written, hasMore) = await reads.Run(
                context, _ => WritePage(after, size), isAdmitted: left < limit);
            left -= written;
            await list.Send();
        }

        await list.End(hasMore ? ScheduleIds.After(after!) : null);

        // Computing the next times takes longer than reading, so it needs a turn as well.
        async Task<(string? Last, int Written, bool HasMore)> WritePage(string? last, int size)
        {
            var page = await grains.Schedules.List(query.Text("queue"), paused, last, size + 1);
            var known = await grains.KnownCalendars.For(page);
            var written = 0;
            for (; written < Math.Min(size, page.Length) && !list.IsFull; written++)
                list.Write(page[written], (json, schedule) => ContractJson.Write(json, StoredScheduleAnswer.Of(schedule, Now, known)));
            return (written > 0 ? page[written - 1].Id : last, written, page.Length > written);
        }
    }

    /// <summary>Returns one schedule.</summary>
    internal async Task Get(HttpContext context) => await Send(context, await Find(context));

    /// <summary>Creates a schedule with a minted id.</summary>
    internal async Task Create(HttpContext context, ApiCall call)
    {
        var body = await RequestBody.ReadJson(context, RequestBody.Largest, time);
        var (spec, stored, asWritten) = await ReadNamed(body);
        if (spec.Version is not null)
            throw new ProblemException(Problems.VersionConflict(null));
        await CheckStarts(spec);
        await CheckFiles(spec, asWritten);
        var request = RequestOf(ScheduleAction.Create, ids.Next().ToString(), spec, stored) with
        {
            Idempotency = Idempotency.EntryOf(context, call, "", body),
        };
        using var claim = request.Idempotency is { } entry ? idempotency.Enter(entry.Key) : default;
        await UseCalendars(request.Id, spec);
        var reply = Done(context, await Ask(spec.Queue, request), request.Id);
        context.Response.StatusCode = StatusCodes.Status201Created;
        context.Response.Headers.Location = Path + reply.Id;
        await SendStored(context, reply.Id);
    }

    /// <summary>Creates a schedule with a chosen id, or replaces its body.</summary>
    internal async Task Put(HttpContext context)
    {
        var id = IdIn(context);
        if (ScheduleIds.FaultOf(id) is { } fault)
            throw Invalid([new SpecError("id", fault)]);
        var body = await RequestBody.ReadJson(context, RequestBody.Largest, time);
        var (spec, stored, asWritten) = await ReadNamed(body);
        var onlyCreates = CreateOnly.IsAsked(context, spec.Version);
        var known = await grains.Schedules.Get(id);
        if (known is not null && onlyCreates)
            throw AlreadyExists();
        // A schedule whose times are over may still be changed.
        if (known is null)
            await CheckStarts(spec);
        else if (known.Queue != spec.Queue)
        {
            throw Invalid([asWritten(new SpecError(
                $"{ScheduleTimes.TargetOf(spec)}.queue",
                $"must be '{known.Queue}': a schedule's queue cannot be changed"))]);
        }

        await CheckFiles(spec, asWritten);
        await UseCalendars(id, spec);
        var action = onlyCreates ? ScheduleAction.Create : ScheduleAction.Put;
        var reply = await Ask(spec.Queue, RequestOf(action, id, spec, stored));
        // Another call may have created it meanwhile.
        if (onlyCreates && reply.Outcome == ScheduleOutcome.Conflict)
            throw AlreadyExists();
        reply = Done(context, reply, id);
        if (reply.IsNew)
        {
            context.Response.StatusCode = StatusCodes.Status201Created;
            context.Response.Headers.Location = Path + id;
        }

        await SendStored(context, id);
    }

    /// <summary>Deletes a schedule. Runs that it started continue.</summary>
    internal async Task Delete(HttpContext context)
    {
        var schedule = await Find(context);
        Done(context, await Ask(schedule, new ScheduleRequest(ScheduleAction.Delete, schedule.Id)), schedule.Id);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    /// <summary>Pauses or resumes a schedule.</summary>
    internal async Task SetPaused(HttpContext context, bool isPaused)
    {
        var schedule = await Find(context);
        var action = isPaused ? ScheduleAction.Pause : ScheduleAction.Resume;
        Done(context, await Ask(schedule, new ScheduleRequest(action, schedule.Id)), schedule.Id);
        await SendStored(context, schedule.Id);
    }

    /// <summary>
    /// Returns the next times that a schedule with this body would have, and which changes of clocks are among them.
    /// </summary>
    internal async Task Preview(HttpContext context)
    {
        var body = await RequestBody.ReadJson(context, RequestBody.Largest, time);
        var (spec, _, _) = await ReadNamed(body, mayLackTask: true);
        var known = await grains.KnownCalendars.For(spec);
        CheckCalendars(spec, spec.CalendarNames.Except(known.Names));
        var (now, timetable) = (Now, spec.PlanOf(Now, known).Times);
        long[] times = [.. ScheduleTimes.Of(timetable, now, PreviewAnswer.MostTimes)];
        await ContractJson.Send(context, new PreviewAnswer(
            times.Select(static at => new Timestamp(at)), PreviewAnswer.LeftOutOf(timetable, now, times.Length < PreviewAnswer.MostTimes ? null : times[^1]),
            times.Length == 0 ? [] : timetable.Notes(now, times[^1], PreviewAnswer.MostNotes)));
    }

    /// <summary>Returns the id in the route.</summary>
    internal static string IdIn(HttpContext context) => context.Request.RouteValues["id"] as string ?? "";

    /// <summary>Returns the schedule that the route names. Throws 404 if it does not exist.</summary>
    internal async Task<ScheduleView> Find(HttpContext context) =>
        (ScheduleIds.FaultOf(IdIn(context)) is null ? await grains.Schedules.Get(IdIn(context)) : null) ?? throw NoSchedule();

    /// <summary>Sends a request to the owner of a schedule.</summary>
    internal Task<ScheduleReply> Ask(ScheduleView schedule, ScheduleRequest request) => Ask(schedule.Queue, request);

    /// <summary>
    /// Returns the reply if the owner has done the request, now or earlier under the same idempotency key; throws
    /// otherwise.
    /// </summary>
    internal static ScheduleReply Done(HttpContext context, ScheduleReply reply, string id)
    {
        switch (reply.Outcome)
        {
            case ScheduleOutcome.Done:
                return reply with { Id = id };
            case ScheduleOutcome.Replayed:
                context.Response.Headers[Idempotency.ReplayedHeader] = "true";
                return reply;
            case ScheduleOutcome.KeyReused:
                throw new ProblemException(Problems.IdempotencyKeyReuse());
            case ScheduleOutcome.Conflict:
                throw new ProblemException(Problems.VersionConflict(reply.Version == 0 ? null : reply.Version));
            case ScheduleOutcome.QueueFull:
                throw new ProblemException(Problems.QueueFull(reply.RetryAfter));
            case ScheduleOutcome.TooMany:
                throw new ProblemException(Problems.TooManyOccurrences(reply.Accepted));
            default:
                throw NoSchedule();
        }
    }

    /// <summary>Returns the exception for 422: the body is invalid.</summary>
    private static ProblemException Invalid(IReadOnlyList<SpecError> errors) =>
        new(Problems.Invalid(InvalidCode, errors));

    private static ProblemException AlreadyExists() => new(Problems.AlreadyExists("schedule"));

    private static ProblemException NoSchedule() =>
        new(Problems.NotFound("No schedule has this id; /api/v1/schedules lists all schedules."));

    private static ScheduleRequest RequestOf(ScheduleAction action, string id, ScheduleSpec spec, byte[] body) =>
        new(action, id) { Spec = spec.CopyBody(body), SecretEnv = spec.CopySecrets(body) };

    private Task<ScheduleReply> Ask(string queue, ScheduleRequest request) =>
        grains.Writes.Once(() => grains.Dispatcher(queue).Schedule(request));

    private ScheduleSpec Read(byte[] body, bool mayLackTask = false)
    {
        var errors = new SpecErrors();
        return ScheduleSpecReader.Read(body, Now, errors, mayLackTask)
            ?? throw new ProblemException(Problems.Of(errors, InvalidCode));
    }

    // Returns a schedule, the document to store, and what turns a fault of the schedule into one of the body. If the
    // body names definitions, the stored document has labels that callers cannot give, so the schedule is checked
    // without them first.
    private async Task<(ScheduleSpec Spec, byte[] Document, Func<SpecError, SpecError> AsWritten)> ReadNamed(
        byte[] body, bool mayLackTask = false)
    {
        if (await definitions.Find(body) is not { } named)
            return (Read(body, mayLackTask), body, static fault => fault);
        var errors = new SpecErrors { AllowsNodePaths = true };
        if (ScheduleSpecReader.Read(named.Checked, Now, errors, mayLackTask) is null)
            throw Invalid([.. errors.All.Select(named.AsWritten).Distinct()]);
        return (ScheduleSpecReader.ReadStored(named.Stored), named.Stored, named.AsWritten);
    }

    /// <summary>
    /// Refuses a new schedule that will never start anything by itself. A paused schedule may exist only for triggers
    /// and backfills.
    /// </summary>
    private async Task CheckStarts(ScheduleSpec spec)
    {
        var known = await grains.KnownCalendars.For(spec);
        // A calendar that does not exist is another fault.
        if (spec.Paused || spec.CalendarNames.Except(known.Names).Any() || ScheduleTimes.Of(spec.PlanOf(Now, known).Times, Now, 1).Any())
            return;
        if (ScheduleTimes.Of(spec.WithoutCalendars().PlanOf(Now).Times, Now, 1).Any())
            throw Invalid([new SpecError(spec.Only.IsEmpty ? "except" : "only", "leaves no time that the service could start anything at")]);
        throw Invalid([spec.EndAt is null
            ? new SpecError(
                spec.Cron is null ? "every" : "cron", "has no time that the service could start anything at")
            : new SpecError("endAt", $"no time lies between {(spec.StartAt > Now ? "startAt" : "now")} and endAt")]);
    }

    /// <summary>
    /// Notes the calendars that a schedule is about to use, so that they stay. Throws 422 if one does not exist.
    /// </summary>
    private async Task UseCalendars(string id, ScheduleSpec spec)
    {
        if (spec.CalendarNames.IsEmpty)
            return;
        CheckCalendars(spec, await grains.Writes.Once(
            () => grains.Calendars.Use(spec.CalendarNames, CalendarUserKind.Schedule, id, spec.Queue)));
    }

    // The files stay for a day after this, long before which the commit has recorded that the schedule names them.
    private async Task CheckFiles(ScheduleSpec spec, Func<SpecError, SpecError> asWritten)
    {
        if (await files.RefusalOf(spec) is { } fault)
            throw new ProblemException(fault.At(asWritten));
    }

    private static void CheckCalendars(ScheduleSpec spec, IEnumerable<string> missing)
    {
        SpecError[] faults =
        [
            .. from name in missing
               let index = spec.Only.IndexOf(name)
               select new SpecError(index >= 0 ? $"only[{index}]" : $"except[{spec.Except.IndexOf(name)}]", $"no calendar has the name '{name}'"),
        ];
        if (faults.Length > 0)
            throw Invalid(faults);
    }

    private async Task SendStored(HttpContext context, string id) =>
        await Send(context, await grains.Writes.ThenRead(() => grains.Schedules.Get(id)) ?? throw NoSchedule());

    private async Task Send(HttpContext context, ScheduleView schedule)
    {
        if (context.MayRead())
        {
            await ContractJson.Send(context, StoredScheduleAnswer.Of(schedule, Now, await grains.KnownCalendars.For(schedule)));
            return;
        }

        var json = JsonAnswer.Rent();
        BriefAnswer.Write(json.Writer, schedule.Id, null, schedule.Version);
        await json.Send(context.Response);
    }
}
