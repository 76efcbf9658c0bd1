using OrleansTasks.Access;
using OrleansTasks.Audit;
using OrleansTasks.Client.Http;

namespace OrleansTasks.Client.Audit;

/// <summary>The call <c>/audit</c>.</summary>
public static class AuditRoutes
{
    private static readonly ApiCall List =
        new("GET", "/api/v1/audit", Scopes.Admin, "access",
            "Who changed what, newest first; the last 90 days, at most 1,000,000.")
    {
        Query =
        [
            new("actor", "Only what the key with this id or name changed.", "deploy"),
            new("action", "Only this action.", AuditActions.PutQueue),
            new("target", "Only changes of this: a name or an id, or the filters of a bulk call.", "default"),
            new("limit", "The most items of one answer: 1 to 1000, by default 100.", "100"),
            new("cursor", "An earlier answer's nextCursor: goes on after it.", "AZ-Q2ZKCcACAAAAAAAAAAAAAAAAA"),
        ],
        Answer = "AuditList",
        Refusals = [429, 503],
    };

    /// <summary>Maps the call.</summary>
    public static void MapAudit(this IEndpointRouteBuilder routes)
    {
        var audit = routes.ServiceProvider.GetRequiredService<AuditCalls>();
        routes.MapCall(List, context => audit.List(context, List));
    }
}
