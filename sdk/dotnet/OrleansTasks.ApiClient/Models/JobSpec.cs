using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using OrleansTasks.ApiClient.Json;

namespace OrleansTasks.ApiClient;

/// <summary>A data job: items of a source, processed in chunks and aggregated.</summary>
public sealed record JobSpec
{
    /// <summary>Where the items come from.</summary>
    public required JobSource Source { get; init; }

    /// <summary>What happens to each item.</summary>
    public required JobProcess Process { get; init; }

    /// <summary>The aggregates of the results.</summary>
    public IReadOnlyList<JobAggregate>? Aggregate { get; init; }

    /// <summary>The name for people; by default the name of the processor.</summary>
    public string? Name { get; init; }

    /// <summary>The queue; <c>default</c> by default.</summary>
    public string? Queue { get; init; }

    /// <summary>Labels to find the job by.</summary>
    public IReadOnlyDictionary<string, string>? Labels { get; init; }

    /// <summary>The labels that a node must have to process chunks of the job.</summary>
    public IReadOnlyDictionary<string, string>? Requires { get; init; }

    /// <summary>How chunks are spread over nodes; by default to the least loaded one.</summary>
    public JobStrategy? Strategy { get; init; }

    /// <summary>The rate at which items are read; null for no limit.</summary>
    public JobPace? Pace { get; init; }

    /// <summary>The number of items of a chunk; by default about 200 ms of work.</summary>
    public int? ChunkSize { get; init; }

    /// <summary>The order of collected results; any by default.</summary>
    public JobOrder? Order { get; init; }

    /// <summary>What happens if an item fails; by default the job fails.</summary>
    public ItemErrors? OnItemError { get; init; }

    /// <summary>With <see cref="ItemErrors.Skip"/>: how many items may fail.</summary>
    public long? MaxErrors { get; init; }

    /// <summary>How often a chunk is tried.</summary>
    public RetryPolicy? Retry { get; init; }
}

/// <summary>How chunks are spread over nodes.</summary>
[JsonConverter(typeof(CamelWordConverter<JobStrategy>))]
public enum JobStrategy
{
    /// <summary>A strategy that this version of the package does not know.</summary>
    Unknown,

    /// <summary>To the node with the lowest load.</summary>
    LeastLoaded,

    /// <summary>To one node after another.</summary>
    RoundRobin,
}

/// <summary>The order of collected results.</summary>
[JsonConverter(typeof(CamelWordConverter<JobOrder>))]
public enum JobOrder
{
    /// <summary>An order that this version of the package does not know.</summary>
    Unknown,

    /// <summary>As the chunks end.</summary>
    Any,

    /// <summary>As in the source.</summary>
    Source,
}

/// <summary>What happens if an item fails.</summary>
[JsonConverter(typeof(CamelWordConverter<ItemErrors>))]
public enum ItemErrors
{
    /// <summary>A rule that this version of the package does not know.</summary>
    Unknown,

    /// <summary>The job fails.</summary>
    Fail,

    /// <summary>The item is skipped.</summary>
    Skip,
}

/// <summary>The rate at which items are read.</summary>
/// <param name="ItemsPerSecond">The items of a second.</param>
public sealed record JobPace(double ItemsPerSecond);

/// <summary>A command with exactly one of its two properties.</summary>
public sealed record JobCommand
{
    /// <summary>A line for <c>/bin/sh -c</c>.</summary>
    public string? Cmd { get; init; }

    /// <summary>A program with its arguments, without a shell.</summary>
    public IReadOnlyList<string>? Argv { get; init; }

    /// <summary>Of a source: whether a second run of the command writes the same lines again.</summary>
    public bool? Replayable { get; init; }

    /// <summary>Returns a command that runs a line in the shell.</summary>
    public static JobCommand Shell(string line) => new() { Cmd = line };

    /// <summary>Returns a command that runs a program without a shell.</summary>
    public static JobCommand Program(string program, params IEnumerable<string> arguments) =>
        new() { Argv = [program, .. arguments] };
}

/// <summary>Where the items of a job come from. Use the methods that return one.</summary>
public sealed record JobSource
{
    /// <summary>Integers.</summary>
    [JsonInclude]
    internal JobRange? Range { get; init; }

    /// <summary>Values.</summary>
    [JsonInclude]
    internal IReadOnlyList<JsonElement>? Items { get; init; }

    /// <summary>Uploads.</summary>
    [JsonInclude]
    internal JobStream? Stream { get; init; }

    /// <summary>A file.</summary>
    [JsonInclude]
    internal JobFile? File { get; init; }

    /// <summary>A command.</summary>
    [JsonInclude]
    internal JobCommand? Command { get; init; }

