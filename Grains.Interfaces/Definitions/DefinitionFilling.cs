using System.Globalization;
using System.Text.Json;
using OrleansTasks.Jobs.Spec;
using OrleansTasks.Rollouts;
using OrleansTasks.Tasks.Spec;
using OrleansTasks.Workflows;

namespace OrleansTasks.Definitions;

/// <summary>
/// Puts the values of a run into the spec that a definition starts. It works on the JSON of the spec before the spec's
/// own reader sees it: a value replaces a whole JSON string, so it stays one value, and no shell reads it.
/// </summary>
public static class DefinitionFilling
{
    /// <summary>Returns the spec that a run starts; null if it added faults.</summary>
    /// <param name="spec">The definition.</param>
    /// <param name="run">What the run asks for.</param>
    /// <param name="now">The current time in Unix milliseconds.</param>
    /// <param name="errors">
    /// The object to which faults are added: at <c>parameters.NAME</c> for a value that its parameter or its place does
    /// not take, otherwise at a field of the run or of the definition.
    /// </param>
    /// <param name="nodes">
    /// The definitions that nodes of its workflow name, and the choices that definitions printed; the path ends with
    /// its own name.
    /// </param>
    public static FilledTarget? Fill(
        DefinitionSpec spec, DefinitionRunSpec run, long now, SpecErrors errors, NodeScope nodes)
    {
        var values = ValuesOf(spec, run, nodes.Book, errors);
        if (run.RunAt is not null && spec.Kind != DefinitionKind.Task)
            errors.Add("runAt", "is valid only for a definition of a task");
        if (!errors.IsEmpty)
            return null;
        var writer = new TargetWriter(spec, values, errors) { Labels = run.Labels, RunAt = run.RunAt };
        var body = writer.Write();
        if (!errors.IsEmpty)
            return null;
        var (expanded, faults) = Expand(spec.Kind, body, writer, now, nodes);
        foreach (var fault in faults)
            errors.Add(writer.PlaceOf(fault.Path), fault.Message);
        return errors.IsEmpty
            ? new FilledTarget(spec.Kind, expanded?.Body ?? body, writer.Variables)
            {
                Nodes = expanded?.Nodes ?? [],
                Origin = fault => writer.AsAsked(expanded?.AsWritten(fault) ?? fault),
            }
            : null;
    }

    /// <summary>Adds the faults of a definition's spec that do not depend on a run's values.</summary>
    internal static void Check(DefinitionSpec spec, long now, SpecErrors errors, NodeScope nodes)
    {
        if (spec.Kind == DefinitionKind.Job && spec.Parameters.FirstOrDefault(static one => one.IsSecret) is { } secret)
            errors.Add($"parameters[{spec.Parameters.IndexOf(secret)}].secret", "is valid only for tasks, workflows and rollouts: jobs have no secretEnv");
        if (spec.Kind == DefinitionKind.Workflow)
            CheckSecrets(spec, nodes.Book, errors);
        var samples = spec.Parameters.ToDictionary(static one => one.Name, static one => (ParameterValue?)SampleOf(one));
        var writer = new TargetWriter(spec, samples, errors);
        var body = writer.Write();
        if (!errors.IsEmpty)
            return;
        // Faults of the sample values do not count: each run checks its own values.
        var (_, faults) = Expand(spec.Kind, body, writer, now, nodes);
        foreach (var fault in faults.Where(fault => !writer.IsFilled(fault.Path)))
            errors.Add(writer.PlaceOf(fault.Path), fault.Message);
    }

    // Adds a fault for each value that a node gives to a secret parameter, because answers show the definition. A run
    // does not check this: the parameter may have become secret after the definition was stored.
    private static void CheckSecrets(DefinitionSpec spec, DefinitionBook book, SpecErrors errors)
    {
        foreach (var (index, node) in DefinitionBook.NodesOf(spec.Target).Index())
        {
            if (DefinitionBook.NamedBy(node) is not { } asked || !book.TryGet(asked, out var named))
                continue;
            foreach (var (name, value) in NodeExpansion.ValuesIn(node.GetProperty(NodeExpansion.Field)))
            {
                if (value.ValueKind == JsonValueKind.Null || TargetWriter.IsReference(value)
                    || !named.Spec.Parameters.Any(one => one.Name == name && one.IsSecret))
                    continue;
                errors.Add(
                    StrictReader.Join(
                        string.Create(CultureInfo.InvariantCulture, $"workflow.nodes[{index}].definition.parameters"),
                        StrictReader.Quote(name)),
                    "must be ${param.NAME}, the value of a secret parameter: everyone who may read this definition "
                        + "would see a value");
            }
        }
    }

    // Returns a workflow with tasks and jobs in place of the definitions that its nodes name, if one names any, and the
    // faults of the spec.
    private static (ExpandedWorkflow? Expanded, IReadOnlyList<SpecError> Faults) Expand(
        DefinitionKind kind, byte[] body, TargetWriter writer, long now, NodeScope nodes)
    {
        if (kind != DefinitionKind.Workflow || !JsonFields.MayHave(body, "\"definition\""u8))
            return (null, FaultsOf(kind, body, now, isExpanded: false));
        var errors = new SpecErrors();
        using var document = JsonDocument.Parse(body);
        var expanded = NodeExpansion.Expand(document.RootElement, nodes, writer.SecretPlaces, now, errors);
        if (!errors.IsEmpty)
            return (null, errors.Items);
        return expanded is null
            ? (null, FaultsOf(kind, body, now, isExpanded: false))
            : (expanded,
                [.. FaultsOf(kind, expanded.Body, now, isExpanded: true).Select(expanded.AsWritten).Distinct()]);
    }

