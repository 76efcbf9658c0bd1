using OrleansTasks.Client.Access;
using OrleansTasks.Client.Http;
using OrleansTasks.Cluster.Link;

namespace OrleansTasks.Client.Hosting;

/// <summary>
/// Refuses requests at once while no silo can be reached, so that nothing is accepted that cannot be carried out. Keys
/// cannot be checked then, so a gateway that needs keys does not reveal its silos' address.
/// </summary>
public sealed class ClusterGuard(RequestDelegate next, IClusterLink link, AccessOptions access)
{
    private readonly Problem unreachable = Problems.NotReady(
        $"No silo answers{(access.NeedsKey ? "" : $" at {link.Silos}")}, so nothing was accepted. The gateway keeps trying; "
        + "repeat the request in a few seconds.");

    /// <summary>Passes a request on if it can be answered now.</summary>
    public Task InvokeAsync(HttpContext context) =>
        link.IsUp || !NeedsSilo(context) ? next(context) : context.WriteProblem(unreachable);

    // An endpoint that needs no key calls no grain. An unknown address still gets its 404, and a caller without a
    // required key its 401.
    private bool NeedsSilo(HttpContext context) => context.GetEndpoint() is { } endpoint
        && endpoint.Metadata.GetMetadata<AnswersWithoutSilo>() is null
        && RequiredScope.For(endpoint, context.Request.Method).NeedsKey
        && !(access.NeedsKey && KeyGuard.IsNameless(context.Request));
}
