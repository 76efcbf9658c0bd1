using System.CommandLine;
using Microsoft.Extensions.DependencyInjection;
using OrleansTasks.Storage.Postgres;
using OrleansTasks.Storage.Sqlite;

namespace OrleansTasks.Cli.Stores;

/// <summary>Which store a command works on: that of a data folder, or a PostgreSQL database.</summary>
internal static class StoreOptions
{
    /// <summary>Makes the option that names a database.</summary>
    public static Option<string?> Database() => new("--db")
    {
        HelpName = "CONNECTION",
        Description = "the service's PostgreSQL database: 'Host=…;Database=…;Username=…', in place of --data",
        Recursive = true,
    };

    /// <summary>Opens the store; its services are disposed by the caller.</summary>
    public static ServiceProvider Open(string? folder, string? database)
    {
        var services = new ServiceCollection();
        if (database is null)
            services.AddSqliteStorage(new SqliteStorageOptions { Directory = folder! });
        else
            services.AddPostgresStorage(Of(database));
        return services.BuildServiceProvider();
    }

    /// <summary>Checks a connection string.</summary>
    public static PostgresStorageOptions Of(string database)
    {
        var options = new PostgresStorageOptions { ConnectionString = database };
        return options.Problems() is { Count: > 0 } problems ? throw new UsageException($"--db: {string.Join(' ', problems)}") : options;
    }
}
