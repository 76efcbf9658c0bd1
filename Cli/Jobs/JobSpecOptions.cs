using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using OrleansTasks.Cli.Tasks;
using static OrleansTasks.Cli.SpecFields;

namespace OrleansTasks.Cli.Jobs;

/// <summary>
/// The options for a job's spec. The gateway checks their values; only what it never sees is checked here.
/// </summary>
internal sealed class JobSpecOptions
{
    private readonly Option<string?> spec = Text("--spec", "FILE", "a file with a job spec as JSON, or - for standard "
        + "input; other options override its fields");
    private readonly Option<string?> range = Text("--range", "FROM:TO", "the source: whole numbers from FROM up to but not including TO");
    private readonly Option<string?> items = Text("--items", "JSON", "the source: a JSON array of items");
    private readonly Option<string?> file = Text("--file", "PATH", "the source: a file that all workers and silos can read");
    private readonly Option<string?> format = Text(
        "--format", "lines|ndjson|csv", "format of --file [default: lines] or of --from [default: ndjson]");
    private readonly Option<string?> producer = Text("--source-command", "LINE", "the source: the output lines of this shell command");
    private readonly Option<string?> builtin = Text("--builtin", "NAME", "the processor: identity, square, length, words or json [default: identity]");
    private readonly Option<string?> select = Text("--select", "POINTER", "with --builtin json: the part of an item "
        + "to use, a JSON pointer");
    private readonly Option<string?> command = Text("--command", "LINE", "the processor: a program that each slot "
        + "keeps running; it reads a line and writes a line");
    private readonly Option<string?> chunkCommand = Text("--chunk-command", "LINE", "the processor: a program that "
        + "starts once for each chunk");
    private readonly Option<string[]> aggregates = Many("--aggregate", "AS=OP[,FIELD=VALUE]...", "such as total=sum,value=/price or top=topK,k=10 [default: count=count]");
    private readonly Option<string?> name = Text("--name", "NAME", "a display name");
    private readonly Option<string?> queue = Text("--queue", "NAME", "the queue");
    private readonly Option<string[]> labels = Many("--label", "KEY=VALUE", "a label to find the job by");
    private readonly Option<string[]> requires = Many("--require", "KEY=VALUE", "only on nodes with this label");
    private readonly Option<string?> strategy = Text("--strategy", "leastLoaded|roundRobin", "how to spread chunks over nodes");
    private readonly ResourceOptions resources = new(ofChunks: true);
    private readonly Option<double?> pace = NumberOption.Any("--pace", "maximum items per second");
    private readonly Option<long?> chunkSize = NumberOption.Whole("--chunk-size", "items per chunk [default: adaptive]");
    private readonly Option<string?> order = Text("--order", "any|source", "order of collected results");
    private readonly Option<bool> skipErrors = new("--skip-errors") { Arity = ArgumentArity.Zero, Description = "skip items that fail" };
    private readonly Option<long?> maxErrors = NumberOption.Whole("--max-errors", "with --skip-errors: fail the job "
        + "if more items than this fail");
    private readonly Option<long?> attempts = NumberOption.Whole("--max-attempts", "maximum attempts per chunk [default: 1]");

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command to)
    {
        foreach (var option in (Option[])[spec, range, items, file, format, producer, builtin, select, command, chunkCommand, aggregates,
            name, queue, labels, requires, strategy, pace, chunkSize, order, skipErrors, maxErrors, attempts])
            to.Add(option);
        resources.AddTo(to);
    }

    /// <summary>Returns the value of <c>--format</c>; null if it was not given.</summary>
    public string? Format(ParseResult result) => result.GetValue(format);

    /// <summary>Returns the job's spec. Throws <see cref="UsageException"/>.</summary>
    /// <param name="result">The command line.</param>
    /// <param name="streamed">Whether this program sends the items.</param>
    public JsonObject Read(ParseResult result, bool streamed)
    {
        var job = result.GetValue(spec) is { } path ? TextFile.ReadObject("--spec", path) : [];
        var source = Source(result);
        if (streamed && source is not null)
            throw new UsageException("--from is a source of its own; name one source.");
        if (!streamed && result.GetValue(format) is not null && result.GetValue(file) is null)
            throw new UsageException("--format goes with --file, which names a file that the workers read, or with --from, which sends a local file.");
        Set(job, "source", streamed ? new JsonObject { ["stream"] = new JsonObject() } : source);
        if (job["source"] is null)
            throw new UsageException("Name a source: --from, --range, --items, --file, --source-command, or one in --spec.");
        Set(job, "process", Process(result));
        job["process"] ??= new JsonObject { ["builtin"] = "identity" };
        if (result.GetValue(aggregates) is { Length: > 0 } given)
            job["aggregate"] = new JsonArray([.. given.Select(AggregateOption.Read)]);
        job["aggregate"] ??= new JsonArray(AggregateOption.Read("count=count"));
        Set(job, "name", result.GetValue(name));
        Set(job, "queue", result.GetValue(queue));
        Set(job, "labels", Pairs.Read("--label", result.GetValue(labels)));
        Set(job, "requires", Pairs.Read("--require", result.GetValue(requires)));
        Set(job, "resources", resources.Read(result));
        Set(job, "strategy", result.GetValue(strategy));
        Set(job, "pace", result.GetValue(pace) is { } rate ? new JsonObject { ["itemsPerSecond"] = rate } : null);
        Set(job, "chunkSize", result.GetValue(chunkSize));
        Set(job, "order", result.GetValue(order));
        Set(job, "onItemError", result.GetValue(skipErrors) ? "skip" : null);
        Set(job, "maxErrors", result.GetValue(maxErrors));
        Set(job, "retry", result.GetValue(attempts) is { } most ? new JsonObject { ["maxAttempts"] = most } : null);
        return job;
    }

    private JsonObject? Source(ParseResult result)
    {
        var sources = new JsonObject();
        if (result.GetValue(range) is { } bounds)
            sources["range"] = Range(bounds);
        if (result.GetValue(items) is { } array)
            sources["items"] = Parse(array, "--items");
        if (result.GetValue(file) is { } path)
            sources["file"] = new JsonObject { ["path"] = path, ["format"] = result.GetValue(format) ?? "lines" };
        if (result.GetValue(producer) is { } line)
            sources["command"] = new JsonObject { ["argv"] = new JsonArray("/bin/sh", "-c", line) };
        return One(sources, "source");
    }

    private JsonObject? Process(ParseResult result)
    {
        var processors = new JsonObject();
        Set(processors, "builtin", result.GetValue(builtin));
        if (result.GetValue(command) is { } kept)
            processors["command"] = new JsonObject { ["cmd"] = kept };
        if (result.GetValue(chunkCommand) is { } started)
            processors["chunkCommand"] = new JsonObject { ["cmd"] = started };
        var process = One(processors, "processor");
        if (result.GetValue(select) is { } pointer)
            (process ??= new JsonObject { ["builtin"] = "json" })["select"] = pointer;
        return process;
    }

    private static JsonObject? One(JsonObject named, string what) => named.Count switch
    {
        0 => null,
        1 => named,
        _ => throw new UsageException($"Name one {what}, not {string.Join(" and ", named.Select(static pair => pair.Key))}."),
    };

    private static JsonObject Range(string bounds)
    {
        var parts = bounds.Split(':');
        if (parts.Length != 2
            || !long.TryParse(parts[0], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var from)
            || !long.TryParse(parts[1], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var to))
            throw UsageException.OfValue("--range", bounds, "FROM:TO, such as 0:1000000");
        return new JsonObject { ["from"] = from, ["to"] = to };
    }

    private static JsonNode? Parse(string text, string option)
    {
        try
        {
            return StrictJson.Parse(text);
        }
        catch (JsonException e)
        {
            throw new UsageException($"{option}: invalid JSON: {e.Message}");
        }
    }
}
