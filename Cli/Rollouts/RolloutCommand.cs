using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using OrleansTasks.Cli.Api;
using OrleansTasks.Cli.Jobs;
using OrleansTasks.Cli.Output;
using OrleansTasks.Cli.Tasks;
using static OrleansTasks.Cli.SpecFields;

namespace OrleansTasks.Cli.Rollouts;

/// <summary><c>otask rollout</c>: starts, shows, resumes, cancels and retries rollouts.</summary>
internal sealed class RolloutCommand
{
    private const string Path = "/api/v1/rollouts";

    // More would make the table unreadable; -o json has all.
    private const int MostShown = 5;

    private Option<long?> Limit { get; } =
        NumberOption.Limit("maximum number of entries to list; 0: all [default: 100]");
    private Option<string?> State { get; } = Text(
        "--state", "STATE", "only nodes in this state: pending, away, open, succeeded or failed");
    private Option<bool> Wait { get; } = new("--wait", "-w")
    {
        Arity = ArgumentArity.Zero,
        Description = "wait until the rollout has ended or is halted; the exit code is 0 if it succeeded, 4 if it "
            + "failed or is halted, 5 if it was cancelled",
    };

    /// <summary>Creates the command.</summary>
    public static Command Make(CommonOptions common, TextWriter output, TextWriter errors) =>
        new RolloutCommand().Build(common, output, errors);

    private Command Build(CommonOptions common, TextWriter output, TextWriter errors)
    {
        var rollouts = new ResourceCommands(Path, "rollout", TextOf, common, output);
        return new Command("rollout", "run one command once on each of many nodes, by waves")
        {
            Start(rollouts, common, output, errors),
            List(common, output, errors),
            Get(rollouts, common, errors),
            rollouts.Listing("nodes", "list the nodes of a rollout with their tasks", [State], Limit,
                (query, result) => query.Add("state", result.GetValue(State)), Nodes, errors),
            rollouts.Listing(
                "output", "group the nodes that have ended by exit code and output", [], limit: null,
                static (query, _) => query, Groups, errors),
            rollouts.Posting("resume", "let a halted rollout go on, in spite of the nodes that failed"),
            rollouts.Posting("cancel", "end a rollout, and cancel the tasks that run"),
            rollouts.Posting("retry", "run the command once more on the nodes that failed"),
        };
    }

    private Command Start(
        ResourceCommands rollouts, CommonOptions common, TextWriter output, TextWriter errors)
    {
        var words = new CommandWords();
        var task = new SpecOptions(isScheduled: true, isPinned: true);
        var select = Many("--select", "KEY=VALUE", "only nodes with this label [default: all nodes]");
        var waves = Text(
            "--waves", "TOTALS", "rising totals of nodes, as counts or percentages: 1,10%,100% [default: 100%]");
        var maxFailed = Text("--max-failed", "N|N%", "halt once more nodes than this have failed [default: 0]");
        var pause = Text(
            "--pause", "DURATION", "time between the end of a wave and the start of the next [default: 0ms]");
        var catchUp = Text(
            "--catch-up", "DURATION",
            "how long nodes that were away still get the command when they are back [default: 0ms]");
        var key = Text(
            "--idempotency-key", "KEY", "idempotency key: repeating a start with the same key starts only one rollout");
        var command = new Command("start", "start a rollout and print its id")
        {
            select, waves, maxFailed, pause, catchUp, key, Wait,
        };
        words.AddTo(command);
        task.AddTo(command);
        command.SetAction(async (result, cancellation) =>
        {
            var spec = words.Read(result);
            task.Fill(spec, result);
            var body = new JsonObject { ["task"] = spec };
            Set(body, "select", Pairs.Read("--select", result.GetValue(select)));
            if (result.GetValue(waves) is { } totals)
                body["waves"] = new JsonArray([.. totals.Split(',').Select(ShareOf)]);
            Set(body, "maxFailed", result.GetValue(maxFailed) is { } most ? ShareOf(most) : null);
            Set(body, "pause", result.GetValue(pause));
            Set(body, "catchUp", result.GetValue(catchUp));
            using var gateway = common.Open(result);
            if (result.GetValue(Wait))
                await gateway.RequireRead(cancellation);
            var rollout = await gateway.Post(Path, body, result.GetValue(key), cancellation);
            if (result.GetValue(Wait))
            {
                rollout = await rollouts.End(gateway, rollout.Id(), cancellation);
                rollouts.Show(rollout, result);
                NameAway(rollout, errors);
                return JobEnd.ExitCode(rollout);
            }

            await CreatedNotice.Print(
                output, common.IsJson(result) ? JsonText.Of(rollout) : rollout.Id(), gateway,
                $"rollout {rollout.Id()}", $"{rollouts.PathOf(rollout.Id())}/cancel", result.GetValue(key));
            return ExitCodes.Done;
        });
        return command;
    }

