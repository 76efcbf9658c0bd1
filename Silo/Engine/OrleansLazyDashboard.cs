using Microsoft.Extensions.Options;
using Orleans.Dashboard;
using Orleans.Providers;
using Orleans.Services;
using OrleansTasks.Cluster.Link;
using OrleansTasks.Cluster.Startup;

namespace OrleansTasks.Silo.Engine;

/// <summary>
/// This silo's part of the Orleans Dashboard, which starts when a gateway shows the dashboard for the first time. The package
/// would start it with the silo: a thread that reads all of Orleans' instruments once a second, two timers, a grain, and a
/// filter of all calls.
/// </summary>
internal sealed class OrleansLazyDashboard : IHostedService, IIncomingGrainCallFilter
{
    private static readonly Type[] Delayed =
    [
        typeof(ILifecycleParticipant<ISiloLifecycle>), typeof(IHostedService), typeof(IIncomingGrainCallFilter), typeof(IGrainService),
    ];

    private readonly IServiceProvider services;
    private readonly ILookup<Type, ServiceDescriptor> parts;
    private readonly TimeProvider time;
    private readonly SharedStart start;
    private readonly TaskCompletionSource siloStarted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource stopping = new();

    // The silo starts its grain services itself. With this interval, the timer of this one is first due after 24 days.
    private readonly DashboardOptions serviceOptions = new() { CounterUpdateIntervalMs = int.MaxValue };
    private GrainService? service;
    private IIncomingGrainCallFilter? filter;
    private SiloLifecycleSubject? lifecycle;
    private IHostedService[] hosted = [];

    private OrleansLazyDashboard(IServiceProvider services, ILookup<Type, ServiceDescriptor> parts)
    {
        (this.services, this.parts) = (services, parts);
        time = services.GetRequiredService<TimeProvider>();
        start = new SharedStart(StartParts, Timeout.InfiniteTimeSpan, time);
    }

    /// <summary>Adds the dashboard, and takes over what of it would start with the silo.</summary>
    public static void Add(ISiloBuilder silo)
    {
        var services = silo.Services;
        var others = services.ToHashSet();
        silo.AddDashboard(static options => options.HideTrace = true);
        var parts = services.Where(part => !others.Contains(part)).ToLookup(static part => part.ServiceType);
        foreach (var part in Delayed.SelectMany(type => parts[type]))
            services.Remove(part);
        services.AddSingleton(provider => new OrleansLazyDashboard(provider, parts));
        services.AddHostedService(static provider => provider.GetRequiredService<OrleansLazyDashboard>());
        services.AddSingleton<IIncomingGrainCallFilter>(static provider => provider.GetRequiredService<OrleansLazyDashboard>());
        services.AddSingleton<IGrainService>(static provider => provider.GetRequiredService<OrleansLazyDashboard>().CreateService());
        services.AddKeyedSingleton<IControllable>(DashboardStarter.Name, static (provider, _) =>
            new DashboardStarter(provider.GetRequiredService<OrleansLazyDashboard>().start.Run));
    }

    /// <inheritdoc/>
    public Task Invoke(IIncomingGrainCallContext context) =>
        Volatile.Read(ref filter) is { } started ? started.Invoke(context) : context.Invoke();

    /// <summary>Allows the parts to start: the silo, whose hosted service was added earlier, has started.</summary>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        siloStarted.TrySetResult();
        return Task.CompletedTask;
    }

    /// <summary>Ends the parts while the silo, which stops later, still answers their last calls.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        stopping.Cancel();
        await start.End();
        await StopParts();
    }

    private static T Create<T>(ServiceDescriptor part, IServiceProvider services) => (T)(part.ImplementationFactory?.Invoke(services)
        ?? ActivatorUtilities.CreateInstance(services, part.ImplementationType!));

    private GrainService CreateService() =>
        service = Create<GrainService>(parts[typeof(IGrainService)].Single(), new OptionsInstead(services, serviceOptions));

    private async Task StartParts()
    {
        await siloStarted.Task.WaitAsync(Timeout.InfiniteTimeSpan, time, stopping.Token);
        try
        {
            hosted = [.. parts[typeof(IHostedService)].Select(part => Create<IHostedService>(part, services))];
            lifecycle = new SiloLifecycleSubject(services.GetRequiredService<ILogger<SiloLifecycleSubject>>());
            foreach (var part in parts[typeof(ILifecycleParticipant<ISiloLifecycle>)])
                Create<ILifecycleParticipant<ISiloLifecycle>>(part, services).Participate(lifecycle);
            await lifecycle.OnStart(stopping.Token);
            foreach (var part in hosted)
                await part.StartAsync(stopping.Token);
            Volatile.Write(ref filter, Create<IIncomingGrainCallFilter>(parts[typeof(IIncomingGrainCallFilter)].Single(), services));
            await StartService();
        }
        catch
        {
            await StopParts();
            throw;
        }
    }

    // The service sets its timer when it starts, so it starts once more, now with the dashboard's interval. This comes last,
    // because a second timer would count twice.
    private async Task StartService()
    {
        serviceOptions.CounterUpdateIntervalMs = services.GetRequiredService<IOptions<DashboardOptions>>().Value.CounterUpdateIntervalMs;
        var own = service!;
        var started = new Task<Task>(own.Start);
        own.Scheduler.QueueTask(started);
        await started.Unwrap();
    }

    private async Task StopParts()
    {
        Volatile.Write(ref filter, null);
        if (lifecycle is not null)
            await lifecycle.OnStop(CancellationToken.None);
        foreach (var part in hosted)
        {
            await part.StopAsync(CancellationToken.None);
            if (part is IAsyncDisposable owner)
                await owner.DisposeAsync();
        }

        (lifecycle, hosted) = (null, []);
    }

    /// <summary>The silo's services, with other options of the dashboard.</summary>
    private sealed class OptionsInstead(IServiceProvider services, DashboardOptions options) : IServiceProvider
    {
        public object? GetService(Type serviceType) =>
            serviceType == typeof(IOptions<DashboardOptions>) ? Options.Create(options) : services.GetService(serviceType);
    }
}
