using System.CommandLine;
using Microsoft.Extensions.DependencyInjection;
using OrleansTasks.Storage.Postgres;
using OrleansTasks.Storage.Sqlite;

namespace OrleansTasks.Cli.Stores;

/// <summary>The store that a command works on: a data folder's, or a PostgreSQL database.</summary>
internal static class StoreOptions
{
    /// <summary>Creates the option for a database, which excludes the option for a data folder.</summary>
    public static Option<string?> Database(Option folder)
    {
        var database = new Option<string?>("--db")
        {
            HelpName = "CONNECTION",
            Description = "the service's PostgreSQL database: 'Host=…;Database=…;Username=…', instead of --data",
            Recursive = true,
        };
        database.Validators.Add(result =>
        {
            if (result.GetResult(folder) is { Implicit: false })
                result.AddError($"{folder.Name} and {database.Name} exclude each other: give one of them.");
        });
        return database;
    }

    /// <summary>Opens the store. The caller disposes the returned services.</summary>
    public static ServiceProvider Open(string? folder, string? database)
    {
        var services = new ServiceCollection();
        if (database is null)
            services.AddSqliteStorage(new SqliteStorageOptions { Directory = folder! });
        else
            services.AddPostgresStorage(Of(database));
        return services.BuildServiceProvider();
    }

    /// <summary>
    /// Returns the options for a connection string. Throws <see cref="UsageException"/> if it is invalid.
    /// </summary>
    public static PostgresStorageOptions Of(string database)
    {
        var options = new PostgresStorageOptions { ConnectionString = database };
        return options.Problems() is { Count: > 0 } problems ? throw new UsageException($"--db: {string.Join(' ', problems)}") : options;
    }
}
