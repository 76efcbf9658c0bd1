using System.Buffers;
using System.Text;
using System.Text.Json;
using OrleansTasks.Schedules;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Definitions;

/// <summary>Reads the body of a definition from JSON and reports all of its faults.</summary>
public static class DefinitionSpecReader
{
    private static readonly string[] Names =
        ["description", "parameters", .. DefinitionKinds.Names, "tool", "version"];

    /// <summary>Reads a body. Returns null if it has faults.</summary>
    /// <param name="utf8">The whole document.</param>
    /// <param name="now">The current time in Unix milliseconds.</param>
    /// <param name="errors">The object to which faults are added, with paths such as <c>task.argv[0]</c>.</param>
    /// <param name="nodes">The definitions that nodes of its workflow name; the path ends with its own name.</param>
    public static DefinitionSpec? Read(ReadOnlyMemory<byte> utf8, long now, SpecErrors errors, NodeScope nodes)
    {
        if (ReadUnchecked(utf8, errors) is not { } spec)
            return null;
        DefinitionFilling.Check(spec, now, errors, nodes);
        return errors.IsEmpty ? spec : null;
    }

    /// <summary>Reads a body without checking what it starts. Returns null if it has faults.</summary>
    public static DefinitionSpec? ReadUnchecked(ReadOnlyMemory<byte> utf8, SpecErrors errors) =>
        Parse(utf8, errors) is { } spec && errors.IsEmpty ? spec : null;

    /// <summary>
    /// Reads a stored body, whose target was checked when it was stored. Patterns that are no longer allowed are left
    /// out. Throws <see cref="FormatException"/> if the body cannot be read.
    /// </summary>
    public static DefinitionSpec ReadStored(ReadOnlyMemory<byte> utf8)
    {
        var errors = new SpecErrors { ChecksRules = false };
        var spec = Parse(utf8, errors);
        return spec is not null && errors.IsEmpty ? spec : throw errors.Unreadable("definition");
    }

    private static DefinitionSpec? Parse(ReadOnlyMemory<byte> utf8, SpecErrors errors)
    {
        using var document = JsonFields.Parse(utf8, errors);
        if (document is null || !JsonFields.Is(document.RootElement, JsonValueKind.Object, StrictReader.Root, errors))
            return null;
        var root = document.RootElement;
        JsonFields.CheckNames(root, Names, "", errors);
        var description = JsonFields.Text(root, "description", "", errors) ?? "";
        if (SpecRules.FaultOfText(description.ReplaceLineEndings(" "), ServiceLimits.DescriptionLength) is { } fault)
            errors.Add("description", fault);
        var parameters = JsonFields.TryGet(root, "parameters", out var list) ? ParameterReader.ReadAll(list, errors) : [];
        var isTool = JsonFields.Flag(root, "tool", "", errors);
        var version = JsonFields.Version(root, "version", errors);
        if (KindOf(root, errors) is not { } kind)
            return null;
        var target = root.GetProperty(kind.Name()).Clone();
        return JsonFields.Is(target, JsonValueKind.Object, kind.Name(), errors)
            ? new DefinitionSpec(kind, target, parameters)
            { Description = description, IsTool = isTool, Version = version, Body = errors.ChecksRules ? WithoutVersion(root) : utf8 }
            : null;
    }

    private static DefinitionKind? KindOf(JsonElement root, SpecErrors errors)
    {
        var given = DefinitionKinds.Names.Where(name => JsonFields.TryGet(root, name, out _)).ToArray();
        if (given is [var only])
            return (DefinitionKind)DefinitionKinds.Names.IndexOf(only);
        var all = string.Join(", ", DefinitionKinds.Names);
        if (given.Length == 0)
            errors.Add("task", $"is missing; give one of {all}");
        else
            errors.Add(given[1], $"{all} exclude each other; give one of them");
        return null;
    }

    private static byte[] WithoutVersion(JsonElement root)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, OccurrenceTask.Writing))
        {
            json.WriteStartObject();
            foreach (var field in root.EnumerateObject())
            {
                if (field.NameEquals("version"u8) || field.Value.ValueKind == JsonValueKind.Null)
                    continue;
                if (!field.NameEquals("parameters"u8))
                {
                    // In what a run starts, null may be data, such as an item of a job.
                    field.WriteTo(json);
                    continue;
                }

                var text = Encoding.UTF8.GetBytes(field.Value.GetRawText());
                json.WritePropertyName("parameters"u8);
                JsonElement.Parse(NullMembers.Drop(text).Span).WriteTo(json);
            }

            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }
}
