using OrleansTasks.Access;
using OrleansTasks.Audit;
using OrleansTasks.Client.Contract;
using OrleansTasks.Client.Http;
using OrleansTasks.Client.Tasks;

namespace OrleansTasks.Client.Rollouts;

/// <summary>The calls under <c>/rollouts</c>.</summary>
public static class RolloutRoutes
{
    private const string Root = "/api/v1/rollouts";
    private const string One = Root + "/{id}";
    private const string Tag = "rollouts";

    private static readonly QueryParameter[] Paging =
    [
        new("limit", "Maximum items in the answer: 1 to 1000, by default 100.", "100"),
        new("cursor", "An earlier answer's nextCursor, to continue after it.", "AZ-Q2ZKCcACAAAAAAAAAAAAAAAAA"),
    ];

    private static readonly ApiCall Start =
        new("POST", Root, Scopes.Operate, Tag, "Start a rollout: run one command once on each selected node, by waves.")
        {
            Audit = AuditActions.StartRollout, Headers = [Idempotency.Header], Body = "RolloutSpec", Answer = typeof(RolloutAnswer),
            Success = 202, Refusals = [409, 422, 429, 503, 504],
        };

    private static readonly ApiCall List = new("GET", Root, Scopes.Read, Tag, "List rollouts, newest first.")
    {
        Query = Paging, Answer = typeof(PagedList<RolloutAnswer>), Refusals = [503],
    };

    private static readonly ApiCall Get =
        new("GET", One, Scopes.Read, Tag, "Get a rollout, at once or when it no longer runs.")
        {
            Run = RunReach.Runs,
            Query =
            [
                new(
                    "wait",
                    "Answer when the rollout has ended or is halted, but at the latest after this duration of up to "
                        + "60s.",
                    "30s"),
            ],
            Answer = typeof(RolloutAnswer),
            Refusals = [404, 503],
        };

    private static readonly ApiCall Nodes =
        new("GET", One + "/nodes", Scopes.Read, Tag, "List the nodes of a rollout with their tasks, by id.")
        {
            Run = RunReach.Runs,
            Query = [new("state", "Only nodes in this state.", "failed"), .. Paging],
            Answer = typeof(PagedList<RolloutNodeAnswer>),
            Refusals = [404, 503],
        };

    private static readonly ApiCall Output =
        new("GET", One + "/output", Scopes.Read, Tag,
            "Group the nodes that have ended by exit code and the end of the output, normalised if the command failed, "
                + "largest group first.")
        { Run = RunReach.Runs, Answer = typeof(RolloutOutputAnswer), Refusals = [404, 429, 503] };

    private static readonly ApiCall Resume =
        new("POST", One + "/resume", Scopes.Operate, Tag,
            "Let a halted rollout go on, in spite of the nodes that failed.")
        { Audit = AuditActions.ResumeRollout, RefusesBody = true, Answer = typeof(RolloutAnswer), Success = 202,
            Refusals = [404, 409, 503, 504] };

    private static readonly ApiCall Cancel = Resume with
    {
        Path = One + "/cancel", Audit = AuditActions.CancelRollout,
        Summary = "End a rollout, and cancel the tasks that run.",
    };

    private static readonly ApiCall Retry = Resume with
    {
        Path = One + "/retry", Audit = AuditActions.RetryRollout,
        Summary = "Run the command once more on the nodes that failed.", Refusals = [404, 409, 429, 503, 504],
    };

    /// <summary>Maps the calls.</summary>
    public static void MapRollouts(this IEndpointRouteBuilder routes)
    {
        var rollouts = routes.ServiceProvider.GetRequiredService<RolloutCalls>();
        routes.MapCall(Start, context => rollouts.Start(context, Start));
        routes.MapCall(List, context => rollouts.List(context, List));
        routes.MapCall(Get, context => rollouts.Get(context, Get));
        routes.MapCall(Nodes, context => rollouts.Nodes(context, Nodes));
        routes.MapCall(Output, rollouts.Output);
        routes.MapCall(Resume, rollouts.Resume);
        routes.MapCall(Cancel, rollouts.Cancel);
        routes.MapCall(Retry, rollouts.Retry);
    }
}
