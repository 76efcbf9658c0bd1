using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Orleans.Dashboard;

namespace OrleansTasks.Cluster.Link;

/// <summary>Serves Orleans' own dashboard.</summary>
public static class OrleansDashboard
{
    /// <summary>Maps the dashboard of grains, silos and calls under a path.</summary>
    public static IEndpointConventionBuilder MapEngineDashboard(this IEndpointRouteBuilder routes, string path) =>
        routes.MapOrleansDashboard(path);
}
