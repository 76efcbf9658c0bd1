using OrleansTasks.Access;
using OrleansTasks.Client.Http;

namespace OrleansTasks.Client.Events;

/// <summary>The calls under <c>/events</c>.</summary>
public static class EventRoutes
{
    private static readonly ApiCall Get =
        new("GET", "/api/v1/events", Scopes.Read, "events", "What happens, as server-sent events.")
    { Headers = ["Last-Event-ID"], Produces = EventStream.Type, Answer = "Event", Refusals = [429, 503] };

    /// <summary>Maps them.</summary>
    public static void MapEvents(this IEndpointRouteBuilder routes) =>
        routes.MapCall(Get, routes.ServiceProvider.GetRequiredService<EventCalls>().Get);
}
