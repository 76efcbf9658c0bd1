using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using OrleansTasks.Storage.Files;
using OrleansTasks.Storage.Sql;

namespace OrleansTasks.Storage.Postgres;

/// <summary>Registers the store on PostgreSQL.</summary>
public static class PostgresServiceCollectionExtensions
{
    /// <summary>
    /// Adds every store, all over one database. Resolving the first of them opens the database, which throws
    /// <see cref="UnusableDatabaseException"/> if the database cannot be used.
    /// </summary>
    public static IServiceCollection AddPostgresStorage(this IServiceCollection services, PostgresStorageOptions options)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(options);
        // A container's factory cannot be asynchronous. Opening on the thread pool cannot deadlock, because nothing
        // there needs the blocked thread.
        services.AddSingleton(provider => Task.Run(() => PostgresDatabase.Open(
            options, provider.GetRequiredService<TimeProvider>())).GetAwaiter().GetResult());
        services.AddSqlStores(static provider => provider.GetRequiredService<PostgresDatabase>().Sql);
        services.AddSingleton<ITaskStore, PostgresTaskStore>();
        services.AddSingleton<IFileStore, PostgresFileStore>();
        services.AddSingleton<IOutputStore, PostgresOutputStore>();
        services.AddSingleton<ISubmissionStore, PostgresSubmissionStore>();
        return services;
    }
}
