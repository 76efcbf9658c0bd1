using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using OrleansTasks.Cli.Api;
using OrleansTasks.Cli.Output;

namespace OrleansTasks.Cli.Jobs;

/// <summary>
/// <c>otask job stats</c> and <c>otask job chunks</c>: what limits a job's speed, and which chunks are slow.
/// </summary>
internal static class JobInsightCommand
{
    private const string Root = "/api/v1/jobs";
    private const int MostListed = 20;

    /// <summary>Creates <c>stats</c>.</summary>
    public static Command Stats(CommonOptions common, TextWriter output)
    {
        var id = new Argument<string>("id") { Description = "the job's id" };
        var command = new Command("stats", "show a job's progress, what holds it back, and which chunks take too long") { id };
        command.SetAction(async (result, cancellation) =>
        {
            using var gateway = common.Open(result);
            var stats = await gateway.Get($"{Root}/{PathSegment.OfId(result.GetValue(id)!)}/stats", cancellation);
            if (common.IsJson(result))
                output.WriteLine(JsonText.Of(stats));
            else
                Print(stats, output);
            return ExitCodes.Done;
        });
        return command;
    }

    /// <summary>Creates <c>chunks</c>.</summary>
    public static Command Chunks(CommonOptions common, TextWriter output, TextWriter errors)
    {
        var id = new Argument<string>("id") { Description = "the job's id" };
        var state = new Option<string?>("--state") { HelpName = "STATE", Description = "only chunks in this state: "
            + "queued, running, folded or failed" };
        var sort = new Option<string?>("--sort") { HelpName = "ORDER", Description = "-took (the default): longest first; no: by number" };
        var limit = NumberOption.Limit($"maximum number of chunks to list; 0: all [default: {MostListed}]");
        var command = new Command("chunks", "list the chunks of a job, slowest first") { id, state, sort, limit };
        command.SetAction(async (result, cancellation) =>
        {
            using var gateway = common.Open(result);
            var list = await Pages.List(gateway, Address, result.GetValue(limit), errors, cancellation, MostListed);
            common.PrinterOf(result, output).List(list, list.Items(), Table);
            return ExitCodes.Done;

            RequestAddress Address() => new RequestAddress($"{Root}/{PathSegment.OfId(result.GetValue(id)!)}/chunks")
                .Add("state", result.GetValue(state)).Add("sort", result.GetValue(sort));
        });
        return command;
    }

    private static Table Table(IEnumerable<JsonNode> chunks)
    {
        var table = new Table("CHUNK", "STATE", "NODE", "ATTEMPT", "TOOK", "FIRST", "LENGTH", "ITEMS", "SECOND RUN");
        foreach (var chunk in chunks)
            table.Add(chunk.Field("no"), chunk.Field("state"), chunk.Field("node"), chunk.Field("attempt"), chunk.Field("took"),
                chunk.Field("first"), chunk.Field("length"), chunk.Field("items"), chunk.Field("secondRunOn"));
        return table;
    }

    private static void Print(JsonNode stats, TextWriter output)
    {
        var gain = stats["gain"] is { } known ? $" {known.Field("slots")} more slots would save about {known.Field("seconds")} s." : "";
        output.WriteLine(Sentence(stats.Field("heldBackBy")) + gain);
        var stages = new Table("STAGE", "DONE", "TOTAL", "PER SECOND", "UNIT");
        foreach (var stage in stats.Objects("stages"))
            stages.Add(stage.Field("name"), stage.Field("done"), stage.Field("total"), stage.Field("perSecond"), stage.Field("unit"));
        stages.Write(output);
        var took = stats.Required("chunkTook");
        if (took.Field("count") != "0")
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{took.Field("count")} chunks ended: half took up to {took.Field("p50")}, 95 % up to {took.Field("p95")}, the longest {took.Field("max")}; skew {stats.Field("skew")}"));
        foreach (var chunk in stats.Objects("stragglers"))
        {
            var second = chunk.Field("secondRunOn") is { Length: > 0 } node ? $", second run on {node}" : "";
            output.WriteLine(TerminalText.Line($"chunk {chunk.Field("no")} takes too long: {chunk.Field("runningFor")} on {chunk.Field("node")}{second}"));
        }
    }

    private static string Sentence(string heldBackBy) => heldBackBy switch
    {
        "source" => "Held back by its source: no items are waiting.",
        "pace" => "Held back by its pace.",
        "starts" => "Held back by starting its programs, which takes at least half of a chunk's time: larger chunks help.",
        "slots" => "Held back by slots: chunks are waiting for one.",
        "stragglers" => "Held back by its last chunks, which take too long.",
        "store" => "Held back by the store: its disk is nearly full, or its commits are slow.",
        _ => "Nothing holds it back.",
    };
}
