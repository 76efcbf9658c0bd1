using Microsoft.Extensions.DependencyInjection.Extensions;
using OrleansTasks.Client.Access;
using OrleansTasks.Client.Gateway;
using OrleansTasks.Client.Operations;
using OrleansTasks.Client.Operations.Metrics;
using OrleansTasks.Client.Pages;
using OrleansTasks.Silo;
using OrleansTasks.Silo.Workers;
using OrleansTasks.Worker.Agent;

namespace OrleansTasks.Client.Hosting;

/// <summary>Composes the service: silo, worker and gateway in one host.</summary>
public static class ServiceHost
{
    /// <summary>Composes it; it is not started. A test gives a web server of its own.</summary>
    public static WebApplication Build(
        ServiceOptions options, AccessOptions access, Action<WebApplicationBuilder> useServer, string workerFolder)
    {
        // Nothing but the command line decides: no settings file of the current folder, no environment.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        ServiceLog.Use(builder.Logging);
        useServer(builder);
        AddServices(builder.Services, options, access);
        AddWorker(builder.Services, options, workerFolder);

        var app = builder.Build();
        // Made now, so that it hears of every measurement from the first.
        app.Services.GetRequiredService<MetricsCollector>();
        app.UseProblems();
        app.UseMiddleware<AddressGuard>();
        app.UseRouting();
        app.UseMiddleware<KeyGuard>();
        app.UseMiddleware<DrainGuard>();
        app.MapGateway();
        app.MapSession();
        app.MapHealth();
        app.MapCluster();
        app.MapPages();
        return app;
    }

    private static void AddServices(IServiceCollection services, ServiceOptions options, AccessOptions access)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(options);
        services.AddSingleton<ServiceState>();
        services.AddSingleton<IHostLifetime, ServiceLifetime>();
        services.AddSingleton<MetricsCollector>();
        services.AddSingleton<IReadinessCheck, LifecycleReadiness>();
        services.AddSingleton<IReadinessCheck, StoreReadiness>();
        services.AddSilo(new SiloOptions { DataFolder = options.Data, Lease = options.Lease, Retention = options.Retention });
        services.AddAccess(access);
        services.AddGateway();
        services.AddSingleton<SystemWatch>();
    }

    private static void AddWorker(IServiceCollection services, ServiceOptions options, string folder)
    {
        if (options.Slots == 0)
            return;
        services.AddLocalWorker(new LocalWorkerOptions
        {
            DataFolder = folder,
            Slots = options.Slots,
            Drain = options.Drain,
            EarlierTreesDead = WorkerFolder.TakeOver(folder),
        });
        services.AddSingleton<IDrain, LocalWorkerDrain>();
    }
}
