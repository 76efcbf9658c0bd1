using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Orleans.Dashboard;

namespace OrleansTasks.Cluster.Link;

/// <summary>Serves Orleans' own dashboard.</summary>
public static class OrleansDashboard
{
    /// <summary>Starts the parts of the dashboard on all silos where they have not started yet.</summary>
    public static Task StartEngineDashboard(this IGrainFactory grains)
    {
        ArgumentNullException.ThrowIfNull(grains);
        return grains.GetGrain<IManagementGrain>(0)
            .SendControlCommandToProvider<DashboardStarter>(DashboardStarter.Name, DashboardStarter.Start);
    }

    /// <summary>Maps the dashboard of grains, silos and calls under a path.</summary>
    public static IEndpointConventionBuilder MapEngineDashboard(this IEndpointRouteBuilder routes, string path) =>
        routes.MapOrleansDashboard(path);
}
