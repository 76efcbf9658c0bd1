using OrleansTasks.Access;
using OrleansTasks.Audit;
using OrleansTasks.Client.Contract;
using OrleansTasks.Client.Http;
using OrleansTasks.Client.Tasks;

namespace OrleansTasks.Client.Workflows;

/// <summary>The calls under <c>/workflows</c>.</summary>
public static class WorkflowRoutes
{
    private const string Root = "/api/v1/workflows";
    private const string One = Root + "/{id}";
    private const string Tag = "workflows";
    private static readonly string[] Shared = ["queue", "label", "name", "createdAfter", "createdBefore"];

    private static readonly QueryParameter[] Paging =
    [
        new("limit", "Maximum items in the answer: 1 to 1000, by default 100.", "100"),
        new("cursor", "An earlier answer's nextCursor, to continue after it.", "AZ-Q2ZKCcACAAAAAAAAAAAAAAAAA"),
    ];

    private static readonly ApiCall Submit =
        new("POST", Root, Scopes.Submit, Tag, "Submit a workflow; all of it is accepted or nothing.")
        {
            Body = "WorkflowSpec", Answer = typeof(WorkflowAnswer), Success = 202, Headers = [Idempotency.Header],
            Refusals = [409, 422, 429, 503, 504],
        };

    private static readonly ApiCall List = new("GET", Root, Scopes.Read, Tag, "List workflows, newest first.")
    {
        Query =
        [
            new("state", "Only workflows in this state.", "running"),
            .. FilterQuery.Parameters.Where(static parameter => Shared.Contains(parameter.Name)),
            .. Paging,
        ],
        Answer = typeof(PagedList<WorkflowAnswer>),
        Refusals = [429, 503],
    };

    private static readonly ApiCall Get =
        new("GET", One, Scopes.Read, Tag, "Get a workflow, at once or when it has ended.")
        {
            Run = RunReach.Runs,
            Query = [new("wait", "Answer when the workflow has ended, but at the latest after this duration of up to 60s.", "30s")],
            Answer = typeof(WorkflowAnswer),
            Refusals = [404, 503],
        };

    private static readonly ApiCall Nodes =
        new("GET", One + "/nodes", Scopes.Read, Tag, "List the nodes of a workflow, in the order of submission.")
        {
            Run = RunReach.Runs,
            Query = [new("state", "Only nodes whose task is in this state.", "failed"), .. Paging],
            Answer = typeof(PagedList<WorkflowNodeAnswer>),
            Refusals = [404, 503],
        };

    private static readonly ApiCall Cancel =
        new("POST", One + "/cancel", Scopes.Submit, Tag,
            "Cancel running and waiting nodes; repeat to also cancel nodes that clean up.")
        { Audit = AuditActions.CancelWorkflow, RefusesBody = true, Answer = typeof(WorkflowAnswer), Success = 202,
            Refusals = [404, 409, 503, 504] };

    private static readonly ApiCall Retry =
        new("POST", One + "/retry", Scopes.Submit, Tag, "Run failed, cancelled and skipped nodes again.")
        { Audit = AuditActions.RetryWorkflow, RefusesBody = true, Answer = typeof(WorkflowAnswer), Success = 202,
            Refusals = [404, 409, 429, 503, 504] };

    /// <summary>Maps the calls.</summary>
    public static void MapWorkflows(this IEndpointRouteBuilder routes)
    {
        var workflows = routes.ServiceProvider.GetRequiredService<WorkflowCalls>();
        routes.MapCall(Submit, context => workflows.Submit(context, Submit));
        routes.MapCall(List, context => workflows.List(context, List));
        routes.MapCall(Get, context => workflows.Get(context, Get));
        routes.MapCall(Nodes, context => workflows.Nodes(context, Nodes));
        routes.MapCall(Cancel, workflows.Cancel);
        routes.MapCall(Retry, workflows.Retry);
    }
}
