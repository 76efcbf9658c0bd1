using System.Text.Json;
using OrleansTasks.Processing.Resources;
using OrleansTasks.Resources;
using OrleansTasks.Processing.Chunks;
using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Jobs.Spec;

/// <summary>Reads a JobSpec from JSON, strictly and in one pass, and reports all of its faults.</summary>
public static partial class JobSpecReader
{
    /// <summary>Maximum number of items of a chunk.</summary>
    public const int LargestChunk = 1_000_000;

    private static readonly string[] Names =
    [
        "name", "queue", "labels", "requires", "source", "process", "aggregate", "strategy", "pace", "chunkSize", "order",
        "onItemError", "maxErrors", "retry", "results", "resources",
    ];

    // Fields that only the service writes. Stored specs may have them; submitted ones may not.
    private static readonly string[] AddedNames = ["env", "workflow"];
    private static readonly string[] StoredNames = [.. Names, .. AddedNames];

    private static readonly string[] Strategies = ["leastLoaded", "roundRobin"];
    private static readonly string[] Orders = ["any", "source"];
    private static readonly string[] ErrorRules = ["fail", "skip"];
    private static readonly string[] PaceNames = ["itemsPerSecond"];
    private static readonly string[] PlaceNames = ["id", "node"];
    private static readonly string[] ResultsNames = ["artifact"];
    private static readonly string[] ArtifactFormats = ["ndjson"];

    // The values are indexes into StoredNames.
    private enum Field
    {
        Name, Queue, Labels, Requires, Source, Process, Aggregate, Strategy, Pace, ChunkSize, Order, OnItemError, MaxErrors, Retry,
        Results, Resources, Env, Workflow,
    }

    /// <summary>Returns whether only the service may write this field.</summary>
    public static bool IsAdded(string name) => AddedNames.Contains(name);

    /// <summary>Reads a spec. Returns null if it adds faults to <paramref name="errors"/>.</summary>
    public static JobSpec? Read(ReadOnlySpan<byte> utf8, SpecErrors errors)
    {
        try
        {
            var reader = new StrictReader(utf8, errors);
            reader.Read();
            var spec = Read(ref reader, utf8, out _);
            reader.Finish();
            return errors.IsEmpty ? spec : null;
        }
        catch (JsonException fault)
        {
            errors.Malformed = StrictReader.Describe(fault);
            return null;
        }
    }

    /// <summary>
    /// Reads a stored spec, even if it breaks rules that were added since it was accepted: ignores unknown fields and
    /// checks no ranges. Throws <see cref="FormatException"/> if the document is not a job spec, or names an unknown
    /// processor or aggregate.
    /// </summary>
    public static JobSpec ReadStored(ReadOnlySpan<byte> spec)
    {
        var errors = new SpecErrors { ChecksRules = false };
        return Read(spec, errors) ?? throw errors.Unreadable("job spec");
    }

    /// <summary>
    /// Reads a spec inside the document <paramref name="utf8"/> and adds each fault to the reader's errors.
    /// </summary>
    internal static JobSpec Read(ref StrictReader reader, ReadOnlySpan<byte> utf8, out SpecExtent extent)
    {
        var draft = new PlanDraft();
        var spec = new JobSpec();
        extent = default;
        if (!reader.IsObject(StrictReader.Root))
            return spec;
        var start = reader.Start;
        var seen = default(SeenFields);
        var names = reader.Errors.ChecksRules ? Names : StoredNames;
        while (reader.NextField(names, ref seen, "", out var field))
            ReadField(ref reader, (Field)field, spec, draft, utf8);
        extent = new SpecExtent(start, reader.End, 0, 0, 0);
        foreach (var needed in (Field[])[Field.Source, Field.Process])
        {
            if (!seen.Has((int)needed))
                reader.Errors.Add(Names[(int)needed], "is missing");
        }

        if (spec.MaxErrors is not null && !draft.SkipErrors)
            reader.Errors.AddRule("maxErrors", "is valid only with onItemError 'skip'");
        spec.Plan = new ProcessingPlan(draft.Processor, draft.Select, draft.Command, draft.Aggregates, draft.SkipErrors);
        if (spec.KeepsResults && !spec.Plan.Collects)
            reader.Errors.AddRule("results", "is valid only with the aggregate collect");
        if (!seen.Has((int)Field.Name))
            spec.Name = draft.Name;
        return spec;
    }

