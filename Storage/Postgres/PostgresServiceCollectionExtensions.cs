using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace OrleansTasks.Storage.Postgres;

/// <summary>Adds the store on PostgreSQL to a host.</summary>
public static class PostgresServiceCollectionExtensions
{
    /// <summary>
    /// Adds <see cref="ITaskStore"/>, <see cref="INodeStore"/>, <see cref="IKeyStore"/>, <see cref="ITrustStore"/>,
    /// <see cref="INodeEventStore"/>, <see cref="IQueueStore"/>, <see cref="IResourceEventStore"/>,
    /// <see cref="IWebhookStore"/>, <see cref="IAuditStore"/> and <see cref="IOutputStore"/> over one database. It is
    /// opened when the first of them is asked for; that throws <see cref="UnusableDatabaseException"/> when it cannot
    /// be used.
    /// </summary>
    public static IServiceCollection AddPostgresStorage(this IServiceCollection services, PostgresStorageOptions options)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(options);
        // A factory of a container cannot wait; on the thread pool nothing that it waits for needs this thread.
        services.AddSingleton(provider => Task.Run(() => PostgresDatabase.Open(
            options, provider.GetRequiredService<TimeProvider>())).GetAwaiter().GetResult());
        services.AddSingleton<ITaskStore, PostgresTaskStore>();
        services.AddSingleton<INodeStore, PostgresNodeStore>();
        services.AddSingleton<IKeyStore, PostgresKeyStore>();
        services.AddSingleton<ITrustStore, PostgresTrustStore>();
        services.AddSingleton<INodeEventStore, PostgresNodeEventStore>();
        services.AddSingleton<IQueueStore, PostgresQueueStore>();
        services.AddSingleton<IResourceEventStore, PostgresResourceEventStore>();
        services.AddSingleton<IAuditStore, PostgresAuditStore>();
        services.AddSingleton<IWebhookStore, PostgresWebhookStore>();
        services.AddSingleton<IOutputStore, PostgresOutputStore>();
        return services;
    }
}
