using System.Buffers;
using System.Globalization;
using System.Text.Json;
using OrleansTasks.Processing.Files;
using OrleansTasks.Schedules;
using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Definitions;

/// <summary>
/// Writes the spec of a definition with the values of a run in place of <c>${param.name}</c>, and the variables
/// <c>PARAM_NAME</c> in the environment of each task. Adds a fault for each <c>${param.</c> that stands where none may.
/// </summary>
/// <param name="spec">The definition.</param>
/// <param name="values">The values by the parameters' names; null for a parameter without a value.</param>
/// <param name="errors">The object to which faults are added.</param>
internal sealed class TargetWriter(DefinitionSpec spec, IReadOnlyDictionary<string, ParameterValue?> values, SpecErrors errors)
{
    private const string Opening = "${param.";

    // Where a place of the spec comes from, with the text that is there now.
    private readonly Dictionary<string, (string Place, string Text)> places = new(StringComparer.Ordinal);

    /// <summary>What an object of the spec is, which decides what its members are.</summary>
    private enum Role
    {
        Other, Task, Job, Workflow, Rollout, Nodes, Node, Source, Items, Command, Files, Environment, Secrets, Labels,
        Arguments, Use, Values,
    }

    /// <summary>Labels in addition to those of the spec, and in place of those with the same keys.</summary>
    public ImmutableArray<Label> Labels { get; init; } = [];

    /// <summary>The earliest start of a task, in place of the spec's own; null for the spec's own.</summary>
    public long? RunAt { get; init; }

    /// <summary>The variables of the parameters that keep nothing secret.</summary>
    public ImmutableArray<(string Name, string Value)> Variables { get; } =
    [
        .. spec.Parameters.Where(one => !HasSecret(one, values))
            .Select(one => (one.Variable, TextOf(values[one.Name]))),
    ];

    /// <summary>The places of secret values in what nodes give the definitions that they name.</summary>
    public HashSet<string> SecretPlaces { get; } = new(StringComparer.Ordinal);

    private Role Root => spec.Kind switch
    {
        DefinitionKind.Task => Role.Task,
        DefinitionKind.Job => Role.Job,
        DefinitionKind.Workflow => Role.Workflow,
        _ => Role.Rollout,
    };

    private Role Labelled => Root == Role.Rollout ? Role.Task : Root;

