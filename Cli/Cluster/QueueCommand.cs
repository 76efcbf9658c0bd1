using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using OrleansTasks.Cli.Api;
using OrleansTasks.Cli.Audit;
using OrleansTasks.Cli.Output;

namespace OrleansTasks.Cli.Cluster;

/// <summary><c>otask queue</c>: shows, pauses, limits and deletes queues.</summary>
internal sealed class QueueCommand
{
    private const string Removed = "none", Rate = "--rate";

    /// <summary>The options of <c>set</c> that take a number, with the field of the request that each sets.</summary>
    private (Option<string?> Option, string Field)[] Limits { get; } =
    [
        (Limit("--max-running", "maximum tasks and chunks that are assigned or running"), "maxRunning"),
        (Limit("--max-depth", "maximum waiting tasks; the queue refuses more"), "maxDepth"),
        (Limit(Rate, "maximum tasks that start per second, or as 10/m or 10/h in another time"), "ratePerSecond"),
        (Limit("--burst", "maximum tasks that start at once after a pause in starting", "sets the rate, rounded up"), "burst"),
        (Limit("--weight", "the queue's part of the nodes' slots while other queues want them too: 1 to 100", "sets 1"), "weight"),
    ];

    private Option<string?> Strategy { get; } = new("--strategy")
    {
        HelpName = "NAME",
        Description = "how to spread tasks over nodes: leastLoaded, roundRobin or pack",
    };

    private Option<string[]> Blackouts { get; } = new("--blackout")
    {
        HelpName = "TIMES",
        Description = $"start nothing at the times of a calendar, given by its name, or from one time to another as FROM/TO; repeatable, replaces all; '{Removed}' removes all",
    };

    private Option<string?> MinimumIsolation { get; } = new("--minimum-isolation")
    {
        HelpName = "KIND",
        Description = "how commands of the queue are isolated at least: none or sandbox",
    };

    private Option<long?> Version { get; } = NumberOption.Whole(
        "--version", "change nothing unless the settings have this version, which get shows");

    /// <summary>Creates the command.</summary>
    public static Command Make(CommonOptions common, TextWriter output, TextWriter errors) =>
        new QueueCommand().Build(common, output, errors);

    private Command Build(CommonOptions common, TextWriter output, TextWriter errors)
    {
        var set = Of("set", "create a queue or change its settings; omitted settings stay as they are", common, output, Body);
        foreach (var (option, _) in Limits)
            set.Add(option);
        set.Add(Strategy);
        set.Add(Blackouts);
        set.Add(MinimumIsolation);
        set.Add(Version);
        return new Command("queue", "show, change or delete a queue")
        {
            QueuesCommand.Make("list", common, output),
            Of("get", "show a queue", common, output, null),
            Forecast(common, output),
            set,
            Of("pause", "assign no tasks of a queue until it is resumed; running tasks continue", common, output, static _ => Paused(true)),
            Of("resume", "end a pause", common, output, static _ => Paused(false)),
            Delete(common, output, errors),
        };
    }

    private static Option<string?> Limit(string name, string description, string removal = "removes the limit") =>
        new(name) { HelpName = "N", Description = $"{description}; '{Removed}' {removal}" };

    private static JsonObject Paused(bool isPaused) => new() { ["paused"] = isPaused };

    private JsonObject Body(ParseResult result)
    {
        var body = new JsonObject();
        foreach (var (option, field) in Limits)
        {
            if (result.GetValue(option) is { } text)
                body[field] = text == Removed ? null : Number(option.Name, text);
        }

        if (result.GetValue(Strategy) is { } strategy)
            body["strategy"] = strategy;
        if (result.GetValue(Blackouts) is { Length: > 0 } blackouts)
            body["blackouts"] = blackouts is [Removed] ? new JsonArray() : new JsonArray([.. blackouts.Select(BlackoutOf)]);

        if (result.GetValue(MinimumIsolation) is { } isolation)
            body["minimumIsolation"] = isolation;
        if (result.GetValue(Version) is { } version)
            body["version"] = version;
        return body;
    }

    private static JsonNode BlackoutOf(string text) => text.Split('/') switch
    {
        [var calendar] => new JsonObject { ["calendar"] = calendar },
        [var from, var to] => new JsonObject { ["from"] = from, ["to"] = to },
        _ => throw UsageException.OfValue("--blackout", text, $"the name of a calendar, FROM/TO or '{Removed}'"),
    };

