using System.CommandLine;

namespace OrleansTasks.Cli.Stores;

/// <summary>The store that a command works on.</summary>
/// <param name="Folder">The data folder; not used if there is a database.</param>
/// <param name="Database">The connection string of a PostgreSQL database; null for the folder.</param>
internal sealed record StorePlace(string Folder, string? Database)
{
    /// <summary>Creates the option for a database, which excludes the option for a data folder.</summary>
    public static Option<string?> DatabaseOption(Option folder)
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
}
