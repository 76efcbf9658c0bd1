using System.Net.Sockets;
using OrleansTasks.Cluster.Startup;
using OrleansTasks.Processing.Plugins;
using OrleansTasks.Settings;
using OrleansTasks.Silo.Endpoint;
using OrleansTasks.Silo.Workers;
using OrleansTasks.Tasks.Spec;
using OrleansTasks.Telemetry;
using OrleansTasks.Worker.Agent;
using OrleansTasks.Worker.Files;
using OrleansTasks.Worker.Plugins;
using OrleansTasks.Worker.Processes.Users;

namespace OrleansTasks.Silo.Hosting;

/// <summary>Builds a silo with its worker.</summary>
internal static class SiloHost
{
    /// <summary>The name of the worker's folder in the data folder.</summary>
    internal const string WorkerFolderName = "worker";

    /// <summary>Builds a host with a silo. It is not started.</summary>
    public static IHost Build(SiloHostOptions options, string workerFolder, NodeEndpointOptions? endpoint = null)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ContentRootPath = AppContext.BaseDirectory });
        ServiceLog.Use(builder.Logging, options.LogFormat);
        ServiceTelemetry.Use(builder, "orleanstasks-silo");
        AddSilo(builder.Services, options, workerFolder, endpoint);
        return builder.Build();
    }

    /// <summary>
    /// Returns the endpoint for workers. They need certificates unless only this machine can connect and keys are not
    /// required.
    /// </summary>
    internal static NodeEndpointOptions NodeEndpointOf(SiloHostOptions options, Socket workers) =>
        new() { Socket = workers, AsksForCertificates = !options.IsOpen(options.Grpc) };

    /// <summary>
    /// Adds the silo and the worker in its process. Without an <paramref name="endpoint"/>, no remote worker can
    /// connect.
    /// </summary>
    internal static void AddSilo(
        IServiceCollection services, SiloHostOptions options, string workerFolder, NodeEndpointOptions? endpoint)
    {
        TaskIsolation.Default = options.Isolation;
        ServiceProcess.Add(services, options);
        services.AddSilo(new SiloOptions
        {
            DataFolder = options.Data,
            Database = options.Database,
            Lease = options.Lease,
            ReserveAfter = options.ReserveAfter,
            Retention = options.Retention,
            RetentionFailed = options.RetentionFailed,
            MaxQueues = options.MaxQueues,
            Files = options.Files,
            FileStoreMax = options.FileStoreMax,
            RetentionFiles = options.RetentionFiles,
            Listen = options.Listen,
            PeerPort = options.PeerPort,
            ClusterTls = options.ClusterTls,
            FileRoots = options.FileRoots,
            WebhookTargets = options.WebhookAllow,
            Smtp = options.Smtp,
            AllowsAllWebhookTargets = options.AllowsAllWebhookTargets,
            Dashboard = true,
        });
        // Added after the silo, so that it starts later and stops sooner.
        if (endpoint is not null)
            services.AddNodeEndpoint(endpoint);
        AddWorker(services, options, workerFolder);
    }

    /// <summary>Makes the working folders accessible to tasks that run as another user.</summary>
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

    private static void AddWorker(IServiceCollection services, SiloHostOptions options, string folder)
    {
        if (options.Slots == 0)
            return;
        SandboxFolders.Check(options.SandboxAllow, options.Data);
        var worker = new LocalWorkerOptions
        {
            DataFolder = folder,
            Slots = options.Slots,
            Resources = options.Resources,
            Drain = options.Drain,
            RunAs = options.RunAs,
            FileRoots = [.. options.FileRoots.Select(RealPath.Of)],
            SandboxAllow = options.SandboxAllow,
            ContainerEngine = options.ContainerEngine,
            Plugins = LoadPlugins(options.Plugins),
        };
        worker.Earlier = WorkerFolder.TakeOver(folder, worker.NodeId);
        OpenWay(worker, options.Data);
        services.AddLocalWorker(worker);
    }
}
