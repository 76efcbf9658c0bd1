using OrleansTasks.Access;
using OrleansTasks.Client.Http;

namespace OrleansTasks.Client.Events;

/// <summary>The calls under <c>/events</c>.</summary>
public static class EventRoutes
{
    private static readonly ApiCall Get =
        new("GET", "/api/v1/events", Scopes.Read, "events", "Follow events as server-sent events.")
    { Headers = ["Last-Event-ID"], Produces = EventStream.Type, Answer = "Event", Refusals = [429, 503] };

    private static readonly ApiCall History =
        new("GET", "/api/v1/events/history", Scopes.Read, "events", "List stored events, newest first.")
    { Query = HistoryQuery.Parameters, Answer = typeof(EventListAnswer), Refusals = [503] };

    /// <summary>Maps the calls.</summary>
    public static void MapEvents(this IEndpointRouteBuilder routes)
    {
        var history = routes.ServiceProvider.GetRequiredService<EventHistory>();
        routes.MapCall(Get, routes.ServiceProvider.GetRequiredService<EventCalls>().Get);
        routes.MapCall(History, context => history.Get(context, History));
    }
}
