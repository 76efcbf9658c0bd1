using System.CommandLine;
using OrleansTasks.Cli.Api;
using OrleansTasks.Cli.Output;
using OrleansTasks.Cli.Stores;

namespace OrleansTasks.Cli.Keys;

/// <summary>
/// <c>otask key</c>: creates, lists and revokes keys, through a gateway (<see cref="GatewayKeys"/>) or directly in the
/// store (<see cref="IStoreWork"/>). It uses the store with <c>--data</c> or <c>--db</c>, and if neither <c>--url</c>,
/// <c>OTASK_URL</c> nor a profile names a gateway.
/// </summary>
internal sealed class KeyCommand
{
    private const string DefaultFolder = "./data";

    // As the service names them; it parses them.
    private const string Scopes = "read, submit, operate, admin, run";

    private Option<string?> Data { get; } = new("--data")
    {
        Description =
            $"work on the store in the service's data folder [default, if no gateway is named: {DefaultFolder}]",
        HelpName = "DIR",
        Recursive = true,
    };

    private Option<string?> Database { get; }

    private KeyCommand() => Database = StorePlace.DatabaseOption(Data);

    /// <summary>Creates the command.</summary>
    public static Command Make(CommonOptions common, TextWriter output, TextWriter errors) =>
        new KeyCommand().Build(common, output, errors);

    private Command Build(CommonOptions common, TextWriter output, TextWriter errors) =>
        new("key", "create, list and revoke keys, through a gateway or in the service's store")
        {
            Data, Database, MakeCreate(common, output), MakeList(common, output), MakeRevoke(common, output, errors),
        };

    private Command MakeCreate(CommonOptions common, TextWriter output)
    {
        var scope = new Option<string>("--scope")
        {
            Required = true, HelpName = "SCOPES",
            Description = $"what the key allows, comma-separated: {Scopes}",
        };
        var name = new Option<string>("--name") { HelpName = "NAME", Description = "a display name", DefaultValueFactory = _ => "" };
        var expires = SpecFields.Text(
            "--expires-at", "TIME", "when the key expires, such as 2030-01-02T03:04:05Z [default: never]");
        var definitions = SpecFields.Text(
            "--definitions", "NAMES", "with the scope run: the definitions that the key may run, comma-separated, such as etl/* [default: all]");
        var command = new Command("create", "create a key and print it once") { scope, name, expires, definitions };
        command.SetAction(async (result, cancellation) =>
        {
            var (scopes, end) = (result.GetValue(scope)!, result.GetValue(expires));
            if (StoreOf(result, common) is { } place)
                output.WriteLine(await common.Store.CreateKey(place, result.GetValue(name)!, scopes, end, result.GetValue(definitions)));
            else
            {
                using var gateway = common.Open(result);
                var made = await new GatewayKeys(gateway).Create(result.GetValue(name)!, scopes, end, result.GetValue(definitions), cancellation);
                common.PrinterOf(result, output).One(made, people => people.WriteLine(made.Required("key")));
            }

            return ExitCodes.Done;
        });
        return command;
    }

    private Command MakeList(CommonOptions common, TextWriter output)
    {
        var command = new Command("list", "list the keys that are not revoked");
        command.SetAction(async (result, cancellation) =>
        {
            if (StoreOf(result, common) is { } place)
            {
                foreach (var line in await common.Store.ListKeys(place))
                    output.WriteLine(line);
            }
            else
            {
                using var gateway = common.Open(result);
                var keys = await new GatewayKeys(gateway).List(cancellation);
                common.PrinterOf(result, output).List(keys, keys.Items(), GatewayKeys.TableOf);
            }

            return ExitCodes.Done;
        });
        return command;
    }

    private Command MakeRevoke(CommonOptions common, TextWriter output, TextWriter errors)
    {
        var id = new Argument<string>("id") { Description = "the key's id, as 'otask key list' shows it" };
        var yes = new Option<bool>("--yes", "-y")
        {
            Arity = ArgumentArity.Zero, Description = "through a gateway: do not ask for confirmation",
        };
        var command = new Command("revoke", "revoke a key permanently; a running service stops accepting it within 5 s") { id, yes };
        command.SetAction(async (result, cancellation) =>
        {
            if (StoreOf(result, common) is { } place)
            {
                if (!await common.Store.RevokeKey(place, result.GetValue(id)!))
                    throw new RefusedException($"there is no valid key '{result.GetValue(id)}'; 'otask key list' lists the keys.");
            }
            else
            {
                using var gateway = common.Open(result);
                await new GatewayKeys(gateway).Revoke(result.GetValue(id)!, result.GetValue(yes), errors, cancellation);
            }

            output.WriteLine($"{TerminalText.Line(result.GetValue(id)!)} revoked");
            return ExitCodes.Done;
        });
        return command;
    }

    /// <summary>Returns the store that the command works on; null if it works through a gateway.</summary>
    private StorePlace? StoreOf(ParseResult result, CommonOptions common)
    {
        var (folder, database) = (result.GetValue(Data), result.GetValue(Database));
        if (folder is null && database is null)
        {
            if (common.NamesGateway(result))
                return null;
            if (!File.Exists(Path.Combine(DefaultFolder, "tasks.db")))
                throw new RefusedException(
                    $"there is no store in {DefaultFolder}. Name the service's store with --data DIR or --db, or a gateway with --url.");
        }

        return result.GetValue(common.Url) is null
            ? new StorePlace(folder ?? DefaultFolder, database)
            : throw new UsageException(
                "--url and --data (or --db) exclude each other: otask works through a gateway or in the store.");
    }
}
