using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using OrleansTasks.Client.Http;
using OrleansTasks.Definitions;
using OrleansTasks.Schedules;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Client.Definitions;

/// <summary>
/// Puts what definitions start into the body of a schedule that names one, itself or in nodes of its workflow. The
/// schedule keeps these versions and values until it is stored again, so its occurrences need neither the definitions
/// nor a gateway.
/// </summary>
/// <param name="uses">Finds and fills definitions.</param>
/// <param name="nodes">Fills the nodes of workflows.</param>
/// <param name="time">The clock.</param>
public sealed class ScheduledDefinitions(DefinitionUses uses, NodeDefinitions nodes, TimeProvider time)
{
    private const string InvalidCode = "invalid-schedule";
    private const string Field = "definition";
    // Writes letters and quotes unescaped, as callers do.
    private static readonly JsonWriterOptions Writing = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>
    /// Returns a body with the task, job or workflow of the definition that it names, or whose workflow has tasks and
    /// jobs in place of definitions; null if it names none. A task, job or workflow beside a definition is left out, so
    /// what a schedule shows can be stored again.
    /// </summary>
    internal async Task<Scheduled?> Find(byte[] body)
    {
        if (!JsonFields.MayHave(body, "\"definition\""u8))
            return null;
        var errors = new SpecErrors();
        using var document = JsonFields.Parse(body, errors);
        if (document?.RootElement is not { ValueKind: JsonValueKind.Object } root)
            return null;
        var found = JsonFields.TryGet(root, Field, out var named) ? await OfDefinition(root, named)
            : JsonFields.TryGet(root, "workflow", out var workflow) ? await OfNodes(root, workflow)
            : null;
        if (found?.Checked.Length > RequestBody.Largest)
            throw Invalid("workflow.nodes", $"have more than {RequestBody.Largest >> 20} MiB together with their definitions");
        return found;
    }

    private async Task<Scheduled> OfDefinition(JsonElement root, JsonElement named)
    {
        var errors = new SpecErrors();
        if (await uses.Find(named, Field, errors) is not { } use)
            throw Invalid(errors);
        if (use.Target.Kind == DefinitionKind.Rollout)
            throw Invalid($"{Field}.name", "names the definition of a rollout, which a schedule cannot start");
        return new Scheduled(Write(root, Plain), Write(root, Stamped), OfTarget);

        void Plain(Utf8JsonWriter json)
        {
            json.WritePropertyName(use.Target.Kind.Name());
            json.WriteRawValue(use.Target.Body);
        }

        void Stamped(Utf8JsonWriter json)
        {
            json.WritePropertyName(use.Target.Kind.Name());
            using var filled = JsonDocument.Parse(use.Target.Body);
            ScheduledTarget.Write(json, filled.RootElement, use);
            var secrets = use.Spec.Parameters.Where(static one => one.IsSecret).Select(static one => one.Name);
            new NamedDefinition(use.Ref, [.. secrets]).Write(json, Field, named);
        }

        // Returns a fault of the task, job or workflow as one of the definition and its values.
        SpecError OfTarget(SpecError fault)
        {
            var prefix = $"{use.Target.Kind.Name()}.";
            if (!fault.Path.StartsWith(prefix, StringComparison.Ordinal))
                return fault;
            var asked = use.Target.AsAsked(fault with { Path = fault.Path[prefix.Length..] });
            return asked with { Path = $"{Field}.{asked.Path}" };
        }
    }

    private async Task<Scheduled?> OfNodes(JsonElement root, JsonElement workflow)
    {
        var errors = new SpecErrors();
        if (await nodes.Expand(workflow, time.GetUtcNow().ToUnixTimeMilliseconds(), errors) is not { } expanded)
        {
            return errors.IsEmpty ? null
                : throw new ProblemException(Problems.Invalid(
                    InvalidCode, [.. errors.Items.Select(static fault => new SpecError($"workflow.{fault.Path}", fault.Message))]));
        }

        // Definitions may be nested so deeply that no body may contain them.
        using JsonDocument filled = JsonFields.Parse(expanded.Body, errors)
            ?? throw new ProblemException(Problems.Invalid(InvalidCode, [.. errors.All.Select(OfWorkflow)]));
        return new Scheduled(Write(root, Plain), Write(root, Stamped), OfWorkflow);

        void Plain(Utf8JsonWriter json)
        {
            json.WritePropertyName("workflow"u8);
            filled.RootElement.WriteTo(json);
        }

        void Stamped(Utf8JsonWriter json)
        {
            json.WritePropertyName("workflow"u8);
            ScheduledTarget.WriteWorkflow(json, filled.RootElement, expanded.Nodes, null);
            json.WritePropertyName(ScheduleSpec.AsWritten);
            expanded.WriteShown(json, workflow);
        }

        // Returns a fault of the workflow as one of the nodes as they were written.
        SpecError OfWorkflow(SpecError fault)
        {
            const string Prefix = "workflow.";
            if (!fault.Path.StartsWith(Prefix, StringComparison.Ordinal))
                return expanded.AsWritten(fault);
            var written = expanded.AsWritten(fault with { Path = fault.Path[Prefix.Length..] });
            return written with { Path = Prefix + written.Path };
        }
    }

    private static ProblemException Invalid(SpecErrors errors) => new(Problems.Of(errors, InvalidCode));

    private static ProblemException Invalid(string path, string message) => new(Problems.Invalid(InvalidCode, [new SpecError(path, message)]));

    private static byte[] Write(JsonElement root, Action<Utf8JsonWriter> writeTarget)
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

            writeTarget(json);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>A body with what definitions start.</summary>
    /// <param name="Checked">The body as callers may write it, for its reader to check.</param>
    /// <param name="Stored">The body to store: with the definitions, their labels, and jobs' variables.</param>
    /// <param name="AsWritten">Returns a fault of the checked body as a fault of the body that was sent.</param>
    internal sealed record Scheduled(byte[] Checked, byte[] Stored, Func<SpecError, SpecError> AsWritten);
}
