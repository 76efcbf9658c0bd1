using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using OrleansTasks.Client.Http;
using OrleansTasks.Definitions;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Client.Definitions;

/// <summary>
/// Puts what a definition starts into the body of a schedule that names it. The schedule keeps that version and these
/// values until it is stored again, so its occurrences need neither the definition nor a gateway.
/// </summary>
/// <param name="uses">Finds and fills definitions.</param>
public sealed class ScheduledDefinitions(DefinitionUses uses)
{
    private const string InvalidCode = "invalid-schedule";
    private const string Field = "definition";
    // Writes letters and quotes unescaped, as callers do.
    internal static readonly JsonWriterOptions Writing = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>
    /// Returns a body with the task, job or workflow of the definition that it names, and the definition; null if it
    /// names none. A task, job or workflow in the body itself is left out, so what a schedule shows can be stored
    /// again.
    /// </summary>
    internal async Task<Scheduled?> Find(byte[] body)
    {
        var errors = new SpecErrors();
        using var document = JsonFields.Parse(body, errors);
        if (document?.RootElement is not { ValueKind: JsonValueKind.Object } root || !JsonFields.TryGet(root, Field, out var named))
            return null;
        if (await uses.Find(named, Field, errors) is not { } use)
            throw Invalid(errors);
        if (use.Target.Kind == DefinitionKind.Rollout)
            throw Invalid($"{Field}.name", "names the definition of a rollout, which a schedule cannot start");
        var stamp = new Stamp(use.View, use.Spec, use.Parameters);
        return new Scheduled(Write(root, use.Target, null), Write(root, use.Target, stamp));
    }

    private static ProblemException Invalid(SpecErrors errors) => new(Problems.Of(errors, InvalidCode));

    private static ProblemException Invalid(string path, string message) => new(Problems.Invalid(InvalidCode, [new SpecError(path, message)]));

    private static byte[] Write(JsonElement root, FilledTarget target, Stamp? stamp)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Writing))
        {
            json.WriteStartObject();
            foreach (var field in root.EnumerateObject())
            {
                if (field.Name != Field && !DefinitionKinds.Names.Contains(field.Name))
                    field.WriteTo(json);
            }

            json.WritePropertyName(target.Kind.Name());
            using var filled = JsonDocument.Parse(target.Body);
            if (stamp is null)
                filled.RootElement.WriteTo(json);
            else
            {
                stamp.WriteTarget(json, filled.RootElement, target);
                stamp.WriteDefinition(json);
            }

            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>A body with what a definition starts.</summary>
    /// <param name="Checked">The body as callers may write it, for its reader to check.</param>
    /// <param name="Stored">The body to store: with the definition, its labels, and a job's variables.</param>
    internal sealed record Scheduled(byte[] Checked, byte[] Stored);

    private sealed record Stamp(DefinitionView View, DefinitionSpec Spec, ImmutableArray<(string Name, JsonElement Value)> Parameters)
    {
        public void WriteDefinition(Utf8JsonWriter json)
        {
            json.WriteStartObject(Field);
            json.WriteString("name"u8, View.Name);
            json.WriteNumber("version"u8, View.Version);
            json.WriteStartObject("parameters"u8);
            foreach (var (name, value) in Parameters.Where(one => !Spec.Parameters.Any(known => known.Name == one.Name && known.IsSecret)))
            {
                json.WritePropertyName(name);
                value.WriteTo(json);
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        public void WriteTarget(Utf8JsonWriter json, JsonElement target, FilledTarget filled)
        {
            json.WriteStartObject();
            foreach (var field in target.EnumerateObject())
            {
                if (field.NameEquals("nodes"u8) && filled.Kind == DefinitionKind.Workflow)
                    WriteNodes(json, field.Value);
                else if (!field.NameEquals("labels"u8))
                    field.WriteTo(json);
            }

            WriteLabels(json, target);
            if (filled.Kind == DefinitionKind.Job)
            {
                json.WriteStartObject("env"u8);
                foreach (var (name, value) in filled.Variables)
                    json.WriteString(name, value);
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        private void WriteNodes(Utf8JsonWriter json, JsonElement nodes)
        {
            json.WriteStartArray("nodes"u8);
            foreach (var node in nodes.EnumerateArray())
            {
                json.WriteStartObject();
                foreach (var field in node.EnumerateObject())
                {
                    if (!field.NameEquals("task"u8))
                    {
                        field.WriteTo(json);
                        continue;
                    }

                    json.WriteStartObject("task"u8);
                    foreach (var member in field.Value.EnumerateObject().Where(static member => !member.NameEquals("labels"u8)))
                        member.WriteTo(json);
                    WriteLabels(json, field.Value);
                    json.WriteEndObject();
                }

                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        private void WriteLabels(Utf8JsonWriter json, JsonElement of)
        {
            json.WriteStartObject("labels"u8);
            if (of.TryGetProperty("labels"u8, out var labels))
            {
                foreach (var label in labels.EnumerateObject())
                    label.WriteTo(json);
            }

            json.WriteString(DefinitionLabels.Name, View.Name);
            json.WriteString(DefinitionLabels.Version, View.Version.ToString(CultureInfo.InvariantCulture));
            json.WriteEndObject();
        }
    }
}
