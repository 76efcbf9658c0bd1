using OrleansTasks.Access;
using OrleansTasks.Audit;
using OrleansTasks.Client.Contract;
using OrleansTasks.Client.Http;

namespace OrleansTasks.Client.Calendars;

/// <summary>The calls under <c>/calendars</c>.</summary>
public static class CalendarRoutes
{
    private const string Root = "/api/v1/calendars";
    private const string One = Root + "/{name}";
    private const string Tag = "calendars";

    private static readonly ApiCall List = new("GET", Root, Scopes.Read, Tag, "List the calendars by name.")
    { Answer = typeof(WholeList<CalendarAnswer>), Refusals = [503] };

    private static readonly ApiCall Get = new("GET", One, Scopes.Read, Tag, "Get a calendar.")
    { Answer = typeof(CalendarAnswer), Refusals = [404, 503] };

    private static readonly ApiCall Put =
        new("PUT", One, Scopes.Operate, Tag, "Create a calendar (201) or replace one; schedules and blackouts that use it follow at once.")
        {
            Audit = AuditActions.PutCalendar, Headers = [CreateOnly.Header], Body = "CalendarSpec", Answer = typeof(CalendarAnswer),
            MayCreate = true, Refusals = [409, 412, 422, 503, 504],
        };

    private static readonly ApiCall Delete = new("DELETE", One, Scopes.Operate, Tag, "Delete a calendar that no schedule and no queue uses.")
    { Audit = AuditActions.DeleteCalendar, RefusesBody = true, Success = 204, Refusals = [404, 409, 503, 504] };

    /// <summary>Maps the calls.</summary>
    public static void MapCalendars(this IEndpointRouteBuilder routes)
    {
        var calendars = routes.ServiceProvider.GetRequiredService<CalendarCalls>();
        routes.MapCall(List, calendars.List);
        routes.MapCall(Get, calendars.Get);
        routes.MapCall(Put, calendars.Put);
        routes.MapCall(Delete, calendars.Delete);
    }
}
