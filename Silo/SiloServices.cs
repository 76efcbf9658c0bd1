using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Orleans.Streams;
using OrleansTasks.Calendars;
using OrleansTasks.Cluster;
using OrleansTasks.Cluster.Link;
using OrleansTasks.Cluster.Status;
using OrleansTasks.Dispatch;
using OrleansTasks.Files;
using OrleansTasks.Jobs;
using OrleansTasks.Nodes;
using OrleansTasks.Notifications;
using OrleansTasks.Silo.Calls;
using OrleansTasks.Silo.Endpoint;
using OrleansTasks.Silo.Engine;
using OrleansTasks.Silo.Files;
using OrleansTasks.Silo.Nodes;
using OrleansTasks.Silo.Notifications;
using OrleansTasks.Silo.Status;
using OrleansTasks.Silo.Upkeep;
using OrleansTasks.Silo.Webhooks;
using OrleansTasks.Storage;
using OrleansTasks.Storage.Files;
using OrleansTasks.Storage.Postgres;
using OrleansTasks.Storage.S3;
using OrleansTasks.Storage.Sqlite;
using OrleansTasks.Webhooks;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Silo;

/// <summary>Registers a whole silo.</summary>
public static class SiloServices
{
    // A download for which no attempt asks goes on for this long, or for a lease, because heartbeats may be rarer.
    private static readonly TimeSpan LeastPatience = TimeSpan.FromMinutes(1);

    /// <summary>
    /// Adds the store, the engine with all grains, the master's side of the worker plane (<see cref="INodeService"/>),
    /// and the services that keep queues active and remove old data.
    /// </summary>
    /// <exception cref="ValidationException">
    /// An option is missing or conflicts with another; the message says which.
    /// </exception>
    public static IServiceCollection AddSilo(this IServiceCollection services, SiloOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        Validator.ValidateObject(options, new ValidationContext(options), validateAllProperties: true);
        var dispatch = new DispatchOptions
        {
            Lease = options.Lease,
            Heartbeat = options.Heartbeat,
            ReserveAfter = options.ReserveAfter,
            // In a cluster, another silo may have taken over a queue, so ownership must be proved regularly.
            ProofTerm = options.IsMember ? options.Lease / 2 : TimeSpan.Zero,
        };
        if (dispatch.Validate() is { } fault)
            throw new ValidationException(fault);
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(Options.Create(options));
        if (options.Database is { } database)
            services.AddPostgresStorage(new PostgresStorageOptions
            {
                ConnectionString = database, IsOwner = true, IsShared = options.IsMember, MaxQueues = options.MaxQueues,
            });
        else
            services.AddSqliteStorage(new SqliteStorageOptions { Directory = options.DataFolder, MaxQueues = options.MaxQueues });
        if (options.Files is { } bucket)
            services.AddSingleton<IFileStore>(provider =>
                new S3FileStore(bucket, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<FilePlace>();
        services.AddSingleton(new FileDepotOptions
        {
            MostBytes = options.FileStoreMax
                ?? (options is { Database: not null, Files: null } ? ServiceLimits.FilesInDatabase : null),
            KeptBytes = options.RetentionFiles,
        });
        services.AddSingleton<FileDepot>();
        services.AddSingleton<FileSweep>();
        services.AddSingleton<ArtifactRetention>();
        services.AddHostedService<FileUpkeep>();
        services.AddSingleton<CallFigures>();
        services.TryAddSingleton(OrleansWireCheck.Own);
        services.AddSingleton<OwnFigures>();
        services.AddSingleton<IIncomingGrainCallFilter>(static provider => provider.GetRequiredService<CallFigures>());
        services.AddTaskEngine(options);
        services.AddSingleton(provider =>
        {
            dispatch.SetProofTerm(provider.GetRequiredService<ITaskStore>());
            return dispatch;
        });
        services.AddSingleton<DispatchInstruments>();
        services.AddSingleton<CalendarBook>();
        services.AddSingleton<RefusedWrites>();
        services.AddSingleton<LocalDispatchers>();
        services.AddSingleton<IRandomness, SecureRandomness>();
        services.AddSingleton<ICommandChannel>(static provider =>
            new StreamCommandChannel(
                provider.GetRequiredKeyedService<IStreamProvider>(CommandStream.Provider), provider.GetRequiredService<IGrainFactory>()));
        services.AddSingleton(new JobOptions { CollectQuota = options.CollectQuota });
        services.AddSingleton<ISourceFiles, FileRoots>();
        services.AddSingleton<SiloInstruments>();
        services.AddSingleton<DatabaseLoss>();
        services.AddSingleton<INodeService, NodeService>();
        services.AddSingleton<INodeSessions, NodeSessions>();
        var targets = new TargetRule(options.WebhookTargets, options.AllowsAllWebhookTargets);
        services.AddSingleton<IWebhookSender>(new HttpWebhookSender(targets));
        var patience = options.Lease > LeastPatience ? options.Lease : LeastPatience;
        services.AddSingleton(provider => new UrlFiles(
            provider.GetRequiredService<FileDepot>(), targets, provider.GetRequiredService<TimeProvider>(), patience));
        services.AddSingleton<IMailSender>(options.Smtp is { } smtp ? new SmtpMailSender(smtp) : new NoMailSender());
        services.AddSingleton<SiloHomes>();
        services.AddSingleton<QueueKeeper>();
        services.AddHostedService(static provider =>
        {
            var keeper = provider.GetRequiredService<QueueKeeper>();
            provider.GetRequiredService<ISiloMembership>().OthersChanged += keeper.LookNow;
            return keeper;
        });
        if (options.Database is not null)
            services.AddHostedService<SubmissionIntake>();
        // A lone silo is the home of all queues.
        if (options.IsMember)
            services.AddHostedService<HomeMover>();
        services.AddSingleton<SiloHealth>();
        services.TryAddSingleton<ActivationProbe>();
        services.AddHostedService<RetentionService>();
        services.AddHostedService<CalendarUpkeep>();
        return services;
    }
}
