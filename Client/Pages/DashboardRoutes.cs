using OrleansTasks.Access;
using OrleansTasks.Client.Access;
using OrleansTasks.Client.Http;
using OrleansTasks.Silo.Engine;

namespace OrleansTasks.Client.Pages;

/// <summary>The engine's own dashboard, where it has one, behind the same keys as everything else.</summary>
public static class DashboardRoutes
{
    /// <summary>Where it is.</summary>
    public const string Path = "/dashboard";

    /// <summary>Maps it, or the answer that there is none.</summary>
    public static void MapDashboard(this IEndpointRouteBuilder routes)
    {
        if (routes.MapEngineDashboard(Path) is { } dashboard)
        {
            dashboard.RequireScope(Scopes.Read);
            dashboard.WithMetadata(new SignInForm(static context => PageEndpoints.Write(context, HomeContent.SignIn())));
            return;
        }

        routes.MapMethods(Path + "/{**rest}", ["GET", "HEAD"], static context => context.WriteProblem(Problems.NotFound(
            "The dashboard is a part of Microsoft Orleans, and this service runs on another engine. / shows tasks, nodes and queues, "
            + "/api/v1/cluster grains and calls.")));
    }
}
