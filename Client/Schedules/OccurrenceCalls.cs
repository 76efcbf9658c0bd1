using OrleansTasks.Calendars;
using OrleansTasks.Client.Contract;
using OrleansTasks.Client.Http;
using OrleansTasks.Client.Jobs;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Client.Workflows;
using OrleansTasks.Contract;
using OrleansTasks.Schedules;
using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Client.Schedules;

/// <summary>Starts occurrences of schedules on request, and lists occurrences with their outcomes.</summary>
/// <param name="schedules">Finds schedules and sends requests to their owners.</param>
/// <param name="grains">Reads occurrences, tasks, jobs and workflows.</param>
/// <param name="ids">Mints the ids of what is started.</param>
/// <param name="idempotency">The idempotency keys in use by open calls of this gateway.</param>
/// <param name="time">The clock.</param>
public sealed class OccurrenceCalls(
    ScheduleCalls schedules, GatewayGrains grains, TaskIdSource ids, Idempotency idempotency, TimeProvider time)
{
    // Counting stops here; the refusal of a larger backfill says "at least".
    private const int MostCounted = 100_000;
    private const string NoTimes =
        "is not allowed: files start the occurrences of this schedule, so past times have nothing to start";
    private static readonly string[] Outcomes = EnumNames.Of<OccurrenceOutcome>();

    /// <summary>Starts an occurrence at once.</summary>
    internal async Task Trigger(HttpContext context, ApiCall call)
    {
        var schedule = await schedules.Find(context);
        var request = new ScheduleRequest(ScheduleAction.Trigger, schedule.Id)
        {
            Task = ids.Next(),
            Idempotency = Idempotency.EntryOf(context, call, schedule.Id, []),
        };
        using var claim = request.Idempotency is { } entry ? idempotency.Enter(entry.Key) : default;
        var reply = ScheduleCalls.Done(context, await schedules.Ask(schedule, request), schedule.Id);
        await SendStarted(context, reply.Task!.Value);
    }

    /// <summary>Starts occurrences for the times of a past range.</summary>
    internal async Task Backfill(HttpContext context, ApiCall call)
    {
        var schedule = await schedules.Find(context);
        var body = await RequestBody.ReadJson(context, RequestBody.Largest, time);
        var errors = new SpecErrors();
        if (BackfillReader.Read(body, schedule.Id, time.GetUtcNow().ToUnixTimeMilliseconds(), errors) is not { } request)
            throw new ProblemException(Problems.Of(errors, ScheduleCalls.InvalidCode));
        if (ScheduleSpecReader.WatchesFolder(schedule.Spec.Span))
            throw new ProblemException(Problems.Invalid(ScheduleCalls.InvalidCode, [new SpecError("from", NoTimes)]));
        CheckCount(schedule, request, await grains.KnownCalendars.For(schedule));
        request = request with { Idempotency = Idempotency.EntryOf(context, call, schedule.Id, body) };
        using var claim = request.Idempotency is { } entry ? idempotency.Enter(entry.Key) : default;
        var reply = ScheduleCalls.Done(context, await schedules.Ask(schedule, request), schedule.Id);
        context.Response.StatusCode = StatusCodes.Status202Accepted;
        await ContractJson.Send(context, new BackfillAnswer(reply.Accepted, reply.LeftOut));
    }

    /// <summary>Drops the backfilled occurrences that have not started.</summary>
    internal async Task CancelBackfill(HttpContext context)
    {
        var schedule = await schedules.Find(context);
        var request = new ScheduleRequest(ScheduleAction.CancelBackfill, schedule.Id);
        var reply = ScheduleCalls.Done(context, await schedules.Ask(schedule, request), schedule.Id);
        context.Response.StatusCode = StatusCodes.Status202Accepted;
        await ContractJson.Send(context, new BackfillCancelledAnswer(reply.Accepted));
    }

    /// <summary>Lists a schedule's occurrences, newest first.</summary>
    internal async Task List(HttpContext context, ApiCall call)
    {
        var query = context.ReadQuery(call);
        var limit = query.Integer("limit", 1, 1000, defaultValue: 100);
        var outcome = Outcome(query.Text("outcome"));
        var last = Cursors.Read(query.Text("cursor"));
        var schedule = await schedules.Find(context);
        var page = await grains.Schedules.Occurrences(
            schedule.Id, outcome, (long?)last?.High ?? long.MaxValue, (long?)last?.Low ?? long.MaxValue, limit + 1);
        await ListAnswer.SendPage(
            context, page, limit, static (json, one) => ContractJson.Write(json, OccurrenceAnswer.Of(one)),
            static one => Cursors.After(new TaskId((ulong)one.At, (ulong)one.No)));
    }

    // With a repeated key, the id may be of a run that the schedule started when it had another target. The reply does
    // not say whether it is a task, a workflow or a job, so try each.
    private async Task SendStarted(HttpContext context, TaskId id)
    {
        if (await grains.Writes.ThenRead(() => grains.Tasks.Get(id)) is { } task)
            await Accepted("tasks", () => ReadCalls.Send(context, task));
        else if (await grains.Writes.ThenRead(() => grains.Workflows.Get(id)) is { } workflow)
            await Accepted("workflows", () => WorkflowCalls.Send(context, workflow));
        else if (await grains.Writes.ThenRead(() => grains.Jobs.Get(id)) is { } job)
            await Accepted("jobs", () => JobCalls.Send(context, job));
        else
            throw ReadCalls.NoTask();

        Task Accepted(string kind, Func<Task> send)
        {
            context.Response.StatusCode = StatusCodes.Status202Accepted;
            context.Response.Headers.Location = $"/api/v1/{kind}/{id}";
            return send();
        }
    }

    // The gateway counts, which keeps the queue's owner free of long counts.
    private static void CheckCount(ScheduleView schedule, ScheduleRequest request, CalendarSet known)
    {
        // The owner refuses a backfill of an unreadable schedule.
        if (ScheduleTimes.SpecOf(schedule) is not { } spec)
            return;
        var times = spec.PlanOf(schedule.CreatedAt, known).Times;
        var count = ScheduleTimes.Of(times, request.From - 1, MostCounted).TakeWhile(time => time < request.To).Count();
        if (count > BackfillReader.MostOccurrences)
            throw new ProblemException(Problems.TooManyOccurrences(count, isExact: count < MostCounted));
    }

    private static OccurrenceOutcome? Outcome(string? name)
    {
        if (name is null)
            return null;
        return Array.IndexOf(Outcomes, name) is >= 0 and var index
            ? (OccurrenceOutcome)index
            : throw QueryValues.Refuse($"'outcome' must be one of {string.Join(", ", Outcomes)}.");
    }
}
