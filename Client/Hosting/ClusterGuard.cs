using OrleansTasks.Client.Access;
using OrleansTasks.Client.Http;
using OrleansTasks.Silo.Status;

namespace OrleansTasks.Client.Hosting;

/// <summary>
/// Answers at once while no silo can be reached: nothing is sent that could not be carried out. A key cannot be checked then,
/// so where one is needed the answer does not say where the silo is.
/// </summary>
public sealed class ClusterGuard(RequestDelegate next, IClusterLink link, AccessOptions access)
{
    private readonly Problem unreachable = Problems.NotReady(
        $"No silo answers{(access.NeedsKey ? "" : $" at {link.Silos}")}, and nothing was accepted. The gateway goes on asking; "
        + "send it again in a few seconds.");

    /// <summary>Passes a request on that can be answered now.</summary>
    public Task InvokeAsync(HttpContext context) =>
        link.IsUp || !NeedsSilo(context) ? next(context) : context.WriteProblem(unreachable);

    // What needs no key asks no grain; an address that does not exist is said to be so, and a caller without a key that one
    // is needed.
    private bool NeedsSilo(HttpContext context) => context.GetEndpoint() is { } endpoint
        && endpoint.Metadata.GetMetadata<AnswersWithoutSilo>() is null
        && RequiredScope.For(endpoint, context.Request.Method).NeedsKey
        && !(access.NeedsKey && KeyGuard.IsNameless(context.Request));
}