    private Command List(CommonOptions common, TextWriter output, TextWriter errors)
    {
        var command = new Command("list", "list the rollouts, newest first") { Limit };
        command.SetAction(async (result, cancellation) =>
        {
            using var gateway = common.Open(result);
            var list = await Pages.List(
                gateway, static () => new RequestAddress(Path), result.GetValue(Limit), errors, cancellation);
            common.PrinterOf(result, output).List(list, list.Items(), Table);
            return ExitCodes.Done;
        });
        return command;
    }

    private Command Get(ResourceCommands rollouts, CommonOptions common, TextWriter errors)
    {
        var id = rollouts.Id();
        var command = new Command("get", "show a rollout") { id, Wait };
        command.SetAction(async (result, cancellation) =>
        {
            using var gateway = common.Open(result);
            var named = result.GetValue(id)!;
            var isAwaited = result.GetValue(Wait);
            var rollout = isAwaited
                ? await rollouts.End(gateway, named, cancellation)
                : await gateway.Get(rollouts.PathOf(named), cancellation);
            rollouts.Show(rollout, result);
            if (isAwaited)
                NameAway(rollout, errors);
            return isAwaited ? JobEnd.ExitCode(rollout) : ExitCodes.Done;
        });
        return command;
    }

    // A node that was away has not failed, so neither the state nor the exit code tells of it.
    private static void NameAway(JsonNode rollout, TextWriter errors)
    {
        var away = rollout["nodes"] is { } counts && counts.Field("away").Length > 0 ? counts.Whole("away") : 0;
        if (away == 0)
            return;
        errors.WriteLine($"otask: {away} {(away == 1 ? "node was" : "nodes were")} away and did not run the command; "
            + $"list with: otask rollout nodes {rollout.Field("id")} --state away");
    }

    // The gateway checks the value.
    private static JsonNode ShareOf(string text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : text.Trim();

    private static string TextOf(JsonNode shown, string name) => (name, shown[name]) switch
    {
        ("task", JsonObject task) => task["argv"] is JsonArray words ? Joined(words, " ") : task.Field("cmd"),
        ("select", JsonObject labels) => string.Join(", ", labels.Select(static label => $"{label.Key}={label.Value}")),
        (_, JsonObject counts) => string.Join(", ", counts.Select(static count => $"{count.Key} {count.Value}")),
        (_, JsonArray items) => Joined(items, ", "),
        _ => shown.Field(name),
    };

    private static string Joined(JsonArray items, string separator) =>
        string.Join(separator, items.Select(static item => item?.ToString()));

    private static Table Table(IEnumerable<JsonNode> rollouts)
    {
        var table = new Table(
            "ID", "STATE", "WAVE", "PENDING", "AWAY", "OPEN", "SUCCEEDED", "FAILED", "CREATED", "NAME");
        foreach (var one in rollouts)
        {
            var nodes = one.Required("nodes");
            var wave = one["waves"] is JsonArray waves ? $"{one.Field("wave")}/{waves.Count}" : one.Field("wave");
            table.Add(
                one.Field("id"), one.Field("state"), wave,
                nodes.Field("pending"), nodes.Field("away"), nodes.Field("open"), nodes.Field("succeeded"),
                nodes.Field("failed"), one.Field("createdAt"), one.Field("name"));
        }

        return table;
    }

    private static Table Nodes(IEnumerable<JsonNode> nodes)
    {
        var table = new Table("NODE", "STATE", "TRIES", "TASK STATE", "REASON", "EXIT", "TASK");
        foreach (var one in nodes)
        {
            table.Add(
                one.Field("node"), one.Field("state"), one.Field("tries"), one.Field("taskState"), one.Field("reason"),
                one.Field("exitCode"), one.Field("task"));
        }

        return table;
    }

    private static Table Groups(IEnumerable<JsonNode> groups)
    {
        var table = new Table("COUNT", "EXIT", "REASON", "OUTPUT", "NODES");
        foreach (var one in groups)
        {
            var nodes = one.List("nodes");
            var reason = one.Field("signal") is { Length: > 0 } signal ? signal : one.Field("reason");
            var shown = string.Join(" ", nodes.Take(MostShown).Select(static node => node?.ToString()));
            if (nodes.Count > MostShown)
                shown += $" and {nodes.Count - MostShown} more";
            table.Add(
                one.Field("count"), one.Field("exitCode"), reason, one.Field("sample").ReplaceLineEndings(" / "),
                shown);
        }

        return table;
    }
}
