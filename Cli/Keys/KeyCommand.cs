using System.CommandLine;
using OrleansTasks.Access;
using OrleansTasks.Cli.Api;
using OrleansTasks.Cli.Output;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Cli.Keys;

/// <summary>
/// <c>otask key</c>: creates, lists and revokes keys, through a gateway (<see cref="GatewayKeys"/>) or directly in the
/// store (<see cref="StoredKeys"/>). It uses the store with <c>--data</c> or <c>--db</c>, and if neither <c>--url</c>,
/// <c>OTASK_URL</c> nor a profile names a gateway.
/// </summary>
internal static class KeyCommand
{
    private const string DefaultFolder = "./data";

    private static readonly Option<string?> Data = new("--data")
    {
        Description =
            $"work on the store in the service's data folder [default, if no gateway is named: {DefaultFolder}]",
        HelpName = "DIR",
        Recursive = true,
    };

    private static readonly Option<string?> Database = Stores.StoreOptions.Database(Data);

    /// <summary>Creates the command.</summary>
    public static Command Make(CommonOptions common, TextWriter output, TextWriter errors) =>
        new("key", "create, list and revoke keys, through a gateway or in the service's store")
        {
            Data, Database, MakeCreate(common, output), MakeList(common, output), MakeRevoke(common, output, errors),
        };

    private static Command MakeCreate(CommonOptions common, TextWriter output)
    {
        var scope = new Option<string>("--scope")
        {
            Required = true, HelpName = "SCOPES",
            Description = $"what the key allows, comma-separated: {ScopeNames.All}",
        };
        var name = new Option<string>("--name") { HelpName = "NAME", Description = "a display name", DefaultValueFactory = _ => "" };
        var expires = SpecFields.Text(
            "--expires-at", "TIME", "when the key expires, such as 2030-01-02T03:04:05Z [default: never]");
        var command = new Command("create", "create a key and print it once") { scope, name, expires };
        command.SetAction(async (result, cancellation) =>
        {
            if (!ScopeNames.TryParse(result.GetValue(scope)!, out var scopes))
                throw UsageException.OfValue("--scope", result.GetValue(scope), $"a comma-separated list of {ScopeNames.All}");
            if (result.GetValue(name)!.Any(char.IsControl) || result.GetValue(name)!.Length > KeyRecord.LongestName)
            {
                throw new UsageException(
                    $"Invalid value for --name: expected at most {KeyRecord.LongestName} characters without control characters.");
            }

            var end = result.GetValue(expires);
            if (StoreOf(result, common) is { } place)
                output.WriteLine(await StoredKeys.Create(place, result.GetValue(name)!, scopes, TimeOf(end)));
            else
            {
                using var gateway = common.Open(result);
                var made = await new GatewayKeys(gateway).Create(result.GetValue(name)!, scopes, end, cancellation);
                common.PrinterOf(result, output).One(made, people => people.WriteLine(made.Required("key")));
            }

            return ExitCodes.Done;
        });
        return command;
    }

    private static Command MakeList(CommonOptions common, TextWriter output)
    {
        var command = new Command("list", "list the keys that are not revoked");
        command.SetAction(async (result, cancellation) =>
        {
            if (StoreOf(result, common) is { } place)
                await StoredKeys.List(place, output);
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

    private static Command MakeRevoke(CommonOptions common, TextWriter output, TextWriter errors)
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
                await StoredKeys.Revoke(place, result.GetValue(id)!);
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
    private static KeyStorePlace? StoreOf(ParseResult result, CommonOptions common)
    {
        var (folder, database) = (result.GetValue(Data), result.GetValue(Database));
        if (folder is null && database is null)
            return common.NamesGateway(result) ? null : new KeyStorePlace(DefaultFolder, IsDefault: true, null);
        return result.GetValue(common.Url) is null
            ? new KeyStorePlace(folder ?? DefaultFolder, IsDefault: false, database)
            : throw new UsageException(
                "--url and --data (or --db) exclude each other: otask works through a gateway or in the store.");
    }

    private static long? TimeOf(string? text) =>
        text is null ? null
        : Timestamps.TryParse(text, out var time) ? time
        : throw UsageException.OfValue("--expires-at", text, "a time such as 2030-01-02T03:04:05Z");
}
