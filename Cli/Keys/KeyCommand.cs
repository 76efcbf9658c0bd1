using System.CommandLine;
using Microsoft.Extensions.DependencyInjection;
using OrleansTasks.Access;
using OrleansTasks.Cli.Stores;
using OrleansTasks.Storage;

namespace OrleansTasks.Cli.Keys;

/// <summary>
/// <c>otask key</c>: makes, lists and revokes keys in a data folder or a database. Whoever may write there may do that; it works beside a
/// running service, which follows within seconds.
/// </summary>
internal static class KeyCommand
{
    private static readonly Option<string> Data = new("--data")
    {
        Description = "the service's data folder [default: ./data]",
        HelpName = "DIR",
        DefaultValueFactory = _ => "./data",
        Recursive = true,
    };

    private static readonly Option<string?> Database = StoreOptions.Database();

    /// <summary>Makes the command.</summary>
    public static Command Make(TextWriter output) => new("key", "make, list and revoke keys, in the service's data folder")
    {
        Data, Database, MakeCreate(output), MakeList(output), MakeRevoke(output),
    };

    private static Command MakeCreate(TextWriter output)
    {
        var scope = new Option<string>("--scope") { Required = true, HelpName = "SCOPES", Description = $"what it may do, with commas between: {ScopeNames.All}" };
        var name = new Option<string>("--name") { HelpName = "NAME", Description = "for people", DefaultValueFactory = _ => "" };
        var command = new Command("create", "make a key and print it, this once") { scope, name };
        command.SetAction(async result =>
        {
            if (!ScopeNames.TryParse(result.GetValue(scope)!, out var scopes))
                throw new UsageException($"--scope takes one or more of {ScopeNames.All}, with commas between; '{result.GetValue(scope)}' is not that.");
            if (result.GetValue(name)!.Any(char.IsControl) || result.GetValue(name)!.Length > 200)
                throw new UsageException("--name takes up to 200 characters without control characters.");
            var key = NewKey.Make(result.GetValue(name)!, scopes);
            await With(result, async keys =>
            {
                var at = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
                await keys.Add(key.Record, at, KeyAudit.OfCreation(key.Record, at));
                return ExitCodes.Done;
            });
            output.WriteLine(key.Text);
            return ExitCodes.Done;
        });
        return command;
    }

    private static Command MakeList(TextWriter output)
    {
        var command = new Command("list", "list the valid keys: id, name and scopes");
        command.SetAction(result => With(result, async keys =>
        {
            foreach (var key in await keys.List())
                output.WriteLine($"{key.Id}\t{key.Name}\t{string.Join(',', ScopeNames.Of(key.Scopes))}");
            return ExitCodes.Done;
        }));
        return command;
    }

    private static Command MakeRevoke(TextWriter output)
    {
        var id = new Argument<string>("id") { Description = "as 'otask key list' shows it" };
        var command = new Command("revoke", "end a key for good; a running service follows within 5 s") { id };
        command.SetAction(result => With(result, async keys =>
        {
            var at = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
            if (!await keys.Revoke(result.GetValue(id)!, at, KeyAudit.OfRevocation(result.GetValue(id)!, at)))
                throw new Api.RefusedException($"there is no valid key '{result.GetValue(id)}'; 'otask key list' shows those there are.");
            output.WriteLine($"{result.GetValue(id)} revoked");
            return ExitCodes.Done;
        }));
        return command;
    }

    private static async Task<int> With(ParseResult result, Func<IKeyStore, Task<int>> act)
    {
        await using var provider = StoreOptions.Open(result.GetValue(Data), result.GetValue(Database));
        return await act(provider.GetRequiredService<IKeyStore>());
    }
}
