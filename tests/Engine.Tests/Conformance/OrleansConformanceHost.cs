using System.Reflection;
using Orleans.GrainDirectory;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Streams;
using Orleans.TestingHost;

[assembly: AssemblyFixture(typeof(OrleansTasks.Engine.Tests.OrleansHosts))]

namespace OrleansTasks.Engine.Tests;

/// <summary>The suite's host on Orleans: a cluster of two silos in this process, and a client.</summary>
internal sealed class OrleansConformanceHost(InProcessTestCluster cluster) : IConformanceHost, IAsyncDisposable
{
    public IClusterClient Client => cluster.Client;

    public TimeProvider Time => TimeProvider.System;

    public Task<T> Elsewhere<T>(Func<Task<T>> code) => Task.Run(code);

    public Task CollectIdleAsync(TimeSpan age) =>
        cluster.Client.GetGrain<IManagementGrain>(0).ForceActivationCollection(age);

    public async Task KillHostOfAsync(IAddressable grain)
    {
        var address = await cluster.Client.GetGrain<IManagementGrain>(0).GetActivationAddress(grain);
        var silo = cluster.GetSiloForAddress(address!)!;
        await cluster.KillSiloAsync(silo);
    }

    // Orleans offers no such fault, so this reaches into the silo that has the activation.
    public async Task ForgetAsync(IAddressable grain)
    {
        var address = await cluster.Client.GetGrain<IManagementGrain>(0).GetActivationAddress(grain);
        var services = cluster.GetSiloForAddress(address!)!.SiloHost.Services;
        var activations = ServiceOf(services, "Orleans.Runtime.ActivationDirectory");
        var context = (IGrainContext)Call(activations, "FindTarget", grain.GetGrainId())!;
        Call(activations, "RemoveTarget", context);
        var locator = ServiceOf(services, "Orleans.Runtime.GrainDirectory.GrainLocator");
        await (Task)Call(locator, "Unregister", context.Address, UnregistrationCause.Force)!;
    }

    public Task StopAsync() => cluster.StopAllSilosAsync();

    public ValueTask DisposeAsync() => cluster.DisposeAsync();

    public static async Task<OrleansConformanceHost> StartAsync()
    {
        var builder = new InProcessTestClusterBuilder(2);
        builder.Options.ConfigureFileLogging = false;
        builder.ConfigureHost(host => host.Logging.SetMinimumLevel(LogLevel.Error));
        builder.ConfigureSilo((_, silo) =>
        {
            ConformanceServices.Add(silo.Services);
            silo.Configure<ClusterMembershipOptions>(o =>
            {
                o.ProbeTimeout = TimeSpan.FromMilliseconds(500);
                o.NumMissedProbesLimit = 2;
                o.NumVotesForDeathDeclaration = 1;
                o.TableRefreshTimeout = TimeSpan.FromSeconds(1);
            });
            silo.AddMemoryGrainStorageAsDefault();
            silo.AddMemoryGrainStorage(IConformanceHost.States);
            silo.UseInMemoryReminderService();
            silo.AddMemoryStreams(IConformanceHost.Streams, s =>
            {
                s.ConfigureStreamPubSub(StreamPubSubType.ImplicitOnly);
                s.ConfigurePullingAgent(a => a.Configure(
                    o => o.GetQueueMsgsTimerPeriod = TimeSpan.FromMilliseconds(5)));
                s.ConfigurePartitioning(2);
            });
        });
        builder.ConfigureClient(client => client.AddMemoryStreams(IConformanceHost.Streams, s =>
        {
            s.ConfigureStreamPubSub(StreamPubSubType.ImplicitOnly);
            s.ConfigurePartitioning(2);
        }));
        builder.ConfigureClientHost(host => ConformanceServices.AddToClient(host.Services));
        var cluster = builder.Build();
        await cluster.DeployAsync();
        return new OrleansConformanceHost(cluster);
    }

    private static object ServiceOf(IServiceProvider services, string type) =>
        services.GetRequiredService(typeof(Silo).Assembly.GetType(type, throwOnError: true)!);

    private static object? Call(object target, string method, params object[] arguments) => target.GetType()
        .GetMethod(method, BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)!
        .Invoke(target, arguments);
}

/// <summary>Runs tests on Orleans; most of them share one cluster.</summary>
public class OrleansHosts : IConformanceHosts, IAsyncLifetime
{
    private OrleansConformanceHost? _shared;

    public async ValueTask InitializeAsync() => _shared = await OrleansConformanceHost.StartAsync();

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (_shared is { } host) await host.DisposeAsync();
    }

    public Task RunAsync(Func<IConformanceHost, Task> test) => test(_shared!);

    public async Task RunAloneAsync(Func<IConformanceHost, Task> test)
    {
        await using var host = await OrleansConformanceHost.StartAsync();
        await test(host);
    }
}