    /// <summary>Writes the spec, as JSON in UTF-8.</summary>
    public byte[] Write()
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, OccurrenceTask.Writing))
            Write(json, spec.Target, "", "", Root);
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Returns whether a value of a spec is a text that names a parameter, or tries to.</summary>
    public static bool IsReference(JsonElement value) =>
        value.ValueKind == JsonValueKind.String && value.GetString()!.Contains(Opening, StringComparison.Ordinal);

    /// <summary>Returns whether the value at a place of the spec comes from a run.</summary>
    public bool IsFilled(string path) => places.ContainsKey(path);

    /// <summary>Returns the field of a run or of the definition that a place of the spec comes from.</summary>
    public string PlaceOf(string path) =>
        places.TryGetValue(path, out var filled) ? filled.Place
        : path == StrictReader.Root ? spec.Kind.Name()
        : $"{spec.Kind.Name()}.{path}";

    /// <summary>
    /// Returns a fault of what the spec starts as a fault of the run. A check of files reports the entry of a list, and
    /// only its message names the file or task; such a fault moves to the value with that name.
    /// </summary>
    public SpecError AsAsked(SpecError fault)
    {
        var (within, message) = (fault.Path + '.', fault.Message);
        var named = IsFilled(fault.Path) ? null : places
            .Where(one => one.Key.StartsWith(within, StringComparison.Ordinal) && IsNamed(one.Value.Text, message))
            .Select(static one => one.Value.Place).FirstOrDefault();
        return new SpecError(named ?? PlaceOf(fault.Path), message);
    }

    // Texts that are no names, such as paths, can be in a message by chance.
    private static bool IsNamed(string text, string message) =>
        (FileName.TryParse(text, out _) || TaskId.TryParse(text, out _))
        && message.Contains(text, StringComparison.Ordinal);

    private void Write(Utf8JsonWriter json, JsonElement value, string path, string name, Role role)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                WriteObject(json, value, path, role);
                break;
            case JsonValueKind.Array:
                json.WriteStartArray();
                foreach (var (index, item) in value.EnumerateArray().Index())
                    Write(json, item, string.Create(CultureInfo.InvariantCulture, $"{path}[{index}]"), name, role == Role.Nodes ? Role.Node : role);
                json.WriteEndArray();
                break;
            case JsonValueKind.String when IsReference(value):
                WriteFilled(json, value.GetString()!, path, name, role);
                break;
            case JsonValueKind.String when role == Role.Secrets:
                errors.Add(PlaceOf(path), "must be ${param.NAME}, the value of a secret parameter: everyone who may read the definition would see a value");
                value.WriteTo(json);
                break;
            default:
                value.WriteTo(json);
                break;
        }
    }

    private void WriteObject(Utf8JsonWriter json, JsonElement value, string path, Role role)
    {
        json.WriteStartObject();
        var written = new HashSet<string>(StringComparer.Ordinal);
        foreach (var member in value.EnumerateObject())
        {
            var place = StrictReader.Join(path, StrictReader.Quote(member.Name));
            if (role == Role.Task && member.NameEquals("runAt"u8) && RunAt is not null)
                continue;
            json.WritePropertyName(member.Name);
            written.Add(member.Name);
            if (member.Value.ValueKind == JsonValueKind.Object && ExtraOf(role, member.Name) is { } extra)
                WriteWith(json, member.Value, place, RoleOf(role, member.Name), extra);
            else
                Write(json, member.Value, place, member.Name, RoleOf(role, member.Name));
        }

        foreach (var name in (string[])["env", "secretEnv", "labels"])
        {
            if (written.Contains(name) || ExtraOf(role, name) is not { Count: > 0 } extra)
                continue;
            json.WriteStartObject(name);
            WriteExtra(json, StrictReader.Join(path, name), extra);
            json.WriteEndObject();
        }

        if (role == Role.Task && RunAt is { } time)
        {
            json.WriteString("runAt"u8, Timestamps.Format(time));
            places[StrictReader.Join(path, "runAt")] = ("runAt", Timestamps.Format(time));
        }

        json.WriteEndObject();
    }

    // Writes an object with further members, which replace those of the same name; variables replace none.
    private void WriteWith(Utf8JsonWriter json, JsonElement value, string path, Role role, IReadOnlyList<(string Name, string Value, string Place)> extra)
    {
        json.WriteStartObject();
        foreach (var member in value.EnumerateObject())
        {
            var place = StrictReader.Join(path, StrictReader.Quote(member.Name));
            if (extra.Any(one => one.Name == member.Name))
            {
                if (role != Role.Labels)
                    errors.Add(PlaceOf(place), "is the variable of a parameter, which the service sets");
                continue;
            }

            json.WritePropertyName(member.Name);
            Write(json, member.Value, place, member.Name, role);
        }

        WriteExtra(json, path, extra);
        json.WriteEndObject();
    }

    private void WriteExtra(Utf8JsonWriter json, string path, IReadOnlyList<(string Name, string Value, string Place)> extra)
    {
        foreach (var (name, value, place) in extra)
        {
            json.WriteString(name, value);
            places[StrictReader.Join(path, StrictReader.Quote(name))] = (place, value);
        }
    }

    // Returns what the service adds to a member of an object; null if it never adds anything.
    private List<(string Name, string Value, string Place)>? ExtraOf(Role role, string member) => (role, member) switch
    {
        (Role.Task, "env") => ValuesFor(isSecret: false),
        (Role.Task, "secretEnv") => ValuesFor(isSecret: true),
        (_, "labels") when role == Labelled =>
            [.. Labels.Select(static one => (one.Key, one.Value, StrictReader.Join("labels", StrictReader.Quote(one.Key))))],
        _ => null,
    };

    private List<(string Name, string Value, string Place)> ValuesFor(bool isSecret) =>
    [
        .. spec.Parameters.Where(one => HasSecret(one, values) == isSecret)
            .Select(one => (one.Variable, TextOf(values[one.Name]), PathOf(one))),
    ];

    // A secret parameter without a value keeps nothing secret. As a secret, it would be removed when the task ends, and
    // the task could not be retried.
    private static bool HasSecret(Parameter one, IReadOnlyDictionary<string, ParameterValue?> values) =>
        one.IsSecret && values[one.Name] is not null;

    // A parameter without a value is the empty text: a shell with set -u ends at a variable that is not set.
    private static string TextOf(ParameterValue? value) => value?.Text ?? "";

    private static Role RoleOf(Role role, string member) => (role, member) switch
    {
        (Role.Use, "parameters") => Role.Values,
        // Their members have names of the caller's own, such as cmd, which mean nothing here.
        (Role.Environment or Role.Secrets or Role.Labels or Role.Items or Role.Use or Role.Values, _) => role,
        (Role.Node, "definition") => Role.Use,
        (Role.Task or Role.Source or Role.Command, "argv") => Role.Arguments,
        (Role.Task, "env") => Role.Environment,
        (Role.Task, "secretEnv") => Role.Secrets,
        (Role.Task, "files") => Role.Files,
        (Role.Task or Role.Job or Role.Workflow, "labels") => Role.Labels,
        (Role.Job, "source") => Role.Source,
        (Role.Job, "process" or "aggregate") => Role.Command,
        (Role.Workflow, "nodes") => Role.Nodes,
        (Role.Node, "task") or (Role.Rollout, "task") => Role.Task,
        (Role.Node, "job") => Role.Job,
        (Role.Source, "items") => Role.Items,
        (Role.Source or Role.Command or Role.Files, _) => role,
        // The members keep the role of their object, which says whether they may be filled.
        (Role.Task or Role.Job or Role.Workflow, "stdin" or "queue" or "cmd") => role,
        _ => Role.Other,
    };

    private static bool MayFill(Role role, string name) => role switch
    {
        Role.Arguments or Role.Environment or Role.Secrets or Role.Labels => true,
        Role.Source or Role.Items or Role.Values => true,
        Role.Files => name is "path" or "file",
        Role.Task or Role.Job or Role.Workflow => name is "stdin" or "queue",
        _ => false,
    };

    private void WriteFilled(Utf8JsonWriter json, string text, string path, string name, Role role)
    {
        if (FaultOf(text, name, role, out var named) is { } fault)
        {
            errors.Add(PlaceOf(path), fault);
            json.WriteStringValue(text);
            return;
        }

        var (parameter, value) = (named!, values[named!.Name]);
        places[path] = (PathOf(parameter), TextOf(value));
        if (role == Role.Values && parameter.IsSecret)
            SecretPlaces.Add(path);
        // A node's definition has its own default for a parameter without a value.
        if (role == Role.Values && value is null)
            json.WriteNullValue();
        // The fields of a source and values of parameters may be numbers; arguments and variables are texts.
        else if (value is { IsLiteral: true } literal && role is (Role.Source or Role.Items or Role.Values))
            json.WriteRawValue(literal.Text);
        else
            json.WriteStringValue(TextOf(value));
    }

    private string? FaultOf(string text, string name, Role role, out Parameter? parameter)
    {
        parameter = null;
        var end = text.IndexOf('}', StringComparison.Ordinal);
        var asked = text.StartsWith(Opening, StringComparison.Ordinal) && end == text.Length - 1 ? text[Opening.Length..end] : null;
        if (name == "cmd" && role is (Role.Task or Role.Source or Role.Command))
        {
            return asked is null || !Parameter.IsName(asked)
                ? "must not contain ${param.…}, because the shell would read the value; cmd finds the value in the variable PARAM_NAME"
                : $"must not contain {text}, because the shell would read the value; use \"${Parameter.VariableOf(asked)}\"";
        }

        if (asked is null)
            return "must be ${param.NAME} as a whole: a value is never a part of a text";
        parameter = spec.Parameters.FirstOrDefault(one => one.Name == asked);
        if (parameter is null)
        {
            string[] names = [.. spec.Parameters.Select(static one => one.Name)];
            return NearMatch.Find(asked, names) is { } near ? $"names an unknown parameter; did you mean '{near}'?"
                : names.Length == 0 ? "names an unknown parameter; the definition has none"
                : $"names an unknown parameter; the parameters are {string.Join(", ", names)}";
        }

        if (!MayFill(role, name))
            return "cannot be a parameter; argv, env, secretEnv, labels, stdin, queue, files, a job's source and the parameters of a node's definition can";
        return parameter.IsSecret && role is not (Role.Secrets or Role.Values)
            ? $"would show the secret parameter '{parameter.Name}'; use it in secretEnv, or its variable {parameter.Variable}"
            : null;
    }

    private static string PathOf(Parameter parameter) => StrictReader.Join("parameters", parameter.Name);
}
