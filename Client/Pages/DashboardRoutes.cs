using OrleansTasks.Access;
using OrleansTasks.Client.Access;
using OrleansTasks.Client.Http;
using OrleansTasks.Silo.Engine;

namespace OrleansTasks.Client.Pages;

/// <summary>The Orleans Dashboard, behind the same keys as everything else.</summary>
public static class DashboardRoutes
{
    /// <summary>Where it is.</summary>
    public const string Path = "/dashboard";

    /// <summary>Maps it.</summary>
    public static void MapDashboard(this IEndpointRouteBuilder routes)
    {
        var dashboard = routes.MapEngineDashboard(Path);
        dashboard.RequireScope(Scopes.Read);
        dashboard.AddEndpointFilter(RefuseNoSilo);
        dashboard.WithMetadata(new SignInForm(static context => PageEndpoints.Write(context, HomeContent.SignIn())));
    }

    // The dashboard makes a grain for whatever stands in the place of a silo's address, and the grain cannot begin.
    private static async ValueTask<object?> RefuseNoSilo(EndpointFilterInvocationContext call, EndpointFilterDelegate next)
    {
        try
        {
            return await next(call);
        }
        catch (InvalidOperationException fault) when (fault.InnerException is FormatException)
        {
            throw new ProblemException(Problems.NotFound("There is no such silo; /api/v1/cluster lists them."));
        }
    }
}
