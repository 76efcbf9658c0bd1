using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using OrleansTasks.Storage.Files;
using OrleansTasks.Storage.Sql;

namespace OrleansTasks.Storage.Sqlite;

/// <summary>Registers the store on SQLite and files.</summary>
public static class SqliteServiceCollectionExtensions
{
    /// <summary>
    /// Adds every store except <see cref="ISubmissionStore"/>, all over one data folder. Resolving the first of them
    /// opens the database, which throws <see cref="UnusableDatabaseException"/> if the database cannot be used.
    /// </summary>
    public static IServiceCollection AddSqliteStorage(this IServiceCollection services, SqliteStorageOptions options)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(options);
        services.AddSingleton(provider => new SqliteDatabase(options, provider.GetRequiredService<TimeProvider>()));
        services.AddSqlStores(static provider => provider.GetRequiredService<SqliteDatabase>().Sql);
        services.AddSingleton<ITaskStore, SqliteTaskStore>();
        services.AddSingleton<IFileStore>(provider =>
            new FolderFileStore(options.FilesPath, options.LowSpaceBytes, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<IOutputStore>(_ => new FileOutputStore(options.OutputPath, options.OpenOutputFiles));
        return services;
    }
}
