using OrleansTasks.Access;
using OrleansTasks.Client.Access;
using OrleansTasks.Client.Http;
using OrleansTasks.Cluster.Link;

namespace OrleansTasks.Client.Pages;

/// <summary>The Orleans Dashboard, protected by the same keys as the rest of the gateway.</summary>
public static class DashboardRoutes
{
    /// <summary>The dashboard's path.</summary>
    public const string Path = "/dashboard";

    /// <summary>
    /// Maps the dashboard. Its own routes are built at the first request, because that unpacks and compresses 17 MB of
    /// files, which stay in memory.
    /// </summary>
    public static void MapDashboard(this IEndpointRouteBuilder routes)
    {
        var inner = new Lazy<RequestDelegate>(() => Build(routes.CreateApplicationBuilder()));
        var dashboard = routes.MapGet(Path + "/{**rest}", context =>
        {
            // The inner routing chooses anew.
            context.SetEndpoint(null);
            context.Request.RouteValues.Clear();
            return inner.Value(context);
        });
        dashboard.RequireScope(Scopes.Read);
        dashboard.WithMetadata(new SignInForm(static context => PageEndpoints.Write(context, HomeContent.SignIn())));
    }

    private static RequestDelegate Build(IApplicationBuilder app)
    {
        app.UseRouting();
        app.UseEndpoints(static routes => routes.MapEngineDashboard(Path).AddEndpointFilter(RefuseNoSilo));
        return app.Build();
    }

    // For a path segment that is not a silo's address, the dashboard activates a grain that fails to start. Answer 404
    // instead.
    private static async ValueTask<object?> RefuseNoSilo(EndpointFilterInvocationContext call, EndpointFilterDelegate next)
    {
        try
        {
            return await next(call);
        }
        catch (InvalidOperationException fault) when (fault.InnerException is FormatException)
        {
            throw new ProblemException(Problems.NotFound("No silo has this name; /api/v1/cluster lists the silos."));
        }
    }
}
