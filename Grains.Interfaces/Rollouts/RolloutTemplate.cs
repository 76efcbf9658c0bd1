using System.Buffers;
using System.Text.Json;
using OrleansTasks.Nodes;
using OrleansTasks.Schedules;
using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Rollouts;

/// <summary>
/// Creates the tasks of a rollout: each is the rollout's task with the label <see cref="RolloutSpec.Label"/>, and may run
/// only on one node.
/// </summary>
public sealed class RolloutTemplate
{
    private readonly TaskSpec task;
    private readonly ImmutableArray<Label> labels;
    private readonly byte[] spec;
    private readonly ReadOnlyMemory<byte> secretEnv;

    /// <summary>Reads a stored body. Throws <see cref="FormatException"/> if it cannot be read.</summary>
    public RolloutTemplate(TaskId rollout, ReadOnlyMemory<byte> body, ReadOnlyMemory<byte> secretEnv)
    {
        var read = RolloutSpecReader.ReadStored(body.Span);
        (task, Plan, this.secretEnv) = (read.Task, read.Plan, secretEnv);
        labels =
        [
            .. task.Labels.Append(new Label(RolloutSpec.Label, rollout.ToString()))
                .OrderBy(static label => label.Key, StringComparer.Ordinal),
        ];
        spec = read.Extent.CopySpec(body.Span);
    }

    /// <summary>How the rollout proceeds.</summary>
    public RolloutPlan Plan { get; }

    /// <summary>Creates the task of a node.</summary>
    public TaskSubmission Make(TaskId id, string node)
    {
        ImmutableArray<Label> requires = [new Label(NodeNames.IdLabel, node)];
        return new TaskSubmission(
            id, task.Name, task.Priority, RunAt: 0, task.ExpiresAt, task.Retry, labels, requires, task.Needs, Write(requires),
            secretEnv, task.Concurrency);
    }

    private byte[] Write(ImmutableArray<Label> requires)
    {
        using var document = JsonDocument.Parse(spec);
        var buffer = new ArrayBufferWriter<byte>(spec.Length + 256);
        using (var json = new Utf8JsonWriter(buffer, OccurrenceTask.Writing))
        {
            json.WriteStartObject();
            foreach (var field in document.RootElement.EnumerateObject())
            {
                if (!field.NameEquals("labels"u8) && !field.NameEquals("requires"u8))
                    field.WriteTo(json);
            }

            Write(json, "labels", labels);
            Write(json, "requires", requires);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    private static void Write(Utf8JsonWriter json, string name, ImmutableArray<Label> labels)
    {
        json.WriteStartObject(name);
        foreach (var label in labels)
            json.WriteString(label.Key, label.Value);
        json.WriteEndObject();
    }
}
