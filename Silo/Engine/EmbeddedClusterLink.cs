using Microsoft.Extensions.DependencyInjection;
using OrleansTasks.Silo.Status;

namespace OrleansTasks.Silo.Engine;

/// <summary>What the Embedded engine has instead of a way to silos elsewhere: the reason why there is none.</summary>
public static class EmbeddedClusterLink
{
    /// <summary>Why silo and gateway cannot be apart.</summary>
    internal const string Reason = "engine Embedded runs silo and gateway in one process only (--all-in-one, make run). "
        + "Apart they need engine Orleans: -p:Engine=Orleans.";

    /// <summary>Always throws <see cref="EngineLacksException"/>.</summary>
    public static IServiceCollection AddClusterLink(this IServiceCollection services, ClusterTarget target) =>
        throw new EngineLacksException(Reason);
}
