using OrleansTasks.Access;
using OrleansTasks.Audit;
using OrleansTasks.Client.Contract;
using OrleansTasks.Client.Http;
using OrleansTasks.Queues;

namespace OrleansTasks.Client.Queues;

/// <summary>The calls under <c>/queues</c>.</summary>
public static class QueueRoutes
{
    private const string Root = "/api/v1/queues";

    private static readonly ApiCall List = new("GET", Root, Scopes.Read, "queues", "List the queues by name.")
    { Answer = typeof(WholeList<QueueAnswer>), Refusals = [503] };

    private static readonly ApiCall Get = new("GET", Root + "/{name}", Scopes.Read, "queues", "Get a queue.")
    { Answer = typeof(QueueAnswer), Refusals = [404, 503] };

    private static readonly ApiCall Forecast =
        new("GET", Root + "/{name}/forecast", Scopes.Read, "queues",
            "Get what passed through a queue in the last 5 minutes, and when its waiting tasks will be gone.")
        { Answer = typeof(ForecastAnswer), Refusals = [404, 503] };

    private static readonly ApiCall Put =
        new("PUT", Root + "/{name}", Scopes.Operate, "queues", "Create a queue or change its settings; omitted settings stay as they are.")
        {
            Audit = AuditActions.PutQueue, Headers = [CreateOnly.Header], Body = typeof(QueueChange), Answer = typeof(QueueAnswer),
            Refusals = [409, 412, 422, 503, 504],
        };

    private static readonly ApiCall Delete =
        new("DELETE", Root + "/{name}", Scopes.Operate, "queues", "Delete a queue that has no open tasks or jobs; a "
            + "later task creates it again.")
    { Audit = AuditActions.DeleteQueue, RefusesBody = true, Success = 204, Refusals = [404, 409, 503, 504] };

    /// <summary>Maps the calls.</summary>
    public static void MapQueues(this IEndpointRouteBuilder routes)
    {
        var queues = routes.ServiceProvider.GetRequiredService<QueueCalls>();
        routes.MapCall(List, queues.List);
        routes.MapCall(Get, queues.Get);
        routes.MapCall(Forecast, routes.ServiceProvider.GetRequiredService<ForecastCalls>().Get);
        routes.MapCall(Put, queues.Put);
        routes.MapCall(Delete, queues.Delete);
    }
}
