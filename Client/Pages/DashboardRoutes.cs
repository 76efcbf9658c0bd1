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
            dashboard.AddEndpointFilter(RefuseNoSilo);
            dashboard.WithMetadata(new SignInForm(static context => PageEndpoints.Write(context, HomeContent.SignIn())));
            return;
        }

        routes.MapMethods(Path + "/{**rest}", ["GET", "HEAD"], static context => context.WriteProblem(Problems.NotFound(
            "The dashboard is a part of Microsoft Orleans, and this service runs on another engine. / shows tasks, nodes and queues, "
            + "/api/v1/cluster grains and calls.")));
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
