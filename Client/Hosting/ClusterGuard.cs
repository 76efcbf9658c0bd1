using OrleansTasks.Client.Access;
using OrleansTasks.Client.Http;
using OrleansTasks.Silo.Status;

namespace OrleansTasks.Client.Hosting;

/// <summary>Answers at once while no silo can be reached: nothing is sent that could not be carried out.</summary>
public sealed class ClusterGuard(RequestDelegate next, IClusterLink link)
{
    private readonly Problem unreachable = Problems.NotReady(
        $"No silo answers at {link.Silos}, and nothing was accepted. The gateway goes on asking; send it again in a few seconds.");

    /// <summary>Passes a request on that can be answered now.</summary>
    public Task InvokeAsync(HttpContext context) =>
        link.IsUp || !NeedsSilo(context) ? next(context) : context.WriteProblem(unreachable);

    // What needs no key asks no grain; an address that does not exist is said to be so.
    private static bool NeedsSilo(HttpContext context) => context.GetEndpoint() is { } endpoint
        && endpoint.Metadata.GetMetadata<AnswersWithoutSilo>() is null
        && RequiredScope.For(endpoint, context.Request.Method).NeedsKey;
}
