using OrleansTasks.Client.Access;
using OrleansTasks.Client.Http;
using OrleansTasks.Lifetime;

namespace OrleansTasks.Client.Hosting;

/// <summary>Refuses writes while the service starts or stops. Reads pass.</summary>
public sealed class DrainGuard(RequestDelegate next, ServiceState state)
{
    private const int RetryAfter = 5;

    private static readonly Problem Ending = Problems.NotReady(
        "The service is shutting down, so nothing was accepted. Repeat the request in a few seconds, when it or another one is running.")
        with { RetryAfter = RetryAfter };

    private static readonly Problem Starting = Problems.NotReady(
        "The service is starting, so nothing was accepted. Repeat the request in a few seconds.")
        with { RetryAfter = RetryAfter };

    /// <summary>Passes a request on if it may be handled now.</summary>
    public Task InvokeAsync(HttpContext context)
    {
        var phase = state.Phase;
        return phase == ServicePhase.Running || Methods.IsRead(context.Request.Method)
            || context.GetEndpoint()?.Metadata.GetMetadata<PassesCallsOn>() is not null
            ? next(context)
            : context.WriteProblem(phase == ServicePhase.Draining ? Ending : Starting);
    }
}
