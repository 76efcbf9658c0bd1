using Microsoft.Extensions.DependencyInjection.Extensions;
using OrleansTasks.Client.Access;
using OrleansTasks.Client.Attention;
using OrleansTasks.Client.Figures;
using OrleansTasks.Client.Gateway;
using OrleansTasks.Client.Keys;
using OrleansTasks.Client.Operations;
using OrleansTasks.Client.Operations.Metrics;
using OrleansTasks.Client.Pages;
using OrleansTasks.Processing.Plugins;
using OrleansTasks.Silo;
using OrleansTasks.Silo.Endpoint;
using OrleansTasks.Silo.Engine;
using OrleansTasks.Silo.Status;
using OrleansTasks.Silo.Workers;
using OrleansTasks.Worker.Agent;
using OrleansTasks.Worker.Files;
using OrleansTasks.Worker.Plugins;
using OrleansTasks.Worker.Processes.Users;

namespace OrleansTasks.Client.Hosting;

/// <summary>Composes the service: silo, worker and gateway in one host, or either on its own.</summary>
public static class ServiceHost
{
    /// <summary>The file in the data folder with the gateway's series.</summary>
    private const string FiguresName = "figures";

    /// <summary>
    /// Composes it; it is not started. A test gives a web server of its own. Without an <paramref name="endpoint"/> no remote
    /// worker can connect.
    /// </summary>
    public static WebApplication Build(
        ServiceOptions options, AccessOptions access, Action<WebApplicationBuilder> useServer, string workerFolder,
        NodeEndpointOptions? endpoint = null)
    {
        var builder = NewBuilder(useServer);
        AddCommon(builder.Services, options);
        AddSilo(builder.Services, options, workerFolder, endpoint);
        AddGateway(builder.Services, access, Path.Combine(options.Data, FiguresName));
        return Map(builder.Build());
    }

    /// <summary>Composes a gateway on its own; it is not started.</summary>
    public static WebApplication BuildGateway(ServiceOptions options, AccessOptions access, Action<WebApplicationBuilder> useServer)
    {
        var builder = NewBuilder(useServer);
        AddCommon(builder.Services, options);
        builder.Services.AddClusterLink(new ClusterTarget(options.Silos, options.Cluster, options.Database));
        AddGateway(builder.Services, access, figures: null);
        return Map(builder.Build());
    }

    /// <summary>Composes a silo on its own, with its worker; it is not started.</summary>
    public static IHost BuildSilo(ServiceOptions options, string workerFolder, NodeEndpointOptions? endpoint = null)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ContentRootPath = AppContext.BaseDirectory });
        ServiceLog.Use(builder.Logging);
        AddCommon(builder.Services, options);
        AddSilo(builder.Services, options, workerFolder, endpoint);
        return builder.Build();
    }

    // Nothing but the command line decides: no settings file of the current folder, no environment.
    private static WebApplicationBuilder NewBuilder(Action<WebApplicationBuilder> useServer)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        ServiceLog.Use(builder.Logging);
        useServer(builder);
        return builder;
    }

    private static WebApplication Map(WebApplication app)
    {
        // Made now, so that it hears of every measurement from the first.
        app.Services.GetRequiredService<MetricsCollector>();
        app.UseProblems();
        app.UseMiddleware<AddressGuard>();
        app.UseRouting();
        app.UseMiddleware<ClusterGuard>();
        app.UseMiddleware<KeyGuard>();
        app.UseMiddleware<DrainGuard>();
        app.MapGateway();
        app.MapSession();
        app.MapKeys();
        app.MapHealth();
        app.MapCluster();
        app.MapGrains();
        app.MapSeries();
        app.MapAttention();
        app.MapPages();
        app.MapDashboard();
        return app;
    }

    private static void AddCommon(IServiceCollection services, ServiceOptions options)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(options);
        services.AddSingleton<ServiceState>();
        services.AddSingleton<IHostLifetime, ServiceLifetime>();
    }

    private static void AddSilo(
        IServiceCollection services, ServiceOptions options, string workerFolder, NodeEndpointOptions? endpoint)
    {
        services.AddSilo(new SiloOptions
        {
            DataFolder = options.Data,
            Database = options.Database,
            Lease = options.Lease,
            Retention = options.Retention,
            RetentionFailed = options.RetentionFailed,
            Listen = options.Listen,
            PeerPort = options.PeerPort,
            FileRoots = options.FileRoots,
            WebhookTargets = options.WebhookAllow,
            AllowsAllWebhookTargets = options.IsOnLoopbackOnly,
            Dashboard = true,
        });
        // After the silo, so that it starts later and stops earlier.
        if (endpoint is not null)
            services.AddNodeEndpoint(endpoint);
        AddWorker(services, options, workerFolder);
    }

    private static void AddGateway(IServiceCollection services, AccessOptions access, string? figures)
    {
        services.AddSingleton<MetricsCollector>();
        services.AddSingleton<IReadinessCheck, LifecycleReadiness>();
        services.AddSingleton<IReadinessCheck, StoreReadiness>();
        services.AddAccess(access);
        services.AddHostedService<KeyUseWriter>();
        services.AddGateway();
        services.AddSingleton(new FigureOptions(figures));
        services.AddSingleton<FigureCollector>();
        services.AddHostedService(static provider => provider.GetRequiredService<FigureCollector>());
        services.AddSingleton<AttentionWatch>();
        services.AddHostedService(static provider => provider.GetRequiredService<AttentionWatch>());
        services.AddSingleton<SystemWatch>();
        services.AddSingleton(static _ => ConsolePack.In(AppContext.BaseDirectory));
    }

    /// <summary>Lets tasks that run as another user reach their working folders.</summary>
    private static void OpenWay(LocalWorkerOptions worker, string data)
    {
        try
        {
            worker.RunAs?.OpenWay(worker.WorkFolderRoot, data, worker.DataFolder);
        }
        catch (RunAsException refused)
        {
            throw new StartRefusedException(refused.Message, StartRefusedException.BadOption);
        }
    }

    private static PluginCatalog LoadPlugins(string? folder)
    {
        try
        {
            return folder is null ? PluginCatalog.Empty : PluginFolder.Load(folder);
        }
        catch (PluginException refused)
        {
            throw new StartRefusedException($"--plugins: {refused.Message}", StartRefusedException.BadOption);
        }
    }

    private static void AddWorker(IServiceCollection services, ServiceOptions options, string folder)
    {
        if (options.Slots == 0)
            return;
        var worker = new LocalWorkerOptions
        {
            DataFolder = folder,
            Slots = options.Slots,
            Drain = options.Drain,
            RunAs = options.RunAs,
            FileRoots = [.. options.FileRoots.Select(RealPath.Of)],
            Plugins = LoadPlugins(options.Plugins),
        };
        worker.Earlier = WorkerFolder.TakeOver(folder, worker.NodeId);
        OpenWay(worker, options.Data);
        services.AddLocalWorker(worker);
        services.AddSingleton<IDrain, LocalWorkerDrain>();
    }
}
