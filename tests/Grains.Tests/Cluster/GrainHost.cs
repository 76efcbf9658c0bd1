using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.GrainDirectory;
using Orleans.Streams;
using Orleans.TestingHost;
using OrleansTasks.Nodes;

namespace OrleansTasks.Grains.Tests.Cluster;

/// <summary>A real silo of Orleans in this process, and a client, on a clock that runs and can be put forward.</summary>
internal sealed class GrainHost(Action<IServiceCollection> add) : IAsyncDisposable
{
    private static readonly TimeSpan Polling = TimeSpan.FromMilliseconds(5);
    private InProcessTestCluster cluster = null!;

    /// <summary>Calls grains, from outside of any.</summary>
    public IGrainFactory Grains => cluster.Client;

    public static async Task<GrainHost> StartAsync(Action<IServiceCollection> add)
    {
        var host = new GrainHost(add);
        await host.Deploy();
        return host;
    }

    private async Task Deploy()
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

    /// <summary>Kills the silo and starts it again; nothing in memory survives.</summary>
    public async Task KillAndRestart()
    {
        await cluster.KillSiloAsync(cluster.Silos[0]);
        await cluster.DisposeAsync();
        await Deploy();
    }

    /// <summary>Lets the next call of a grain make a second activation while the first lives on; false when there is no first.</summary>
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

    /// <summary>Has the activations end in order that no call needs, as a silo that stops has them all.</summary>
    public Task Deactivate() => Grains.GetGrain<IManagementGrain>(0).ForceActivationCollection(TimeSpan.Zero);

    public ValueTask DisposeAsync() => cluster.DisposeAsync();

    private static object ServiceOf(IServiceProvider services, string type) =>
        services.GetRequiredService(typeof(Silo).Assembly.GetType(type, throwOnError: true)!);

    private static object? Call(object target, string method, params object[] arguments) => target.GetType()
        .GetMethod(method, BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)!
        .Invoke(target, arguments);
}
