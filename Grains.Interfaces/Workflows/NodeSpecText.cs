using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Workflows;

/// <summary>Writes the task spec of a workflow's node.</summary>
public static class NodeSpecText
{
    /// <summary>The environment variable with the workflow's id.</summary>
    public const string IdVariable = "WORKFLOW_ID";

    /// <summary>The environment variable with the node's name.</summary>
    public const string NodeVariable = "WORKFLOW_NODE";

    // Writes non-ASCII letters and quotes unescaped; the default encoder makes each six bytes long.
    internal static readonly JsonWriterOptions Writing = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Returns whether an object has a field.</summary>
    /// <param name="spec">A valid JSON object in UTF-8.</param>
    /// <param name="name">The field's name.</param>
    public static bool HasField(ReadOnlySpan<byte> spec, string name)
    {
        var reader = new Utf8JsonReader(spec);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals(name))
                return true;
            reader.Skip();
        }

        return false;
    }

    /// <summary>
    /// Returns the spec of a node's task as stored. It has the workflow's queue, the node's name unless the spec gives
    /// one, an explicit <c>result</c>, and the variables <c>WORKFLOW_ID</c>, <c>WORKFLOW_NODE</c> and
    /// <paramref name="variables"/>, which replace variables of the same names.
    /// </summary>
    /// <param name="spec">The spec as submitted, in UTF-8.</param>
    /// <param name="workflow">The workflow's id.</param>
    /// <param name="node">The node's name.</param>
    /// <param name="task">The parsed spec, with the workflow's defaults applied.</param>
    /// <param name="variables">Additional environment variables.</param>
    /// <param name="files">The files of the task; null if they are as in the spec.</param>
    public static byte[] Write(
        ReadOnlyMemory<byte> spec, TaskId workflow, string node, TaskSpec task,
        ImmutableArray<(string Name, string Value)> variables, ImmutableArray<TaskFile>? files = null) =>
        Write(spec, workflow, node, task, task.Name, variables, files);

    /// <summary>As the other method, for a task with a name of its own.</summary>
    public static byte[] Write(
        ReadOnlyMemory<byte> spec, TaskId workflow, string node, TaskSpec task, string name,
        ImmutableArray<(string Name, string Value)> variables, ImmutableArray<TaskFile>? files = null)
    {
        variables = [.. variables, (IdVariable, workflow.ToString()), (NodeVariable, node)];
        using var document = JsonDocument.Parse(spec);
        var buffer = new ArrayBufferWriter<byte>(spec.Length + 256);
        using (var json = new Utf8JsonWriter(buffer, Writing))
        {
            json.WriteStartObject();
            foreach (var field in document.RootElement.EnumerateObject())
            {
                if (!field.NameEquals("name"u8) && !field.NameEquals("queue"u8) && !field.NameEquals("env"u8)
                    && !field.NameEquals("result"u8) && (files is null || !field.NameEquals("files"u8)))
                    field.WriteTo(json);
            }

            if (files is { } given)
                WriteFiles(json, given);

            json.WriteString("name"u8, name);
            json.WriteString("queue"u8, task.Queue);
            json.WriteBoolean("result"u8, task.Result is true);
            json.WriteStartObject("env"u8);
            foreach (var own in task.Env)
            {
                if (!variables.Any(added => added.Name == own.Name))
                    json.WriteString(own.Name, own.Value);
            }

            foreach (var (variable, value) in variables)
                json.WriteString(variable, value);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    private static void WriteFiles(Utf8JsonWriter json, ImmutableArray<TaskFile> files)
    {
        json.WriteStartArray("files"u8);
        foreach (var file in files)
        {
            json.WriteStartObject();
            json.WriteString("path"u8, file.Path);
            Write("file"u8, file.File?.ToString());
            Write("task"u8, file.Task?.ToString());
            Write("node"u8, file.Node);
            Write("artifacts"u8, file.Artifacts);
            Write("url"u8, file.Url);
            Write("sha256"u8, file.Hash?.ToString());
            if (file.IsExecutable is { } isExecutable)
                json.WriteBoolean("executable"u8, isExecutable);
            json.WriteEndObject();
        }

        json.WriteEndArray();

        void Write(ReadOnlySpan<byte> name, string? value)
        {
            if (value is not null)
                json.WriteString(name, value);
        }
    }
}
