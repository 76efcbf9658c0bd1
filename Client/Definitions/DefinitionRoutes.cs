using OrleansTasks.Access;
using OrleansTasks.Audit;
using OrleansTasks.Client.Contract;
using OrleansTasks.Client.Http;
using OrleansTasks.Client.Tasks;

namespace OrleansTasks.Client.Definitions;

/// <summary>The calls under <c>/definitions</c>.</summary>
public static class DefinitionRoutes
{
    private const string One = DefinitionPaths.Root + "/{name}";
    private const string Tag = "definitions";

    private static readonly QueryParameter[] Paging =
    [
        new("limit", "Maximum items in the answer: 1 to 1000, by default 100.", "100"),
        new("cursor", "An earlier answer's nextCursor, to continue after it.", "AZ-Q2ZKCcACAAAAAAAAAAAAAAAAA"),
    ];

    private static readonly ApiCall List =
        new("GET", DefinitionPaths.Root, Scopes.Read, Tag, "List definitions by name; with the scope run, those that the key may run.")
        {
            Run = RunReach.Definitions, Query = [new("prefix", "Only definitions whose names begin with this.", "etl/"), .. Paging],
            Answer = typeof(PagedList<DefinitionAnswer>), Refusals = [429, 503],
        };

    private static readonly ApiCall Get = new("GET", One, Scopes.Read, Tag, "Get a definition.")
    {
        Run = RunReach.Definitions, Answer = typeof(DefinitionAnswer), Refusals = [404, 429, 503],
        Query =
        [
            new("version", "The version; by default the latest.", "3"),
            new("choices", "true to also show what the definitions printed that parameters name in choicesFrom.", "true"),
        ],
    };

    private static readonly ApiCall Put =
        new("PUT", One, Scopes.Submit | Scopes.Operate, Tag, "Store a definition as its next version; the same body makes no version.")
        {
            Audit = AuditActions.PutDefinition, Headers = [CreateOnly.Header], Body = typeof(DefinitionBody),
            Answer = typeof(DefinitionAnswer), MayCreate = true, Refusals = [409, 412, 422, 503, 504],
        };

    private static readonly ApiCall Delete =
        new("DELETE", One, Scopes.Submit | Scopes.Operate, Tag, "Delete a definition with its history; what it started stays.")
        { Audit = AuditActions.DeleteDefinition, RefusesBody = true, Success = 204, Refusals = [404, 409, 503, 504] };

    private static readonly ApiCall History = new("GET", One + "/history", Scopes.Read, Tag, "List the versions of a definition, newest first.")
    { Run = RunReach.Definitions, Query = Paging, Answer = typeof(PagedList<DefinitionVersionAnswer>), Refusals = [404, 503] };

    private static readonly ApiCall Run =
        new("POST", One + "/runs", Scopes.Submit, Tag, "Run a definition; the scope run also allows this.")
        {
            Run = RunReach.Definitions, Audit = AuditActions.RunDefinition, Headers = [Idempotency.Header], Body = typeof(DefinitionRunBody),
            IsBodyOptional = true, Answer = typeof(StartedRunAnswer), Success = 202, Refusals = [404, 409, 422, 429, 503, 504],
        };

    private static readonly ApiCall Runs =
        new("GET", One + "/runs", Scopes.Read, Tag, "List the runs of a definition, newest first.")
        {
            Run = RunReach.Definitions, Answer = typeof(PagedList<DefinitionRunAnswer>), Refusals = [404, 429, 503],
            // Each run's state is read.
            Query = [new("limit", "Maximum items in the answer: 1 to 200, by default 50.", "50"), Paging[1]],
        };

    /// <summary>Maps the calls.</summary>
    public static void MapDefinitions(this IEndpointRouteBuilder routes)
    {
        var definitions = routes.ServiceProvider.GetRequiredService<DefinitionCalls>();
        var runs = routes.ServiceProvider.GetRequiredService<DefinitionRunCalls>();
        routes.MapCall(List, context => definitions.List(context, List));
        routes.MapCall(Get, context => definitions.Get(context, Get));
        routes.MapCall(Put, definitions.Put);
        routes.MapCall(Delete, definitions.Delete);
        routes.MapCall(History, context => definitions.History(context, History));
        routes.MapCall(Run, context => runs.Run(context, Run));
        routes.MapCall(Runs, context => runs.List(context, Runs));
    }
}