    /// <summary>Returns a number as it was written. The gateway checks its range.</summary>
    private static JsonNode Number(string option, string text)
    {
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole))
            return whole;
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number))
            return number;
        if (option != Rate)
            throw UsageException.OfValue(option, text, $"a number or '{Removed}'");
        return text.Split('/') is [var count, ("s" or "m" or "h") and var unit]
            && double.TryParse(count, NumberStyles.Float, CultureInfo.InvariantCulture, out var starts)
            && double.IsFinite(starts)
            ? starts / unit switch { "h" => 3600, "m" => 60, _ => 1 }
            : throw UsageException.OfValue(
                option, text, $"a number per second, such as 0.5, 10/m or 10/h, or '{Removed}'");
    }

    /// <summary>Creates a command that shows a queue, or changes it and shows the result.</summary>
    private static Command Of(
        string name, string description, CommonOptions common, TextWriter output, Func<ParseResult, JsonObject>? change)
    {
        var queue = Name();
        var command = new Command(name, description) { queue };
        command.SetAction(async (result, cancellation) =>
        {
            using var gateway = common.Open(result);
            var path = PathOf(result.GetValue(queue)!);
            var shown = change is null
                ? await gateway.Get(path, cancellation)
                : await gateway.Put(path, change(result), cancellation);
            common.PrinterOf(result, output).One(shown, people => Write(shown, people));
            return ExitCodes.Done;
        });
        return command;
    }

    private static Command Forecast(CommonOptions common, TextWriter output)
    {
        var queue = Name();
        var command = new Command("forecast", "show what passed through a queue lately, and when its waiting tasks will be gone") { queue };
        command.SetAction(async (result, cancellation) =>
        {
            using var gateway = common.Open(result);
            var forecast = await gateway.Get($"{PathOf(result.GetValue(queue)!)}/forecast", cancellation);
            common.PrinterOf(result, output).One(forecast, people => Write(forecast, people));
            return ExitCodes.Done;
        });
        return command;
    }

    private static Command Delete(CommonOptions common, TextWriter output, TextWriter errors)
    {
        var (queue, yes) = (Name(), new Option<bool>("--yes", "-y") { Arity = ArgumentArity.Zero, Description = "do not ask for confirmation" });
        var command = new Command("delete", "delete a queue and its settings; it must have no open tasks or jobs") { queue, yes };
        command.SetAction(async (result, cancellation) =>
        {
            using var gateway = common.Open(result);
            var name = result.GetValue(queue)!;
            if (!result.GetValue(yes))
            {
                if (!Confirmation.CanAsk)
                    throw new NotConfirmedException("Nothing was deleted. Without a terminal, --yes is required.");
                if (!new Confirmation(errors).AskFor(name, $"This deletes the queue {TerminalText.Line(name)} and its settings."))
                    throw new NotConfirmedException("Nothing was deleted.");
            }

            await gateway.Delete(PathOf(name), cancellation);
            output.WriteLine($"{TerminalText.Line(name)} deleted");
            return ExitCodes.Done;
        });
        return command;
    }

    private static Argument<string> Name() => new("name") { Description = "the queue's name" };

    private static string PathOf(string name) => $"/api/v1/queues/{PathSegment.Of(name)}";

    private static string Percent(JsonNode? fraction) =>
        fraction is JsonValue value && value.TryGetValue(out double share)
            ? string.Create(CultureInfo.InvariantCulture, $"{share * 100:0.#} %") : "";

    // Shows every field in the gateway's order, so that a new one needs no change here.
    private static void Write(JsonNode shown, TextWriter output)
    {
        foreach (var (field, value) in shown.AsObject())
        {
            var text = field switch
            {
                "pausedBy" => ActorText.Of(value),
                "heldBy" => SharesOf(value),
                "blackouts" => BlackoutsOf(value),
                "estimates" => EstimatesOf(value),
                _ => JsonText.Text(value),
            };
            if (text.Length > 0)
                output.WriteLine($"{field,-18}{TerminalText.Line(text)}");
        }
    }

    private static string SharesOf(JsonNode? shares) => string.Join(", ", (shares as JsonArray ?? []).OfType<JsonNode>()
        .Select(static held => $"{held.Field("code")} {Percent(held["share"])}"));

    private static string BlackoutsOf(JsonNode? blackouts) => string.Join(", ", (blackouts as JsonArray ?? []).OfType<JsonNode>()
        .Select(static one => one.Field("calendar") is { Length: > 0 } calendar ? calendar : $"{one.Field("from")} to {one.Field("to")}"));

    private static string EstimatesOf(JsonNode? estimates) => estimates?.Field("samples") is { Length: > 0 } samples
        ? $"{samples} checked{(Percent(estimates["inRange"]) is { Length: > 0 } held ? $", {held} in range" : "")}"
        : "";
}
