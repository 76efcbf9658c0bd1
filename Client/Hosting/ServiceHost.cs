using Microsoft.Extensions.DependencyInjection.Extensions;
using OrleansTasks.Client.Access;
using OrleansTasks.Client.Attention;
using OrleansTasks.Client.Figures;
using OrleansTasks.Client.Gateway;
using OrleansTasks.Client.Http;
using OrleansTasks.Client.Keys;
using OrleansTasks.Client.Mcp;
using OrleansTasks.Client.Operations;
using OrleansTasks.Client.Operations.Metrics;
using OrleansTasks.Client.Pages;
using OrleansTasks.Silo.Endpoint;
using OrleansTasks.Silo.Engine;
using OrleansTasks.Silo.Hosting;
using OrleansTasks.Silo.Status;

namespace OrleansTasks.Client.Hosting;

/// <summary>Builds a gateway, alone or in one host with a silo and its worker.</summary>
public static class ServiceHost
{
    /// <summary>The name of the file in the data folder with the gateway's series.</summary>
    private const string FiguresName = "figures";

    /// <summary>
    /// Builds the all-in-one service without starting it. A test passes its own web server. Without an
    /// <paramref name="endpoint"/>, remote workers cannot connect.
    /// </summary>
    public static WebApplication Build(
        ServiceOptions options, AccessOptions access, Action<WebApplicationBuilder> useServer, string workerFolder,
        NodeEndpointOptions? endpoint = null)
    {
        var builder = NewBuilder(options, useServer, "orleanstasks");
        SiloHost.AddCommon(builder.Services, options);
        SiloHost.AddSilo(builder.Services, options, workerFolder, endpoint);
        AddGateway(builder.Services, access, Path.Combine(options.Data, FiguresName));
        return Map(builder.Build());
    }

    /// <summary>Builds a gateway alone without starting it.</summary>
    public static WebApplication BuildGateway(ServiceOptions options, AccessOptions access, Action<WebApplicationBuilder> useServer)
    {
        var builder = NewBuilder(options, useServer, "orleanstasks-gateway");
        SiloHost.AddCommon(builder.Services, options);
        builder.Services.AddClusterLink(new ClusterTarget(options.Silos, options.Cluster, options.Database)
        {
            Tls = options.ClusterTls, Certificate = options.ClusterCert,
        });
        AddGateway(builder.Services, access, figures: null);
        return Map(builder.Build());
    }

    // The options come from SettingSources: the host reads no settings file, and of the environment only the telemetry
    // variables.
    private static WebApplicationBuilder NewBuilder(ServiceOptions options, Action<WebApplicationBuilder> useServer, string role)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        ServiceLog.Use(builder.Logging, options.LogFormat);
        ServiceTelemetry.Use(builder, role);
        useServer(builder);
        return builder;
    }

    private static WebApplication Map(WebApplication app)
    {
        // Create the collector now, so that it receives all measurements from the first one on.
        app.Services.GetRequiredService<MetricsCollector>();
        app.Use(app.Services.GetRequiredService<OwnCalls>().Begin);
        app.UseTrustedProxies();
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
        app.MapMcpServer();
        app.MapPages();
        app.MapDashboard();
        return app;
    }

    private static void AddGateway(IServiceCollection services, AccessOptions access, string? figures)
    {
        services.AddSingleton<MetricsCollector>();
        services.AddSingleton<IReadinessCheck, LifecycleReadiness>();
        services.AddSingleton<IReadinessCheck, StoreReadiness>();
        services.TryAddSingleton<ActivationProbe>();
        services.AddSingleton<IReadinessCheck, ActivationReadiness>();
        services.AddAccess(access);
        services.AddHostedService<KeyUseWriter>();
        services.AddGateway();
        services.AddSingleton(new FigureOptions(figures));
        services.AddSingleton<FigureCollector>();
        services.AddHostedService(static provider => provider.GetRequiredService<FigureCollector>());
        services.AddSingleton<AttentionWatch>();
        services.AddHostedService(static provider => provider.GetRequiredService<AttentionWatch>());
        services.AddSingleton<CertificateWatch>();
        services.AddHostedService(static provider => provider.GetRequiredService<CertificateWatch>());
        services.AddSingleton<SystemWatch>();
        services.AddSingleton(static _ => ConsolePack.In(AppContext.BaseDirectory));
    }
}