    /// <summary>
    /// Returns a source of the integers from <paramref name="from"/> to <paramref name="to"/>, which is not included.
    /// </summary>
    public static JobSource OfRange(long from, long to) => new() { Range = new(from, to) };

    /// <summary>Returns a source of JSON values that are part of the spec.</summary>
    public static JobSource OfItems(IEnumerable<JsonElement> items) => new() { Items = [.. items] };

    /// <summary>Returns a source of values that are part of the spec.</summary>
    public static JobSource OfItems<T>(IEnumerable<T> items, JsonTypeInfo<T> type) =>
        OfItems(items.Select(item => JsonSerializer.SerializeToElement(item, type)));

    /// <summary>Returns a source to which items are uploaded until the job is closed.</summary>
    public static JobSource OfUploads() => new() { Stream = new() };

    /// <summary>Returns a source of a file that the silos and the workers see at the same path.</summary>
    /// <param name="path">The absolute path.</param>
    /// <param name="format">The format.</param>
    public static JobSource OfFile(string path, JobFileFormat format = JobFileFormat.Lines) => new() { File = new(path, format) };

    /// <summary>Returns a source of the lines that a command writes to standard output.</summary>
    public static JobSource OfCommand(JobCommand command) => new() { Command = command };
}

/// <summary>The format of a file with items.</summary>
[JsonConverter(typeof(CamelWordConverter<JobFileFormat>))]
public enum JobFileFormat
{
    /// <summary>A format that this version of the package does not know.</summary>
    Unknown,

    /// <summary>Each line is an item of text.</summary>
    Lines,

    /// <summary>Each line is an item of JSON.</summary>
    Ndjson,

    /// <summary>Comma-separated values, with a header in the first line.</summary>
    Csv,
}

/// <summary>Consecutive integers.</summary>
internal sealed record JobRange(long From, long To);

/// <summary>An empty object.</summary>
internal sealed record JobStream;

/// <summary>A file with items.</summary>
internal sealed record JobFile(string Path, JobFileFormat Format);

/// <summary>What happens to each item of a job. Use the methods that return one.</summary>
public sealed record JobProcess
{
    /// <summary>The name of a built-in processor.</summary>
    [JsonInclude]
    internal string? Builtin { get; init; }

    /// <summary>A JSON pointer, for the processor <c>json</c>.</summary>
    [JsonInclude]
    internal string? Select { get; init; }

    /// <summary>A command that is kept.</summary>
    [JsonInclude]
    internal JobCommand? Command { get; init; }

    /// <summary>A command for each chunk.</summary>
    [JsonInclude]
    internal JobCommand? ChunkCommand { get; init; }

    /// <summary>A plug-in.</summary>
    [JsonInclude]
    internal JobPlugin? Plugin { get; init; }

    /// <summary>Returns a built-in processor: <c>identity</c>, <c>square</c>, <c>length</c> or <c>words</c>.</summary>
    public static JobProcess OfBuiltin(string name) => new() { Builtin = name };

    /// <summary>Returns the processor that takes a part of each item.</summary>
    /// <param name="pointer">The JSON pointer to the part.</param>
    public static JobProcess OfPart(string pointer) => new() { Builtin = "json", Select = pointer };

    /// <summary>
    /// Returns a command that is started once for each slot: it reads a line for each item and answers with one.
    /// </summary>
    public static JobProcess OfCommand(JobCommand command) => new() { Command = command };

    /// <summary>Returns a command that is started for each chunk, with the items on standard input.</summary>
    public static JobProcess OfChunkCommand(JobCommand command) => new() { ChunkCommand = command };

    /// <summary>Returns a processor of the workers' plug-ins.</summary>
    public static JobProcess OfPlugin(string name) => new() { Plugin = new(name) };
}

/// <summary>A processor of a plug-in.</summary>
internal sealed record JobPlugin(string Name);

/// <summary>One aggregate of a job's results.</summary>
/// <param name="Op">The operation, such as <c>sum</c>, <c>count</c>, <c>topK</c> or <c>collect</c>.</param>
public sealed record JobAggregate(string Op)
{
    /// <summary>The name of the aggregate in <see cref="JobDetails.Aggregate"/>; by default the operation.</summary>
    public string? As { get; init; }

    /// <summary>A JSON pointer to the value; by default the result itself.</summary>
    public string? Value { get; init; }

    /// <summary>A JSON pointer to the key of groups; by default the result itself.</summary>
    public string? By { get; init; }

    /// <summary>With <c>topK</c>: how many values are kept, by default 10.</summary>
    public int? K { get; init; }

    /// <summary>The maximum number of groups, by default 1,000,000.</summary>
    public int? MaxGroups { get; init; }

    /// <summary>With <c>reduceCommand</c>: the command.</summary>
    public JobCommand? Command { get; init; }
}