    // Chunks are evaluated by the worker itself, or by a program that serves many of them, and that keeps its environment.
    private static ResourceVector ReadResources(ref StrictReader reader)
    {
        var (resources, pins) = ResourceReader.Read(ref reader);
        if (resources[ResourceName.Gpu] > 0)
            reader.Errors.AddRule("resources.gpu", "is not possible for chunks; a task of a workflow can have GPUs");
        if (pins)
        {
            reader.Errors.AddRule(
                "resources.pin", "is not possible for chunks; a task of a workflow can have cores to itself");
        }

        return resources;
    }

    private static void ReadField(ref StrictReader reader, Field field, JobSpec spec, PlanDraft draft, ReadOnlySpan<byte> utf8)
    {
        switch (field)
        {
            case Field.Name:
                spec.Name = TaskSpecReader.ReadName(ref reader);
                break;
            case Field.Queue:
                spec.Queue = TaskSpecReader.ReadQueue(ref reader);
                break;
            case Field.Labels:
                spec.Labels = TaskSpecReader.ReadLabels(ref reader, "labels");
                break;
            case Field.Requires:
                spec.Requires = TaskSpecReader.ReadLabels(ref reader, "requires");
                break;
            case Field.Source:
                spec.Source = ReadSource(ref reader, utf8) ?? spec.Source;
                break;
            case Field.Process:
                ReadProcess(ref reader, draft);
                break;
            case Field.Aggregate:
                draft.Aggregates = ReadAggregates(ref reader);
                break;
            case Field.Resources:
                spec.Resources = ReadResources(ref reader);
                break;
            case Field.Strategy:
                spec.RoundRobin = reader.Word("strategy", Strategies) == 1;
                break;
            case Field.Pace:
                spec.Pace = ReadPace(ref reader);
                break;
            case Field.ChunkSize:
                spec.ChunkSize = reader.Integer("chunkSize", 1, LargestChunk) is { } size ? int.CreateSaturating(size) : null;
                break;
            case Field.Order:
                spec.KeepsOrder = reader.Word("order", Orders) == 1;
                break;
            case Field.OnItemError:
                draft.SkipErrors = reader.Word("onItemError", ErrorRules) == 1;
                break;
            case Field.MaxErrors:
                spec.MaxErrors = reader.Integer("maxErrors", 0, long.MaxValue);
                break;
            case Field.Retry:
                spec.Retry = RetryReader.Read(ref reader);
                if (spec.Retry.Rules is { MemoryFactor: > 0 })
                    reader.Errors.AddRule("retry.on.out-of-memory.memoryFactor", "is valid only for tasks: a chunk "
                        + "has no memory limit to grow");
                break;
            case Field.Results:
                spec.KeepsResults = ReadResults(ref reader);
                break;
            case Field.Env:
                spec.Env = TaskSpecReader.ReadVariables(ref reader, "env");
                break;
            case Field.Workflow:
                spec.Workflow = ReadPlace(ref reader);
                break;
        }
    }

    private static bool ReadResults(ref StrictReader reader)
    {
        if (!reader.IsObject("results"))
            return false;
        var seen = default(SeenFields);
        while (reader.NextField(ResultsNames, ref seen, "results", out _))
            reader.Word("results.artifact", ArtifactFormats);
        if (!seen.Has(0))
            reader.Errors.Add("results.artifact", "is missing; give the format, ndjson");
        return true;
    }

    private static JobPlace? ReadPlace(ref StrictReader reader)
    {
        if (!reader.IsObject("workflow"))
            return null;
        var (id, node) = ("", "");
        var seen = default(SeenFields);
        while (reader.NextField(PlaceNames, ref seen, "workflow", out var field))
        {
            var text = reader.String("workflow." + PlaceNames[field]) ?? "";
            (id, node) = field == 0 ? (text, node) : (id, text);
        }

        return TaskId.TryParse(id, out var workflow) ? new JobPlace(workflow, node) : null;
    }

    private static double? ReadPace(ref StrictReader reader)
    {
        if (!reader.IsObject("pace"))
            return null;
        double? pace = null;
        var seen = default(SeenFields);
        while (reader.NextField(PaceNames, ref seen, "pace", out _))
            pace = reader.Number("pace.itemsPerSecond", 0.001, 1e9);
        if (!seen.Has(0))
            reader.Errors.Add("pace.itemsPerSecond", "is missing");
        return pace;
    }
}
