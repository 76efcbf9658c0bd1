using OrleansTasks.Access;
using OrleansTasks.Audit;
using OrleansTasks.Client.Http;

namespace OrleansTasks.Client.Nodes;

/// <summary>The calls under <c>/nodes</c>.</summary>
public static class NodeRoutes
{
    private const string Root = "/api/v1/nodes";

    private static readonly ApiCall List = new("GET", Root, Scopes.Read, "nodes", "The worker nodes, by id.")
    { Answer = "NodeList", Refusals = [503] };

    private static readonly ApiCall Get = new("GET", Root + "/{id}", Scopes.Read, "nodes", "One node.")
    { Answer = "Node", Refusals = [404, 503] };

    private static readonly ApiCall History =
        new("GET", Root + "/{id}/history", Scopes.Read, "nodes",
            "How a node's state has changed, newest first, as far as events are stored.")
    {
        Query = [new("limit", "The most changes of the answer: 1 to 1000, by default 100.", "100")],
        Answer = "NodeHistory", Refusals = [404, 503],
    };

    private static readonly ApiCall Drain =
        new("POST", Root + "/{id}/drain", Scopes.Operate, "nodes", "Give a node no new work; running work goes on.")
    { Audit = AuditActions.DrainNode, RefusesBody = true, Answer = "Node", Refusals = [404, 503, 504] };

    private static readonly ApiCall Resume = Drain with
    { Audit = AuditActions.ResumeNode, Path = Root + "/{id}/resume", Summary = "Give a node work again." };

    private static readonly ApiCall Forget =
        new("DELETE", Root + "/{id}", Scopes.Operate, "nodes", "Forget a node that is lost or gone.")
    { Audit = AuditActions.ForgetNode, RefusesBody = true, Success = 204, Refusals = [404, 409, 503, 504] };

    private static readonly ApiCall Token =
        new("POST", Root + "/tokens", Scopes.Admin, "nodes", "Make a single-use join token for a worker; it is shown this once.")
        { Body = "TokenTerms", IsBodyOptional = true, Success = 201, Answer = "JoinToken", Refusals = [422, 503, 504] };

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
    }
}
