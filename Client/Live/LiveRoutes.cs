using OrleansTasks.Access;
using OrleansTasks.Client.Http;

namespace OrleansTasks.Client.Live;

/// <summary>The call <c>/live</c>.</summary>
public static class LiveRoutes
{
    private static readonly ApiCall Get =
        new("GET", "/api/v1/live", Scopes.Read, "events", "Follow changes of tasks, queues, nodes, jobs, schedules "
            + "and attention as server-sent events.")
    { Query = LiveQuery.Parameters, Headers = ["Last-Event-ID"], Produces = EventStream.Type, Answer = "LiveTick", Refusals = [429, 503] };

    /// <summary>Maps the call.</summary>
    public static void MapLive(this IEndpointRouteBuilder routes)
    {
        var calls = routes.ServiceProvider.GetRequiredService<LiveCalls>();
        routes.MapCall(Get, context => calls.Get(context, Get));
    }
}
