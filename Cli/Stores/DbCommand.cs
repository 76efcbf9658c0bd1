using System.CommandLine;

namespace OrleansTasks.Cli.Stores;

/// <summary><c>otask db</c>: creates, inspects, backs up and restores the service's store.</summary>
internal sealed class DbCommand
{
    private Option<string> Data { get; } = new("--data")
    {
        Description = "the service's data folder",
        HelpName = "DIR",
        DefaultValueFactory = _ => "./data",
        Recursive = true,
    };

    private Option<string?> Database { get; }

    private DbCommand() => Database = StorePlace.DatabaseOption(Data);

    /// <summary>Creates the command.</summary>
    public static Command Make(CommonOptions common, TextWriter output) =>
        new DbCommand().Build(common, output);

    private Command Build(CommonOptions common, TextWriter output) => new(
        "db", "create, inspect, back up and restore the service's store")
    {
        Data, Database,
        MakeInit(common, output),
        MakeStatus(common, output),
        MakeBackup(common, output),
        MakeRestore(common, output),
    };

    private Command MakeInit(CommonOptions common, TextWriter output)
    {
        var command = new Command("init", "create the store if it does not exist");
        command.SetAction(async (result, cancellation) =>
        {
            output.WriteLine($"schema {await common.Store.Init(PlaceOf(result), cancellation)}");
            return ExitCodes.Done;
        });
        return command;
    }

    private Command MakeStatus(CommonOptions common, TextWriter output)
    {
        var command = new Command("status", "show the store's place, version and size");
        command.SetAction(async (result, cancellation) =>
        {
            output.WriteLine(await common.Store.Status(PlaceOf(result), cancellation));
            return ExitCodes.Done;
        });
        return command;
    }

    private Command MakeBackup(CommonOptions common, TextWriter output)
    {
        var folder = new Argument<string>("folder") { Description = "a folder that does not exist yet; it appears "
            + "when the backup is complete" };
        var command = new Command("backup", "back up the store to a folder; the service may be running") { folder };
        command.SetAction(async (result, cancellation) =>
        {
            await common.Store.Backup(PlaceOf(result), result.GetValue(folder)!, cancellation);
            output.WriteLine($"backup written to {Path.GetFullPath(result.GetValue(folder)!)}");
            return ExitCodes.Done;
        });
        return command;
    }

    private Command MakeRestore(CommonOptions common, TextWriter output)
    {
        var folder = new Argument<string>("folder") { Description = "a folder written by 'otask db backup'" };
        var pause = new Option<bool>("--pause")
        {
            Arity = ArgumentArity.Zero,
            Description = "pause all queues, schedules, webhooks and notifications of the new store, to look at a "
                + "backup without running it",
        };
        var command = new Command("restore", "restore a backup into an empty store; processes that used the old store "
            + "cannot write to it") { folder, pause };
        command.SetAction(async (result, cancellation) =>
        {
            var isPaused = result.GetValue(pause);
            await common.Store.Restore(PlaceOf(result), result.GetValue(folder)!, isPaused, cancellation);
            output.WriteLine(isPaused
                ? """
                  restored; all queues, schedules, webhooks and notifications are paused
                  To continue one: otask queue resume NAME, otask schedule resume ID, otask webhook resume ID
                  """
                : """
                  restored
                  A service on this store runs the waiting tasks, the schedules, the webhooks and the notifications of the backup.
                  If the backed-up service still runs, everything runs twice; --pause restores a copy that runs nothing.
                  """);
            return ExitCodes.Done;
        });
        return command;
    }

    private StorePlace PlaceOf(ParseResult result) => new(result.GetValue(Data)!, result.GetValue(Database));
}
