using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;

namespace OrleansTasks.Silo.Engine;

/// <summary>The Embedded engine has no dashboard.</summary>
public static class EmbeddedDashboard
{
    /// <summary>Maps nothing.</summary>
    public static IEndpointConventionBuilder? MapEngineDashboard(this IEndpointRouteBuilder routes, string path) => null;
}
