using OrleansTasks.Access;
using OrleansTasks.Client.Figures;
using OrleansTasks.Client.Http;
using OrleansTasks.Client.Operations.Metrics;

namespace OrleansTasks.Client.Operations;

/// <summary>The calls for health probes and metrics scrapers.</summary>
public static class HealthEndpoints
{
    private const string Text = "text/plain; charset=utf-8";

    private const string SetAside = "The store has refused some data, which was set aside: see otask attention.";

    private static readonly ApiCall Live = new("GET", "/livez", Scopes.None, "operations", "Check whether the process answers.")
    { Produces = "text/plain" };

    private static readonly ApiCall Ready = new("GET", "/readyz", Scopes.None, "operations", "Check whether the "
        + "service accepts work; a 503 names the parts that do not.")
    { Produces = "text/plain", Refusals = [503] };

    private static readonly ApiCall Measured = new("GET", "/metrics", Scopes.Read, "operations", "Get figures in the "
        + "text format of Prometheus.")
    { Produces = "text/plain" };

    /// <summary>Maps <c>/livez</c>, <c>/readyz</c> and <c>/metrics</c>.</summary>
    /// <remarks>
    /// A silo that sets aside what the store refused is ready, because everything else goes on. The answer says so
    /// without names, because it needs no key.
    /// </remarks>
    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        var figures = routes.ServiceProvider.GetRequiredService<FigureCollector>();
        var checks = routes.ServiceProvider.GetServices<IReadinessCheck>().ToImmutableArray();
        var metrics = routes.ServiceProvider.GetRequiredService<MetricsCollector>();
        routes.MapCall(Live, context => Write(context, "alive\n", Text));
        routes.MapCall(Ready, context => Answer(context, checks, figures));
        routes.MapCall(Measured, context => Write(context, metrics.Collect(), PrometheusText.MediaType));
    }

    private static async Task Answer(
        HttpContext context, ImmutableArray<IReadinessCheck> checks, FigureCollector figures)
    {
        var problems = new List<string>();
        foreach (var check in checks)
            if (await check.FindProblem(context.RequestAborted) is { } problem)
                problems.Add($"{check.Name}: {problem}.");
        if (problems.Count == 0)
            await Write(context, figures.Refused.IsEmpty ? "ready\n" : $"ready\n{SetAside}\n", Text);
        else
            await context.WriteProblem(Problems.NotReady(string.Join(' ', problems)));
    }

    private static Task Write(HttpContext context, string text, string type)
    {
        context.Response.ContentType = type;
        context.Response.Headers.CacheControl = "no-store";
        return context.Response.WriteAsync(text, context.RequestAborted);
    }
}
