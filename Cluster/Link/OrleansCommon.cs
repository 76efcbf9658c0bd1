using Orleans.Configuration;
using Orleans.Serialization;
using OrleansTasks.Cluster.Status;

namespace OrleansTasks.Cluster.Link;

/// <summary>What both ends of a connection between a gateway and a silo must set up alike.</summary>
public static class OrleansCommon
{
    private const string ClusterName = "orleanstasks";

    /// <summary>The engine's human-readable name.</summary>
    public const string Name = "Orleans";

    /// <summary>Adds what notices that the wall clock was set, and what must know it.</summary>
    public static void AddClockWatch(IServiceCollection services)
    {
        services.AddSingleton<ClockWatch>();
        services.AddHostedService(static provider => provider.GetRequiredService<ClockWatch>());
        services.AddHostedService<OrleansRetryPauses>();
    }

    /// <summary>
    /// Lets exceptions of every type be sent, each as its type's name, its message and its cause. Otherwise Orleans
    /// cannot serialize an exception that is, or contains, a library's, and the caller gets an error about serializers
    /// instead of ours. A receiver that does not know the type gets an
    /// <see cref="UnavailableExceptionFallbackException"/> with that name.
    /// </summary>
    public static void CarryFaults(IServiceCollection services)
    {
        services.Configure<ExceptionSerializationOptions>(static options => options.SupportedExceptionTypeFilter = static _ => true);
        services.AddSingleton<ITypeFilter, ExceptionTypes>();
    }

    /// <summary>Sets the cluster's name, which silos and gateways must share to connect.</summary>
    public static void NameCluster(ClusterOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.ClusterId = ClusterName;
        options.ServiceId = ClusterName;
    }

    /// <summary>Allows the names of exception types in messages. Leaves all other types to the default.</summary>
    private sealed class ExceptionTypes : ITypeFilter
    {
        public bool? IsTypeAllowed(Type type) => type.IsAssignableTo(typeof(Exception)) ? true : null;
    }
}
