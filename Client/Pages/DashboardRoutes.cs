using OrleansTasks.Access;
using OrleansTasks.Client.Access;
using OrleansTasks.Client.Http;
using OrleansTasks.Silo.Engine;

namespace OrleansTasks.Client.Pages;

/// <summary>The Orleans Dashboard, protected by the same keys as the rest of the gateway.</summary>
public static class DashboardRoutes
{
    /// <summary>The dashboard's path.</summary>
    public const string Path = "/dashboard";

    /// <summary>Maps the dashboard.</summary>
    public static void MapDashboard(this IEndpointRouteBuilder routes)
    {
        var dashboard = routes.MapEngineDashboard(Path);
        dashboard.RequireScope(Scopes.Read);
        dashboard.AddEndpointFilter(RefuseNoSilo);
        dashboard.WithMetadata(new SignInForm(static context => PageEndpoints.Write(context, HomeContent.SignIn())));
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
