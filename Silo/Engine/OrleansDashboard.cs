using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Orleans.Dashboard;

namespace OrleansTasks.Silo.Engine;

/// <summary>Serves Orleans' own dashboard.</summary>
public static class OrleansDashboard
{
    /// <summary>Maps it under a path; grains, silos and calls.</summary>
    public static IEndpointConventionBuilder MapEngineDashboard(this IEndpointRouteBuilder routes, string path) =>
        routes.MapOrleansDashboard(path);
}
