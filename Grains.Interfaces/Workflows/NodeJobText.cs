using System.Buffers;
using System.Globalization;
using System.Text.Json;
using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Workflows;

/// <summary>
/// Writes the two specs of a workflow's node that runs a data job. The spec of the node's own task is stored with the
/// workflow and has the job's spec in its field <c>job</c>. The job's spec is made from it when the node begins.
/// </summary>
public static class NodeJobText
{
    // Fields of the job's spec that come from the node's own task instead; workflow is always written by
    // WriteJob.
    private static readonly string[] Own = ["name", "queue", "env", "workflow"];

    /// <summary>
    /// Returns the spec of the node's own task, as JSON in UTF-8:
    /// <c>{"name","queue","env":{"WORKFLOW_ID","WORKFLOW_NODE"},"job":{}}</c>.
    /// </summary>
    /// <param name="job">
    /// The job's spec as submitted, in UTF-8; in a schedule, <c>env</c> in it has further variables.
    /// </param>
    /// <param name="workflow">The workflow's id.</param>
    /// <param name="node">The node's name.</param>
    /// <param name="task">The node's own task.</param>
    /// <param name="variables">Additional environment variables for the job's commands.</param>
    public static byte[] WriteTask(
        ReadOnlyMemory<byte> job, TaskId workflow, string node, TaskSpec task,
        ImmutableArray<(string Name, string Value)> variables)
    {
        using var document = JsonDocument.Parse(job);
        var buffer = new ArrayBufferWriter<byte>(job.Length + 256);
        using (var json = new Utf8JsonWriter(buffer, NodeSpecText.Writing))
        {
            json.WriteStartObject();
            json.WriteString("name"u8, task.Name);
            json.WriteString("queue"u8, task.Queue);
            json.WriteStartObject("env"u8);
            if (document.RootElement.TryGetProperty("env"u8, out var own))
            {
                foreach (var variable in own.EnumerateObject())
                    variable.WriteTo(json);
            }

            foreach (var (name, value) in variables)
                json.WriteString(name, value);
            json.WriteString(NodeSpecText.IdVariable, workflow.ToString());
            json.WriteString(NodeSpecText.NodeVariable, node);
            json.WriteEndObject();
            json.WritePropertyName("job"u8);
            json.WriteRawValue(job.Span);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>
    /// Returns the job's spec to store, as JSON in UTF-8: the submitted spec with the name, queue and variables of the
    /// node's own task, the variable <c>WORKFLOW_RUN</c>, and the workflow and node that the job runs for.
    /// </summary>
    /// <param name="task">A spec that <see cref="WriteTask"/> wrote.</param>
    /// <param name="workflow">The workflow's id.</param>
    /// <param name="node">The node's name.</param>
    /// <param name="run">The number of the workflow's run, from 1.</param>
    /// <exception cref="FormatException">
    /// <paramref name="task"/> was not written by <see cref="WriteTask"/>.
    /// </exception>
    public static byte[] WriteJob(ReadOnlyMemory<byte> task, TaskId workflow, string node, int run)
    {
        try
        {
            using var document = JsonDocument.Parse(task);
            var (root, buffer) = (document.RootElement, new ArrayBufferWriter<byte>(task.Length + 256));
            using (var json = new Utf8JsonWriter(buffer, NodeSpecText.Writing))
                WriteJob(json, root, workflow, node, run);
            return buffer.WrittenSpan.ToArray();
        }
        catch (Exception fault) when (fault is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new FormatException("The stored job of a workflow's node cannot be read.", fault);
        }
    }

    private static void WriteJob(Utf8JsonWriter json, JsonElement root, TaskId workflow, string node, int run)
    {
        json.WriteStartObject();
        foreach (var field in root.GetProperty("job").EnumerateObject())
        {
            if (!Own.Contains(field.Name))
                field.WriteTo(json);
        }

        json.WriteString("name"u8, root.GetProperty("name").GetString());
        json.WriteString("queue"u8, root.GetProperty("queue").GetString());
        json.WriteStartObject("env"u8);
        foreach (var variable in root.GetProperty("env").EnumerateObject())
            variable.WriteTo(json);
        json.WriteString("WORKFLOW_RUN"u8, run.ToString(CultureInfo.InvariantCulture));
        json.WriteEndObject();
        json.WriteStartObject("workflow"u8);
        json.WriteString("id"u8, workflow.ToString());
        json.WriteString("node"u8, node);
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
