using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Orleans.Dashboard;

namespace OrleansTasks.Silo.Engine;

/// <summary>Serves Orleans' own dashboard.</summary>
public static class OrleansDashboard
{
    /// <summary>Maps it under a path; null where the engine has none.</summary>
    public static IEndpointConventionBuilder? MapEngineDashboard(this IEndpointRouteBuilder routes, string path) =>
        routes.MapOrleansDashboard(path);
}
