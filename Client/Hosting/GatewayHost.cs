using Microsoft.Extensions.DependencyInjection.Extensions;
using OrleansTasks.Client.Access;
using OrleansTasks.Client.Attention;
using OrleansTasks.Client.Definitions;
using OrleansTasks.Client.Figures;
using OrleansTasks.Client.Gateway;
using OrleansTasks.Client.Http;
using OrleansTasks.Client.Keys;
using OrleansTasks.Client.Mcp;
using OrleansTasks.Client.Nodes;
using OrleansTasks.Client.Operations;
using OrleansTasks.Client.Operations.Metrics;
using OrleansTasks.Client.Pages;
using OrleansTasks.Cluster.Link;
using OrleansTasks.Cluster.Startup;
using OrleansTasks.Cluster.Status;
using OrleansTasks.Tasks.Spec;
using OrleansTasks.Telemetry;

namespace OrleansTasks.Client.Hosting;

/// <summary>Builds a gateway, alone or as a part of a host with a silo.</summary>
public static class GatewayHost
{
    /// <summary>Builds a gateway whose silos are elsewhere, without starting it.</summary>
    public static WebApplication Build(GatewayOptions options, AccessOptions access, Action<WebApplicationBuilder> useServer)
    {
        ArgumentNullException.ThrowIfNull(options);
        var builder = NewBuilder(options, useServer, "orleanstasks-gateway");
        ServiceProcess.Add(builder.Services, options);
        builder.Services.AddClusterLink(options.Target!);
        AddGateway(builder.Services, options, access, figures: null);
        return Map(builder.Build());
    }

    /// <summary>
    /// Begins a host with a web server. The options come from SettingSources: the host reads no settings file, and of the
    /// environment only the telemetry variables.
    /// </summary>
    internal static WebApplicationBuilder NewBuilder(GatewayOptions options, Action<WebApplicationBuilder> useServer, string role)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        TaskIsolation.Default = options.Isolation;
        ServiceLog.Use(builder.Logging, options.LogFormat);
        ServiceTelemetry.Use(builder, role);
        useServer(builder);
        return builder;
    }

    /// <summary>Maps every call and page of a gateway.</summary>
    internal static WebApplication Map(WebApplication app)
    {
        // Create the collector now, so that it receives all measurements from the first one on.
        app.Services.GetRequiredService<MetricsCollector>();
        app.Use(app.Services.GetRequiredService<OwnCalls>().Begin);
        app.UseTrustedProxies();
        app.UseProblems();
        app.UseMiddleware<AddressGuard>();
        app.Use(DefinitionPaths.Escape);
        app.UseRouting();
        app.Use(DefinitionPaths.Unescape);
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

    /// <summary>
    /// Adds a gateway to a host that has a link to silos, or a silo. <paramref name="figures"/> is the file that keeps its
    /// series; null for none.
    /// </summary>
    internal static void AddGateway(IServiceCollection services, GatewayOptions options, AccessOptions access, string? figures)
    {
        services.AddSingleton(options);
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
        services.AddHostedService<DemandWatch>();
        services.AddSingleton<AttentionWatch>();
        services.AddHostedService(static provider => provider.GetRequiredService<AttentionWatch>());
        services.AddSingleton<CertificateWatch>();
        services.AddHostedService(static provider => provider.GetRequiredService<CertificateWatch>());
        services.AddSingleton<SystemWatch>();
        services.AddSingleton(static _ => ConsolePack.In(AppContext.BaseDirectory));
    }
}
