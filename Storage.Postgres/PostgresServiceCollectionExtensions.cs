using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using OrleansTasks.Storage.Calendars;
using OrleansTasks.Storage.Files;
using OrleansTasks.Storage.Sql;

namespace OrleansTasks.Storage.Postgres;

/// <summary>Registers the store on PostgreSQL.</summary>
public static class PostgresServiceCollectionExtensions
{
    /// <summary>
    /// Adds <see cref="ITaskStore"/>, <see cref="INodeStore"/>, <see cref="IKeyStore"/>, <see cref="ITrustStore"/>,
    /// <see cref="INodeEventStore"/>, <see cref="IQueueStore"/>, <see cref="IResourceEventStore"/>,
    /// <see cref="IWebhookStore"/>,
    /// <see cref="IAuditStore"/>, <see cref="ICalendarStore"/>, <see cref="IDefinitionStore"/>, <see cref="IFileIndex"/>, <see cref="IFileStore"/>, <see cref="IOutputStore"/> and <see cref="ISubmissionStore"/>, all over one database. The database is opened when the
    /// first of them is resolved, which throws <see cref="UnusableDatabaseException"/> if it cannot be used.
    /// </summary>
    public static IServiceCollection AddPostgresStorage(this IServiceCollection services, PostgresStorageOptions options)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(options);
        // A container's factory cannot be asynchronous. Opening on the thread pool cannot deadlock, because nothing
        // there needs the blocked thread.
        services.AddSingleton(provider => Task.Run(() => PostgresDatabase.Open(
            options, provider.GetRequiredService<TimeProvider>())).GetAwaiter().GetResult());
        services.AddSingleton(static provider => provider.GetRequiredService<PostgresDatabase>().Sql);
        services.AddSingleton<ITaskStore, PostgresTaskStore>();
        services.AddSingleton<INodeStore, SqlNodeStore>();
        services.AddSingleton<IKeyStore, SqlKeyStore>();
        services.AddSingleton<ITrustStore, SqlTrustStore>();
        services.AddSingleton<INodeEventStore, SqlNodeEventStore>();
        services.AddSingleton<IQueueStore, SqlQueueStore>();
        services.AddSingleton<IResourceEventStore, SqlResourceEventStore>();
        services.AddSingleton<IAuditStore, SqlAuditStore>();
        services.AddSingleton<IWebhookStore, SqlWebhookStore>();
        services.AddSingleton<ICalendarStore, SqlCalendarStore>();
        services.AddSingleton<IDefinitionStore, SqlDefinitionStore>();
        services.AddSingleton<IFileIndex, SqlFileIndex>();
        services.AddSingleton<IFileStore, PostgresFileStore>();
        services.AddSingleton<IOutputStore, PostgresOutputStore>();
        services.AddSingleton<ISubmissionStore, PostgresSubmissionStore>();
        return services;
    }
}
