using OrleansTasks.Access;
using OrleansTasks.Client.Access;
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
        dashboard.WithMetadata(new SignInForm(static context => PageEndpoints.Write(context, HomeContent.SignIn())));
    }
}
