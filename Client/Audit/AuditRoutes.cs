using OrleansTasks.Access;
using OrleansTasks.Audit;
using OrleansTasks.Client.Contract;
using OrleansTasks.Client.Http;

namespace OrleansTasks.Client.Audit;

/// <summary>The call <c>/audit</c>.</summary>
public static class AuditRoutes
{
    private static readonly ApiCall List =
        new("GET", "/api/v1/audit", Scopes.Admin, "access",
            "List who changed what in the last 90 days, newest first; at most 1,000,000 changes are kept.")
    {
        Query =
        [
            new("actor", "Only changes by the key with this id or name.", "deploy"),
            new("action", "Only this action.", AuditActions.PutQueue),
            new("target", "Only changes of this target: a name, an id, or the filters of a bulk call.", "default"),
            new("limit", "Maximum items in the answer: 1 to 1000, by default 100.", "100"),
            new("cursor", "An earlier answer's nextCursor, to continue after it.", "AZ-Q2ZKCcACAAAAAAAAAAAAAAAAA"),
        ],
        Answer = typeof(PagedList<AuditRecordAnswer>),
        Refusals = [429, 503],
    };

    /// <summary>Maps the call.</summary>
    public static void MapAudit(this IEndpointRouteBuilder routes)
    {
        var audit = routes.ServiceProvider.GetRequiredService<AuditCalls>();
        routes.MapCall(List, context => audit.List(context, List));
    }
}
