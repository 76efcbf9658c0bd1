using System.CommandLine;
using System.Globalization;
using OrleansTasks.Storage.Maintenance;
using OrleansTasks.Storage.Postgres;
using OrleansTasks.Storage.Sqlite;

namespace OrleansTasks.Cli.Stores;

/// <summary><c>otask db</c>: creates, inspects, backs up and restores the service's store.</summary>
internal static class DbCommand
{
    private static readonly Option<string> Data = new("--data")
    {
        Description = "the service's data folder",
        HelpName = "DIR",
        DefaultValueFactory = _ => "./data",
        Recursive = true,
    };

    private static readonly Option<string?> Database = StoreOptions.Database(Data);

    /// <summary>Creates the command.</summary>
    public static Command Make(TextWriter output) => new("db", "create, inspect, back up and restore the service's store")
    {
        Data, Database,
        MakeInit(output),
        MakeStatus(output),
        MakeBackup(output),
        MakeRestore(output),
    };

    private static Command MakeInit(TextWriter output)
    {
        var command = new Command("init", "create the store if it does not exist");
        command.SetAction(async (result, cancellation) =>
        {
            var store = Open(result);
            await store.Init(cancellation);
            output.WriteLine($"schema {(await store.Status(cancellation)).Schema}");
            return ExitCodes.Done;
        });
        return command;
    }

    private static Command MakeStatus(TextWriter output)
    {
        var command = new Command("status", "show the store's place, version and size");
        command.SetAction(async (result, cancellation) =>
        {
            var status = await Open(result).Status(cancellation);
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"""
                store       {status.Place}
                schema      {status.Schema} (this program: {status.ProgramSchema})
                queues      {status.Queues}
                tasks       {status.Tasks}
                size        {status.Bytes / 1048576.0:F1} MiB
                """));
            return ExitCodes.Done;
        });
        return command;
    }

    private static Command MakeBackup(TextWriter output)
    {
        var folder = new Argument<string>("folder") { Description = "a folder that does not exist yet; it appears "
            + "when the backup is complete" };
        var command = new Command("backup", "back up the store to a folder; the service may be running") { folder };
        command.SetAction(async (result, cancellation) =>
        {
            await Open(result).Backup(result.GetValue(folder)!, cancellation);
            output.WriteLine($"backup written to {Path.GetFullPath(result.GetValue(folder)!)}");
            return ExitCodes.Done;
        });
        return command;
    }

    private static Command MakeRestore(TextWriter output)
    {
        var folder = new Argument<string>("folder") { Description = "a folder written by 'otask db backup'" };
        var pause = new Option<bool>("--pause")
        {
            Arity = ArgumentArity.Zero,
            Description = "pause all queues, schedules and webhooks of the new store, to look at a backup without "
                + "running it",
        };
        var command = new Command("restore", "restore a backup into an empty store; processes that used the old store "
            + "cannot write to it") { folder, pause };
        command.SetAction(async (result, cancellation) =>
        {
            var isPaused = result.GetValue(pause);
            await Open(result).Restore(result.GetValue(folder)!, isPaused, cancellation);
            output.WriteLine(isPaused
                ? """
                  restored; all queues, schedules and webhooks are paused
                  To continue one: otask queue resume NAME, otask schedule resume ID, otask webhook resume ID
                  """
                : """
                  restored
                  A service on this store runs the waiting tasks, the schedules and the webhooks of the backup.
                  If the backed-up service still runs, everything runs twice; --pause restores a copy that runs nothing.
                  """);
            return ExitCodes.Done;
        });
        return command;
    }

    private static IStoreMaintenance Open(ParseResult result) => result.GetValue(Database) is { } database
        ? new PostgresMaintenance(StoreOptions.Of(database))
        : new SqliteMaintenance(new SqliteStorageOptions { Directory = result.GetValue(Data)! });
}
