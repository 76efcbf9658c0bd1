using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using OrleansTasks.Storage.Calendars;
using OrleansTasks.Storage.Files;
using OrleansTasks.Storage.Sql;

namespace OrleansTasks.Storage.Sqlite;

/// <summary>Registers the store on SQLite and files.</summary>
public static class SqliteServiceCollectionExtensions
{
    /// <summary>
    /// Adds <see cref="ITaskStore"/>, <see cref="INodeStore"/>, <see cref="IKeyStore"/>, <see cref="ITrustStore"/>,
    /// <see cref="INodeEventStore"/>, <see cref="IQueueStore"/>, <see cref="IResourceEventStore"/>,
    /// <see cref="IWebhookStore"/>,
    /// <see cref="IAuditStore"/>, <see cref="ICalendarStore"/>, <see cref="IDefinitionStore"/>, <see cref="IFileIndex"/>, <see cref="IFileStore"/> and <see cref="IOutputStore"/>, all over one data folder. The database is opened when
    /// the first of them is resolved, which throws <see cref="UnusableDatabaseException"/> if it cannot be used.
    /// </summary>
    public static IServiceCollection AddSqliteStorage(this IServiceCollection services, SqliteStorageOptions options)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(options);
        services.AddSingleton(provider => new SqliteDatabase(options, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(static provider => provider.GetRequiredService<SqliteDatabase>().Sql);
        services.AddSingleton<ITaskStore, SqliteTaskStore>();
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
        services.AddSingleton<IFileStore>(provider =>
            new FolderFileStore(options.FilesPath, options.LowSpaceBytes, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<IOutputStore>(_ => new FileOutputStore(options.OutputPath, options.OpenOutputFiles));
        return services;
    }
}
