using OrleansTasks.Access;
using OrleansTasks.Audit;
using OrleansTasks.Client.Contract;
using OrleansTasks.Client.Http;

namespace OrleansTasks.Client.Schedules;

/// <summary>The calls under <c>/schedules</c>.</summary>
public static class ScheduleRoutes
{
    private const string Root = "/api/v1/schedules";
    private const string One = Root + "/{id}";
    private const string Tag = "schedules";

    // A schedule's body contains commands, so writing it needs Submit. Starting a stored schedule needs only Operate,
    // like a bulk retry.
    private const Scopes WritesCommands = Scopes.Operate | Scopes.Submit;

    private static readonly QueryParameter Limit = new("limit", "Maximum items in the answer: 1 to 1000, by default 100.", "100");

    private static readonly ApiCall List = new("GET", Root, Scopes.Read, Tag, "List the schedules by id.")
    {
        Query =
        [
            new("queue", "Only schedules of this queue.", "default"),
            new("paused", "true: only paused schedules; false: only schedules that are not paused.", "true"),
            Limit,
            new("cursor", "An earlier answer's nextCursor, to continue after it.", "bmlnaHRseQ"),
        ],
        Answer = typeof(PagedList<StoredScheduleAnswer>),
        Refusals = [503],
    };

    private static readonly ApiCall Create = new("POST", Root, WritesCommands, Tag, "Create a schedule with an id "
        + "that the service chooses.")
    {
        Audit = AuditActions.PutSchedule, Headers = ["Idempotency-Key"], Body = "ScheduleSpec", Answer = typeof(StoredScheduleAnswer),
        Success = 201, Refusals = [409, 422, 429, 503, 504],
    };

    private static readonly ApiCall Preview =
        new("POST", Root + "/preview", Scopes.Read, Tag,
            "Get the next 20 times that a schedule would have; task, job and workflow are optional.")
    { Body = "ScheduleSpec", Answer = typeof(PreviewAnswer), Refusals = [422] };

    private static readonly ApiCall Upcoming =
        new("GET", Root + "/upcoming", Scopes.Read, Tag, "List the next times of all schedules in order, at most 5,000.")
    { Query = UpcomingCalls.Parameters, Answer = typeof(UpcomingAnswer), Refusals = [503] };

    private static readonly ApiCall Load =
        new("GET", Root + "/load", Scopes.Read, Tag,
            "Estimate the slots that all schedules will need, from the durations of earlier runs.")
    { Query = LoadCalls.Parameters, Answer = typeof(LoadAnswer), Refusals = [503] };

    private static readonly ApiCall Get = new("GET", One, Scopes.Read, Tag, "Get a schedule.")
    { Answer = typeof(StoredScheduleAnswer), Refusals = [404, 503] };

    private static readonly ApiCall Put =
        new("PUT", One, WritesCommands, Tag, "Create a schedule (201) or replace one; times count from now.")
        {
            Audit = AuditActions.PutSchedule, Headers = [CreateOnly.Header], Body = "ScheduleSpec", Answer = typeof(StoredScheduleAnswer),
            MayCreate = true, Refusals = [409, 412, 422, 429, 503, 504],
        };

    private static readonly ApiCall Delete =
        new("DELETE", One, Scopes.Operate, Tag, "Delete a schedule; tasks that it started continue, and waiting occurrences are dropped.")
    { Audit = AuditActions.DeleteSchedule, RefusesBody = true, Success = 204, Refusals = [404, 503, 504] };

    private static readonly ApiCall Pause =
        new("POST", One + "/pause", Scopes.Operate, Tag, "Pause a schedule; times that pass meanwhile are omitted.")
    { Audit = AuditActions.PauseSchedule, RefusesBody = true, Answer = typeof(StoredScheduleAnswer), Refusals = [404, 503, 504] };

    private static readonly ApiCall Resume = Pause with
    { Audit = AuditActions.ResumeSchedule, Path = One + "/resume", Summary = "Resume a schedule; times count from now." };

    private static readonly ApiCall Trigger =
        new("POST", One + "/trigger", Scopes.Operate, Tag, "Start an occurrence now, regardless of paused and overlap.")
    {
        Audit = AuditActions.TriggerSchedule, Headers = ["Idempotency-Key"],
        RefusesBody = true, Answer = "Triggered", Success = 202,
        Refusals = [404, 409, 422, 429, 503, 504],
    };

    private static readonly ApiCall Backfill =
        new("POST", One + "/backfill", Scopes.Operate, Tag, "Start an occurrence for each time in a past range, "
            + "oldest first, with a limit on how many are open at once.")
    {
        Audit = AuditActions.Backfill, Headers = ["Idempotency-Key"],
        Body = "Backfill", Answer = typeof(BackfillAnswer), Success = 202,
        Refusals = [404, 409, 422, 429, 503, 504],
    };

    private static readonly ApiCall CancelBackfill =
        new("POST", One + "/backfill/cancel", Scopes.Operate, Tag, "Cancel the occurrences that backfills have not started.")
    { Audit = AuditActions.CancelBackfill, RefusesBody = true, Answer = typeof(BackfillCancelledAnswer), Success = 202,
        Refusals = [404, 503, 504] };

    private static readonly ApiCall Occurrences =
        new("GET", One + "/occurrences", Scopes.Read, Tag, "List a schedule's last 1,000 occurrences, newest first.")
    {
        Query =
        [
            new("outcome", "Only occurrences with this outcome: pending, started, skipped or missed.", "missed"),
            Limit,
            new("cursor", "An earlier answer's nextCursor, to continue after it.", "AAAAAAAAAAAAAAAAAAAAKgAAAAA"),
        ],
        Answer = typeof(PagedList<OccurrenceAnswer>),
        Refusals = [404, 503],
    };

    /// <summary>Maps the calls.</summary>
    public static void MapSchedules(this IEndpointRouteBuilder routes)
    {
        var schedules = routes.ServiceProvider.GetRequiredService<ScheduleCalls>();
        var occurrences = routes.ServiceProvider.GetRequiredService<OccurrenceCalls>();
        routes.MapCall(List, context => schedules.List(context, List));
        routes.MapCall(Create, context => schedules.Create(context, Create));
        routes.MapCall(Preview, schedules.Preview);
        var upcoming = routes.ServiceProvider.GetRequiredService<UpcomingCalls>();
        routes.MapCall(Upcoming, context => upcoming.Get(context, Upcoming));
        var load = routes.ServiceProvider.GetRequiredService<LoadCalls>();
        routes.MapCall(Load, context => load.Get(context, Load));
        routes.MapCall(Get, schedules.Get);
        routes.MapCall(Put, schedules.Put);
        routes.MapCall(Delete, schedules.Delete);
        routes.MapCall(Pause, context => schedules.SetPaused(context, isPaused: true));
        routes.MapCall(Resume, context => schedules.SetPaused(context, isPaused: false));
        routes.MapCall(Trigger, context => occurrences.Trigger(context, Trigger));
        routes.MapCall(Backfill, context => occurrences.Backfill(context, Backfill));
        routes.MapCall(CancelBackfill, occurrences.CancelBackfill);
        routes.MapCall(Occurrences, context => occurrences.List(context, Occurrences));
    }
}
