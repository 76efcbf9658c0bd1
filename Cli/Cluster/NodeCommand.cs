using System.CommandLine;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using OrleansTasks.Cli.Output;
using OrleansTasks.Storage;
using OrleansTasks.Storage.Sqlite;
using OrleansTasks.Trust;

namespace OrleansTasks.Cli.Cluster;

/// <summary><c>otask node</c>: what concerns one worker.</summary>
internal static class NodeCommand
{
    private static readonly Option<string?> Data = new("--data")
    {
        HelpName = "DIR",
        Description = "make it in this data folder, without asking the gateway; works before the service has started",
    };

    /// <summary>Makes the command.</summary>
    public static Command Make(CommonOptions common, TextWriter output)
    {
        var token = new Command("token", "make a join token and print it, this once: one worker joins with it within the hour") { Data };
        token.SetAction(async (result, cancellation) =>
        {
            var made = result.GetValue(Data) is { } folder ? await InFolder(folder) : await AtGateway(common, result, cancellation);
            output.WriteLine(result.GetValue(common.Json) ? made.ToJsonString() : made.Field("token"));
            return ExitCodes.Done;
        });
        return new Command("node", "join tokens for workers") { token };
    }

    private static async Task<JsonNode> AtGateway(CommonOptions common, ParseResult result, CancellationToken cancellation)
    {
        using var gateway = common.Open(result);
        return await gateway.Post("/api/v1/nodes/tokens", null, null, cancellation);
    }

    private static async Task<JsonNode> InFolder(string folder)
    {
        if (folder.Length == 0)
            throw new UsageException("--data takes a folder.");
        var services = new ServiceCollection();
        services.AddSqliteStorage(new SqliteStorageOptions { Directory = folder });
        await using var provider = services.BuildServiceProvider();
        var token = await JoinTokens.Make(provider.GetRequiredService<ITrustStore>(), TimeProvider.System);
        return new JsonObject
        {
            ["token"] = token.Text,
            ["expiresAt"] = DateTimeOffset.FromUnixTimeMilliseconds(token.ExpiresAt).UtcDateTime,
        };
    }
}
