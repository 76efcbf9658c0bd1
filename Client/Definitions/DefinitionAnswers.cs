using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Serialization;
using OrleansTasks.Audit;
using OrleansTasks.Client.Audit;
using OrleansTasks.Client.Contract;
using OrleansTasks.Contract;
using OrleansTasks.Definitions;

namespace OrleansTasks.Client.Definitions;

/// <summary>
/// What the contract says about the body of the call that stores a definition. Nothing deserializes it:
/// <see cref="DefinitionSpecReader"/> reads the JSON.
/// </summary>
[Schema("DefinitionSpec"), JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
[Description("A definition: exactly one of task, job, workflow and rollout, in which ${param.NAME} may stand for a value.")]
internal sealed record DefinitionBody(
    [property: Description("What the definition is for."), MaxLength(ServiceLimits.DescriptionLength)]
    string? Description,
    [property: RefersTo("Parameters")]
    StoredJson? Parameters,
    [property: RefersTo("DefinitionTarget"), Description("The task that a run starts.")]
    StoredJson? Task,
    [property: RefersTo("DefinitionTarget"), Description("The job that a run starts.")]
    StoredJson? Job,
    [property: RefersTo("DefinitionTarget"), Description("The workflow that a run starts.")]
    StoredJson? Workflow,
    [property: RefersTo("DefinitionTarget"), Description("The rollout that a run starts.")]
    StoredJson? Rollout,
    [property: Description("Whether assistants may see the definition as a tool.")]
    bool? Tool,
    [property: Description("The version that this one replaces; omitted to replace any."), Range(1, double.PositiveInfinity)]
    long? Version)
{
    /// <summary>The example of the contract.</summary>
    public static DefinitionBody Example => new(
        "Loads a day", new StoredJson("""[{"name":"day","type":"date","required":true}]"""u8.ToArray()),
        new StoredJson("""{"argv":["./load","${param.day}"]}"""u8.ToArray()), null, null, null, null, null);
}

/// <summary>A definition, as the HTTP contract shows it.</summary>
[Schema("Definition"), Description("A named, versioned thing that can be run with parameters.")]
internal sealed class DefinitionAnswer
{
    private readonly DefinitionView view;
    private readonly JsonElement body;

    private DefinitionAnswer(DefinitionView view, ImmutableArray<PrintedChoicesAnswer>? choices) =>
        (this.view, body, Choices) = (view, Parse(view.Body), choices);

    [Description("The name; it may have slashes.")]
    public string Name => view.Name;

    [Description("The version; the first is 1."), Range(1, double.PositiveInfinity)]
    public long Version => view.Version;

    [Description("What a run starts.")]
    public DefinitionKind Kind => view.Kind;

    [Description("What the definition is for.")]
    public string Description => body.TryGetProperty("description", out var text) ? text.GetString()! : "";

    // Bodies that earlier versions stored still have their nulls.
    [RefersTo("Parameters")]
    public StoredJson Parameters =>
        new(Field("parameters") is { } stored ? NullMembers.Drop(stored.Utf8) : "[]"u8.ToArray());

    [RefersTo("DefinitionTarget"), Description("The task that a run starts; null if it starts something else.")]
    public StoredJson? Task => Field("task");

    [RefersTo("DefinitionTarget"), Description("The job that a run starts; null if it starts something else.")]
    public StoredJson? Job => Field("job");

    [RefersTo("DefinitionTarget"), Description("The workflow that a run starts; null if it starts something else.")]
    public StoredJson? Workflow => Field("workflow");

    [RefersTo("DefinitionTarget"), Description("The rollout that a run starts; null if it starts something else.")]
    public StoredJson? Rollout => Field("rollout");

    [Description("Whether assistants may see the definition as a tool.")]
    public bool Tool => body.TryGetProperty("tool", out var tool) && tool.ValueKind == JsonValueKind.True;

    [Description("With choices=true, what the definitions printed that parameters name in choicesFrom; otherwise null.")]
    public ImmutableArray<PrintedChoicesAnswer>? Choices { get; }

    [Description("When this version was stored.")]
    public Timestamp ChangedAt => view.At;

    [Description("Who stored this version; null if unknown.")]
    public ActorAnswer? ChangedBy => ActorOf(view);

    [Description("The header Otask-Reason of the call that stored this version."), MaxLength(Origin.LongestReason)]
    public string? Reason => view.Reason;

    /// <summary>The example of the contract.</summary>
    public static DefinitionAnswer Example => Of(new DefinitionView(
        "etl/load-day", 3, DefinitionKind.Task,
        """{"description":"Loads a day","parameters":[{"name":"day","type":"date","required":true}],"task":{"argv":["./load","${param.day}"]}}"""u8.ToArray(),
        Examples.Time)
    { Key = "key-0123456789abcdef", KeyName = "deploy", Reason = "new flag" });

    /// <summary>Returns the answer of a version.</summary>
    public static DefinitionAnswer Of(DefinitionView view, ImmutableArray<PrintedChoicesAnswer>? choices = null) =>
        new(view, choices);

    /// <summary>Returns who stored a version.</summary>
    internal static ActorAnswer? ActorOf(DefinitionView view) =>
        view.Key is null && view.Says is null ? null : new ActorAnswer(view.Key, view.KeyName, view.Says);

    // An unreadable row must not make others unreadable.
    private static JsonElement Parse(ReadOnlyMemory<byte> stored)
    {
        try
        {
            using var document = JsonDocument.Parse(stored);
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            return JsonElement.Parse("{}"u8);
        }
    }

    private StoredJson? Field(string name) => body.TryGetProperty(name, out var value) ? StoredJson.Of(value.GetRawText()) : null;
}

/// <summary>The choices that a definition gives to parameters of others, as the HTTP contract shows them.</summary>
[Schema("PrintedChoices"), Description("The lines that the latest successful task of a definition printed.")]
internal sealed record PrintedChoicesAnswer(
    [property: Description("The definition that a parameter names in choicesFrom.")]
    string Definition,
    [property: Description("The choices, each once, in the order in which they were printed.")]
    ImmutableArray<string> Values,
    [property: RefersTo("Id")]
    [property: Description("The task that printed them; null if none has succeeded, and for keys without the scope read.")]
    string? Task,
    [property: Description("When that task ended; null if none has succeeded.")]
    Timestamp? PrintedAt,
    [property: Description("Whether more was printed than is read, or than there may be choices.")]
    bool Truncated,
    [property: Description("How many lines are no choices, because they are too long, not UTF-8, or have a NUL character.")]
    [property: Range(0, int.MaxValue)]
    int LeftOut,
    [property: Description("Why there are no choices, and what to do; null if there are some.")]
    string? Problem)
{
    /// <summary>The example of the contract.</summary>
    public static PrintedChoicesAnswer Example => Of(
        PrintedChoices.Of("databases/list", Examples.Id, Examples.Time, "orders\nstock\n"u8, isWhole: true), showsTask: true);

    /// <summary>Returns the answer of choices.</summary>
    public static PrintedChoicesAnswer Of(PrintedChoices printed, bool showsTask) => new(
        printed.Definition, printed.Values, showsTask ? printed.Task?.ToString() : null,
        printed.At is { } at ? (Timestamp)at : null, printed.IsCut, printed.LeftOut, printed.Fault);
}

/// <summary>A version of a definition in its history.</summary>
[Schema("DefinitionVersion"), Description("A version of a definition.")]
internal sealed class DefinitionVersionAnswer
{
    private readonly DefinitionView view;

    private DefinitionVersionAnswer(DefinitionView view) => this.view = view;

    [Description("The version; the first is 1."), Range(1, double.PositiveInfinity)]
    public long Version => view.Version;

    [Description("What a run starts.")]
    public DefinitionKind Kind => view.Kind;

    [Description("When the version was stored.")]
    public Timestamp ChangedAt => view.At;

    [Description("Who stored the version; null if unknown.")]
    public ActorAnswer? ChangedBy => DefinitionAnswer.ActorOf(view);

    [Description("The header Otask-Reason of the call that stored the version."), MaxLength(Origin.LongestReason)]
    public string? Reason => view.Reason;

    /// <summary>The example of the contract.</summary>
    public static DefinitionVersionAnswer Example =>
        Of(new DefinitionView("etl/load-day", 3, DefinitionKind.Task, default, Examples.Time) { Key = "key-0123456789abcdef", KeyName = "deploy" });

    /// <summary>Returns the answer of a version.</summary>
    public static DefinitionVersionAnswer Of(DefinitionView view) => new(view);
}

/// <summary>What a run of a definition started.</summary>
[Schema("StartedRun"), Description("What a run of a definition started.")]
internal sealed record StartedRunAnswer(
    [property: Description("What was started.")]
    DefinitionKind Kind,
    [property: RefersTo("Id")]
    string Id,
    [property: Description("The definition's name.")]
    string Definition,
    [property: Description("The definition's version."), Range(1, double.PositiveInfinity)]
    long Version)
{
    /// <summary>The example of the contract.</summary>
    public static StartedRunAnswer Example => new(DefinitionKind.Task, Examples.Id.ToString(), "etl/load-day", 3);
}

/// <summary>A run of a definition, as the HTTP contract shows it.</summary>
[Schema("DefinitionRun"), Description("A run of a definition.")]
internal sealed class DefinitionRunAnswer
{
    private readonly DefinitionRun run;

    private DefinitionRunAnswer(DefinitionRun run, string? state) => (this.run, State) = (run, state);

    [Description("What was started.")]
    public DefinitionKind Kind => run.Kind;

    [RefersTo("Id"), Description("The id of the task, job, workflow or rollout.")]
    public string Id => run.Id.ToString();

    [Description("The definition's name.")]
    public string Definition => run.Name;

    [Description("The definition's version."), Range(1, double.PositiveInfinity)]
    public long Version => run.Version;

    [Description("The state of what was started; null if it is gone, or was not started.")]
    public string? State { get; }

    [Description("When the run was asked for.")]
    public Timestamp StartedAt => run.At;

    [Description("Who asked for it; null if unknown.")]
    public ActorAnswer? StartedBy => run.Key is null && run.Says is null ? null : new ActorAnswer(run.Key, run.KeyName, run.Says);

    [Description("The values that were given, without those of secret parameters.")]
    public StoredJson Parameters => new(run.Parameters.IsEmpty ? "{}"u8.ToArray() : run.Parameters);

    /// <summary>The example of the contract.</summary>
    public static DefinitionRunAnswer Example => Of(
        new DefinitionRun(Examples.Id, DefinitionKind.Task, "etl/load-day", 3, Examples.Time, """{"day":"2026-11-05"}"""u8.ToArray())
        { Key = "key-0123456789abcdef", KeyName = "support" }, "succeeded");

    /// <summary>Returns the answer of a run and the state of what it started.</summary>
    public static DefinitionRunAnswer Of(DefinitionRun run, string? state) => new(run, state);
}

/// <summary>
/// What the contract says about the body of the call that runs a definition. Nothing deserializes it:
/// <see cref="DefinitionRunSpec"/> reads the JSON.
/// </summary>
[Schema("DefinitionRunSpec"), JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
[Description("What a run of a definition asks for.")]
internal sealed record DefinitionRunBody(
    [property: Description("The values by the parameters' names.")]
    StoredJson? Parameters,
    [property: Description("The version to run; by default the latest."), Range(1, double.PositiveInfinity)]
    long? Version,
    [property: RefersTo("Labels"), Description("Labels in addition to those of the spec, or in place of those with the same keys.")]
    StoredJson? Labels,
    [property: Description("The earliest start, of a task only.")]
    Timestamp? RunAt)
{
    /// <summary>The example of the contract.</summary>
    public static DefinitionRunBody Example => new(new StoredJson("""{"day":"2026-11-05"}"""u8.ToArray()), null, null, null);
}
