using System.Text.Json;
using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Definitions;

/// <summary>What a run of a definition asks for.</summary>
/// <param name="Parameters">The values by the parameters' names, as JSON.</param>
public sealed record DefinitionRunSpec(ImmutableArray<(string Name, JsonElement Value)> Parameters)
{
    private static readonly string[] Names = ["parameters", "version", "labels", "runAt"];

    /// <summary>The version to run; null for the latest.</summary>
    public long? Version { get; init; }

    /// <summary>Labels in addition to those of the spec, and in place of those with the same keys.</summary>
    public ImmutableArray<Label> Labels { get; init; } = [];

    /// <summary>The earliest start of a task in Unix milliseconds; null for the spec's own.</summary>
    public long? RunAt { get; init; }

    /// <summary>Reads a body. Returns null if it has faults. An empty body asks for nothing.</summary>
    public static DefinitionRunSpec? Read(ReadOnlyMemory<byte> utf8, SpecErrors errors)
    {
        if (utf8.IsEmpty)
            return new DefinitionRunSpec([]);
        using var document = JsonFields.Parse(utf8, errors);
        if (document is null || !JsonFields.Is(document.RootElement, JsonValueKind.Object, StrictReader.Root, errors))
            return null;
        var root = document.RootElement;
        JsonFields.CheckNames(root, Names, "", errors);
        var values = JsonFields.TryGet(root, "parameters", out var given) && JsonFields.Is(given, JsonValueKind.Object, "parameters", errors)
            ? given.EnumerateObject().Select(static one => (one.Name, one.Value.Clone()))
            : [];
        var spec = new DefinitionRunSpec([.. values])
        {
            Version = JsonFields.Version(root, "version", errors),
            Labels = LabelsOf(root, errors),
            RunAt = TimeOf(root, errors),
        };
        return errors.IsEmpty ? spec : null;
    }

    // The spec's reader checks keys and values, and names this field in its faults.
    private static ImmutableArray<Label> LabelsOf(JsonElement root, SpecErrors errors)
    {
        if (!JsonFields.TryGet(root, "labels", out var labels) || !JsonFields.Is(labels, JsonValueKind.Object, "labels", errors))
            return [];
        var list = ImmutableArray.CreateBuilder<Label>();
        foreach (var label in labels.EnumerateObject())
        {
            if (label.Value.ValueKind == JsonValueKind.String)
                list.Add(new Label(label.Name, label.Value.GetString()!));
            else
                errors.Add(StrictReader.Join("labels", StrictReader.Quote(label.Name)), "must be a string");
        }

        return list.DrainToImmutable();
    }

    private static long? TimeOf(JsonElement root, SpecErrors errors)
    {
        if (JsonFields.Text(root, "runAt", "", errors) is not { } text)
            return null;
        if (Timestamps.TryParse(text, out var time))
            return time;
        errors.Add("runAt", $"'{StrictReader.Quote(text)}' is not {Timestamps.Example}");
        return null;
    }
}
