using Microsoft.AspNetCore.Http.Features;
using OrleansTasks.Client.Access;
using OrleansTasks.Client.Contract;
using OrleansTasks.Client.Http;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Events;
using OrleansTasks.Nodes;
using OrleansTasks.Tasks.Spec;
using OrleansTasks.Trust;

namespace OrleansTasks.Client.Nodes;

/// <summary>Shows, drains and forgets nodes.</summary>
/// <param name="grains">The nodes.</param>
/// <param name="time">The clock.</param>
public sealed class NodeCalls(GatewayGrains grains, TimeProvider time)
{
    private const int MostEventsRead = 10_000;
    private const int EventPageSize = 1_000;

    /// <summary>Lists all nodes.</summary>
    internal async Task List(HttpContext context) =>
        await ContractJson.Send(context, new WholeList<NodeAnswer>((await grains.Fleet.List()).Select(NodeAnswer.Of)));

    /// <summary>Returns one node.</summary>
    internal async Task Get(HttpContext context) => await Send(context, await Find(context));

    /// <summary>
    /// Lists the stored changes of one node's state, newest first, out of the last 10,000 changes of all nodes.
    /// </summary>
    internal async Task ListHistory(HttpContext context, ApiCall call)
    {
        var node = (await Find(context)).Id;
        var limit = context.ReadQuery(call).Integer("limit", 1, 1000, defaultValue: 100);
        var position = await grains.Events.NodePosition();
        var found = new List<NodeEvent>();
        var after = Math.Max(position.First - 1, position.Last - MostEventsRead);
        while (after < position.Last && await grains.Events.ReadNodes(after, EventPageSize) is { IsEmpty: false } page)
        {
            found.AddRange(page.Where(change => change.Node == node));
            after = page[^1].Sequence;
        }

        await ContractJson.Send(context, new WholeList<NodeChangeAnswer>(
            found.AsEnumerable().Reverse().Take(limit).Select(static change => new NodeChangeAnswer(change.At, change.State))));
    }

    /// <summary>Drains a node, or ends its draining.</summary>
    internal async Task SetDraining(HttpContext context, bool draining)
    {
        // Look the node up first, so that a wrong name does not activate a grain.
        var node = await Find(context);
        if (!await grains.Writes.Once(() => grains.Node(node.Id).SetDraining(draining)))
            throw NoNode();
        // Read the node from the fleet, like all other answers, so that they agree.
        await Send(context, await grains.Writes.ThenRead(() => Find(context)));
    }

    /// <summary>Forgets a node that no longer reports, or that has joined and never registered.</summary>
    internal async Task Forget(HttpContext context)
    {
        var id = context.Request.RouteValues["id"] as string ?? "";
        if (!NodeNames.IsValid(id))
            throw NoNode();
        if (await FindOrNull(id) is { State: not (NodeState.Lost or NodeState.Gone) }
            || !await grains.Writes.Once(() => grains.Fleet.Forget(id)))
        {
            // The node may have returned, or another caller may have forgotten it in between.
            var node = await Find(context);
            throw new ProblemException(
                node.State is NodeState.Lost or NodeState.Gone
                    ? Problems.NotReady("The fleet restarted a moment ago and has not heard from all nodes yet. Try again.")
                    : Problems.NodeActive(node.State.Name()));
        }

        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    /// <summary>Creates a join token. It is shown in this answer only.</summary>
    internal async Task MakeToken(HttpContext context)
    {
        var terms = await TermsOf(context);
        var token = await grains.Writes.Once(() =>
            terms == TokenTerms.Any ? grains.Trust.MakeToken() : grains.Trust.MakeTokenFor(terms));
        context.Response.StatusCode = StatusCodes.Status201Created;
        context.Response.Headers.CacheControl = "no-store";
        await ContractJson.Send(context, new JoinTokenAnswer(token.Text, token.ExpiresAt));
    }

    private async Task<TokenTerms> TermsOf(HttpContext context)
    {
        if (context.Features.Get<IHttpRequestBodyDetectionFeature>() is not { CanHaveBody: true })
            return TokenTerms.Any;
        var body = await RequestBody.ReadJson(context, RequestBody.Largest, time);
        var errors = new SpecErrors();
        return TokenTermsReader.Read(body, errors) ?? throw new ProblemException(
            Problems.Of(errors, "invalid-token"));
    }

    private async Task<NodeView> Find(HttpContext context) =>
        await FindOrNull(context.Request.RouteValues["id"] as string) ?? throw NoNode();

    private async Task<NodeView?> FindOrNull(string? id) =>
        (await grains.Fleet.List()).FirstOrDefault(node => node.Id == id);

    private static Task Send(HttpContext context, NodeView node)
    {
        if (context.MayRead())
            return ContractJson.Send(context, NodeAnswer.Of(node));
        var json = JsonAnswer.Rent();
        BriefAnswer.Write(json.Writer, node.Id, node.State.Name());
        return json.Send(context.Response);
    }

    private static ProblemException NoNode() =>
        new(Problems.NotFound("No node has this id; /api/v1/nodes lists all nodes."));
}