    private static Dictionary<string, ParameterValue?> ValuesOf(
        DefinitionSpec spec, DefinitionRunSpec run, DefinitionBook book, SpecErrors errors)
    {
        var values = new Dictionary<string, ParameterValue?>(StringComparer.Ordinal);
        foreach (var (name, value) in run.Parameters)
        {
            var path = PathOf(name);
            if (spec.Parameters.FirstOrDefault(one => one.Name == name) is { } parameter)
            {
                // As everywhere, null is the same as leaving the value out.
                if (value.ValueKind != JsonValueKind.Null)
                    values[name] = ParameterReader.ReadValue(value, parameter, path, errors, book);
                continue;
            }

            errors.Add(path, UnknownParameter(spec, name));
        }

        foreach (var parameter in spec.Parameters)
        {
            if (values.ContainsKey(parameter.Name))
                continue;
            if (parameter.IsRequired)
                errors.Add(PathOf(parameter.Name), "is missing");
            // The other defaults were checked when the definition was stored.
            else if (parameter is { Default: { } usual, ChoicesFrom: { } source }
                && book.FaultOfChoice(source, usual.Text) is { } fault)
                errors.Add(PathOf(parameter.Name), $"has the default '{StrictReader.Quote(usual.Text)}', but {fault}");
            values[parameter.Name] = parameter.Default;
        }

        return values;
    }

    /// <summary>Says that a definition has no such parameter.</summary>
    public static string UnknownParameter(DefinitionSpec spec, string name)
    {
        string[] names = [.. spec.Parameters.Select(static one => one.Name)];
        return NearMatch.Find(name, names) is { } near ? $"unknown parameter; did you mean '{near}'?"
            : names.Length == 0 ? "unknown parameter; the definition has none"
            : $"unknown parameter; the parameters are {string.Join(", ", names)}";
    }

    /// <summary>
    /// Adds a fault at a path if a parameter does not take a value. Printed choices are not checked: they may change
    /// until the run.
    /// </summary>
    public static void CheckValue(Parameter parameter, JsonElement value, string path, SpecErrors errors) =>
        ParameterReader.ReadValue(value, parameter, path, errors);

    private static string PathOf(string parameter) => StrictReader.Join("parameters", StrictReader.Quote(parameter));

    private static ParameterValue SampleOf(Parameter parameter) => parameter.Default ?? parameter.Type switch
    {
        ParameterType.Number or ParameterType.Integer => new ParameterValue(parameter.Min?.Text ?? parameter.Max?.Text ?? "1", IsLiteral: true),
        ParameterType.Boolean => new ParameterValue("true", IsLiteral: true),
        ParameterType.Choice => new ParameterValue(parameter.ChoicesFrom is null ? parameter.Choices[0] : "x", IsLiteral: false),
        ParameterType.Date => new ParameterValue("2026-11-26", IsLiteral: false),
        ParameterType.Time => new ParameterValue("09:30", IsLiteral: false),
        ParameterType.File => new ParameterValue("sha256:" + new string('0', 64), IsLiteral: false),
        _ => new ParameterValue("x", IsLiteral: false),
    };

    private static IReadOnlyList<SpecError> FaultsOf(DefinitionKind kind, byte[] body, long now, bool isExpanded)
    {
        var errors = new SpecErrors { AllowsNodePaths = isExpanded };
        _ = kind switch
        {
            DefinitionKind.Task => ReadTask(body, now, errors),
            DefinitionKind.Job => JobSpecReader.Read(body, errors),
            DefinitionKind.Workflow => WorkflowSpecReader.Read(body, now, errors),
            _ => (object?)RolloutSpecReader.Read(body, now, errors),
        };
        return errors.All;
    }

    private static TaskSpec? ReadTask(byte[] body, long now, SpecErrors errors)
    {
        var spec = TaskSpecReader.Read(body, now, errors, out _);
        // A run has an id before its task is accepted, so another task cannot take its place.
        if (spec?.Unique is not null)
            errors.AddRule("unique", "is not allowed in a definition");
        return spec;
    }
}

/// <summary>A spec with the values of a run in it, which its reader accepts.</summary>
/// <param name="Kind">What it starts.</param>
/// <param name="Body">The spec, as JSON in UTF-8.</param>
/// <param name="Variables">
/// The environment variables of the values that are not secret, sorted by name. The tasks in the spec already have
/// them; jobs get them when they start.
/// </param>
public sealed record FilledTarget(DefinitionKind Kind, byte[] Body, ImmutableArray<(string Name, string Value)> Variables)
{
    /// <summary>
    /// Where each node of a workflow comes from; empty if none of its nodes names a definition.
    /// </summary>
    public ImmutableArray<ExpandedNode> Nodes { get; init; } = [];

    /// <summary>Finds where a fault of the spec comes from.</summary>
    internal Func<SpecError, SpecError> Origin { get; init; } = static fault => fault;

    /// <summary>
    /// Returns a fault that was found when the spec was started as a fault of the run: at <c>parameters.NAME</c> if a
    /// value is at its place, otherwise at a field of the run or of the definition.
    /// </summary>
    public SpecError AsAsked(SpecError fault) => Origin(fault);

    /// <summary>Returns where each node of a workflow comes from, with the definition that starts the workflow.</summary>
    /// <param name="own">That definition.</param>
    /// <param name="count">The number of nodes.</param>
    public ImmutableArray<ExpandedNode> NodesOf(DefinitionRef own, int count) => Nodes.IsEmpty
        ? [.. Enumerable.Range(0, count).Select(index => new ExpandedNode(index, own, Variables))]
        : [.. Nodes.Select(node => node.Definition is null ? node with { Definition = own, Variables = Variables } : node)];
}
