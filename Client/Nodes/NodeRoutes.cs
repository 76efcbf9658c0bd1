using OrleansTasks.Access;
using OrleansTasks.Audit;
using OrleansTasks.Client.Contract;
using OrleansTasks.Client.Http;
using OrleansTasks.Trust;

namespace OrleansTasks.Client.Nodes;

/// <summary>The calls under <c>/nodes</c>.</summary>
public static class NodeRoutes
{
    private const string Root = "/api/v1/nodes";

    private static readonly ApiCall List = new("GET", Root, Scopes.Read, "nodes", "List the worker nodes by id.")
    { Answer = typeof(WholeList<NodeAnswer>), Refusals = [503] };

    private static readonly ApiCall Get = new("GET", Root + "/{id}", Scopes.Read, "nodes", "Get a node.")
    { Answer = typeof(NodeAnswer), Refusals = [404, 503] };

    private static readonly ApiCall History =
        new("GET", Root + "/{id}/history", Scopes.Read, "nodes",
            "List a node's stored changes of state, newest first.")
    {
        Query = [new("limit", "Maximum changes in the answer: 1 to 1000, by default 100.", "100")],
        Answer = typeof(WholeList<NodeChangeAnswer>), Refusals = [404, 503],
    };

    private static readonly ApiCall Drain =
        new("POST", Root + "/{id}/drain", Scopes.Operate, "nodes", "Assign no new work to a node; running work continues.")
    { Audit = AuditActions.DrainNode, RefusesBody = true, Answer = typeof(NodeAnswer), Refusals = [404, 503, 504] };

    private static readonly ApiCall Resume = Drain with
    { Audit = AuditActions.ResumeNode, Path = Root + "/{id}/resume", Summary = "Assign work to a node again." };

    private static readonly ApiCall Forget =
        new("DELETE", Root + "/{id}", Scopes.Operate, "nodes", "Forget a node that is lost or gone.")
    { Audit = AuditActions.ForgetNode, RefusesBody = true, Success = 204, Refusals = [404, 409, 503, 504] };

    private static readonly ApiCall Token =
        new("POST", Root + "/tokens", Scopes.Admin, "nodes", "Create a single-use join token for a worker; it is shown only once.")
        { Body = typeof(TokenTerms), IsBodyOptional = true, Success = 201, Answer = typeof(JoinTokenAnswer), Refusals = [422, 503, 504] };

    private static readonly ApiCall Demand =
        new("GET", "/api/v1/demand", Scopes.Read, "nodes", "List what waits for nodes, by required labels and resources, longest wait first.")
        { Answer = typeof(WholeList<DemandAnswer>), Refusals = [503] };

    /// <summary>Maps the calls.</summary>
    public static void MapNodes(this IEndpointRouteBuilder routes)
    {
        var nodes = routes.ServiceProvider.GetRequiredService<NodeCalls>();
        routes.MapCall(List, nodes.List);
        routes.MapCall(Get, nodes.Get);
        routes.MapCall(History, context => nodes.ListHistory(context, History));
        routes.MapCall(Drain, context => nodes.SetDraining(context, draining: true));
        routes.MapCall(Resume, context => nodes.SetDraining(context, draining: false));
        routes.MapCall(Forget, nodes.Forget);
        routes.MapCall(Token, nodes.MakeToken);
        routes.MapCall(Demand, routes.ServiceProvider.GetRequiredService<DemandCalls>().List);
    }
}
