using System.CommandLine;
using System.Text.Json.Nodes;
using OrleansTasks.Cli.Api;
using OrleansTasks.Cli.Output;
using OrleansTasks.Cli.Stores;

namespace OrleansTasks.Cli.Cluster;

/// <summary><c>otask node</c>: shows and manages workers, and creates join tokens.</summary>
internal sealed class NodeCommand
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(250);

    private Option<string?> Data { get; } = new("--data")
    {
        HelpName = "DIR",
        Description = "create the token in this data folder, without the gateway; works before the service has started",
    };

    private Option<string?> Database { get; }

    private Option<string?> Node { get; } = new("--node")
    {
        HelpName = "PATTERN",
        Description = "the name that the worker must have; * matches any characters",
    };

    private Option<string[]> Label { get; } = new("--label")
    {
        HelpName = "KEY=VALUE",
        Description = "a label for the worker; from then on, only tokens can give labels with this key. Repeatable",
    };

    private NodeCommand() => Database = StorePlace.DatabaseOption(Data);

    /// <summary>Creates the command.</summary>
    public static Command Make(CommonOptions common, TextWriter output) =>
        new NodeCommand().Build(common, output);

    private Command Build(CommonOptions common, TextWriter output)
    {
        var token = new Command(
            "token", "create a join token and print it once; one worker can join with it within an hour") { Data, Database, Node, Label };
        token.SetAction(async (result, cancellation) =>
        {
            var (folder, database) = (result.GetValue(Data), result.GetValue(Database));
            if (folder is { Length: 0 })
                throw UsageException.OfValue("--data", folder, "a folder");
            var made = folder is not null || database is not null
                ? await common.Store.CreateToken(new StorePlace(folder ?? "", database), TermsOf(result))
                : await AtGateway(common, result, cancellation);
            output.WriteLine(common.IsJson(result) ? made.ToJsonString() : made.Required("token").ToString());
            return ExitCodes.Done;
        });
        var nodes = new ResourceCommands(
            "/api/v1/nodes", "node",
            static (shown, name) => name == "state" ? NodesCommand.StateOf(shown) : shown.Field(name), common, output);
        return new Command("node", "manage workers and create join tokens for them")
        {
            NodesCommand.Make("list", common, output),
            nodes.Of(
                "get", "show a worker", static (gateway, path, _, cancellation) => gateway.Get(path, cancellation)),
            Drain(nodes),
            nodes.Posting("resume", "assign tasks to a drained worker again").Formerly("undrain"),
            nodes.Delete("forget a worker that is gone; its name can join again with a new token"),
            token,
        };
    }

    private static Command Drain(ResourceCommands nodes)
    {
        var wait = new Option<bool>("--wait", "-w")
        {
            Arity = ArgumentArity.Zero, Description = "wait until the worker runs nothing",
        };
        var command = nodes.Of(
            "drain", "assign no more tasks to a worker; running tasks continue",
            async (gateway, path, result, cancellation) =>
            {
                var node = await gateway.Post($"{path}/drain", null, null, cancellation);
                while (result.GetValue(wait) && node.Field("running") != "0")
                {
                    if (node.Field("state") is ("lost" or "gone") and var state)
                        throw new RefusedException($"The worker is {state}; its tasks run again elsewhere.");
                    await Task.Delay(Period, TimeProvider.System, cancellation);
                    node = await gateway.Get(path, cancellation);
                }

                return node;
            });
        command.Add(wait);
        return command;
    }

    private async Task<JsonNode> AtGateway(CommonOptions common, ParseResult result, CancellationToken cancellation)
    {
        using var gateway = common.Open(result);
        return await gateway.Post("/api/v1/nodes/tokens", TermsOf(result), null, cancellation);
    }

    /// <summary>Returns the terms as a request's body; null if there are none.</summary>
    private JsonObject? TermsOf(ParseResult result)
    {
        var (node, labels) = (result.GetValue(Node), Pairs.Read("--label", result.GetValue(Label)));
        if (node is null && labels is null)
            return null;
        var terms = new JsonObject();
        if (node is not null)
            terms["node"] = node;
        if (labels is not null)
            terms["labels"] = labels;
        return terms;
    }
}
