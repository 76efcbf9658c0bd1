using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.GrainDirectory;
using Orleans.Streams;
using Orleans.TestingHost;
using OrleansTasks.Nodes;

namespace OrleansTasks.Grains.Tests.Cluster;

/// <summary>A real silo of Orleans in this process, and a client, on a clock that runs and can be put forward.</summary>
internal sealed class OrleansGrainHost(Action<IServiceCollection> add) : IGrainHost
{
    private static readonly TimeSpan Polling = TimeSpan.FromMilliseconds(5);
    private InProcessTestCluster cluster = null!;

    public IGrainFactory Grains => cluster.Client;

    public async Task StartAsync()
    {
        var builder = new InProcessTestClusterBuilder(1);
        builder.Options.ConfigureFileLogging = false;
        builder.ConfigureHost(static host => host.Logging.SetMinimumLevel(LogLevel.Error));
        builder.ConfigureSilo((_, silo) =>
        {
            add(silo.Services);
            silo.AddMemoryStreams(CommandStream.Provider, static streams =>
            {
                streams.ConfigureStreamPubSub(StreamPubSubType.ImplicitOnly);
                streams.ConfigurePullingAgent(static agent => agent.Configure(static o => o.GetQueueMsgsTimerPeriod = Polling));
                streams.ConfigurePartitioning(1);
            });
        });
        cluster = builder.Build();
        await cluster.DeployAsync();
    }

    public async Task KillAndRestart()
    {
        await cluster.KillSiloAsync(cluster.Silos[0]);
        await cluster.DisposeAsync();
        await StartAsync();
    }

    // Orleans offers no such fault, so this reaches into the silo.
    public async Task<bool> Forget(IAddressable grain)
    {
        var services = cluster.Silos[0].SiloHost.Services;
        var activations = ServiceOf(services, "Orleans.Runtime.ActivationDirectory");
        if (Call(activations, "FindTarget", grain.GetGrainId()) is not IGrainContext context)
            return false;
        Call(activations, "RemoveTarget", context);
        await (Task)Call(ServiceOf(services, "Orleans.Runtime.GrainDirectory.GrainLocator"), "Unregister", context.Address, UnregistrationCause.Force)!;
        return true;
    }

    public Task Deactivate() => Grains.GetGrain<IManagementGrain>(0).ForceActivationCollection(TimeSpan.Zero);

    public ValueTask DisposeAsync() => cluster.DisposeAsync();

    private static object ServiceOf(IServiceProvider services, string type) =>
        services.GetRequiredService(typeof(Silo).Assembly.GetType(type, throwOnError: true)!);

    private static object? Call(object target, string method, params object[] arguments) => target.GetType()
        .GetMethod(method, BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)!
        .Invoke(target, arguments);
}

/// <summary>Starts hosts of the engine that the tests are built for.</summary>
internal static class GrainHosts
{
    public static TestTime NewTime() => new ShiftedTime();

    public static async Task<IGrainHost> StartAsync(Action<IServiceCollection> add)
    {
        var host = new OrleansGrainHost(add);
        await host.StartAsync();
        return host;
    }
}
