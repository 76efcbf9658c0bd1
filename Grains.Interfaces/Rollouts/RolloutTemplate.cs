using System.Buffers;
using System.Text.Json;
using OrleansTasks.Nodes;
using OrleansTasks.Processing.Files;
using OrleansTasks.Schedules;
using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Rollouts;

/// <summary>
/// Creates the tasks of a rollout: each is the rollout's task with the label <see cref="RolloutSpec.Label"/>, and may
/// run only on one node.
/// </summary>
public sealed class RolloutTemplate
{
    private readonly TaskSpec task;
    private readonly ImmutableArray<Label> labels;
    private readonly byte[] head;
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
        Name = read.Name;
        head = WriteHead(read.Extent.CopySpec(body.Span), labels);
    }

    /// <summary>The rollout's human-readable name.</summary>
    public string Name { get; }

    /// <summary>The stored files that its tasks name, each once.</summary>
    public ImmutableArray<FileName> NamedFiles => task.NamedFiles;

    /// <summary>How the rollout proceeds.</summary>
    public RolloutPlan Plan { get; }

    /// <summary>Creates the task of a node.</summary>
    public TaskSubmission Make(TaskId id, string node)
    {
        ImmutableArray<Label> requires = [new Label(NodeNames.IdLabel, node)];
        return new TaskSubmission(
            id, task.Name, task.Priority, RunAt: 0, task.ExpiresAt, task.Retry, labels, requires, task.Needs,
            Write(node), secretEnv, task.Concurrency)
        {
            Files = task.KeptFiles,
            Resources = task.Asks,
            Lasts = task.Lasts,
        };
    }

    // Writes the spec up to the value of its last field, requires, which is the only one in which the tasks differ.
    private static byte[] WriteHead(ReadOnlyMemory<byte> spec, ImmutableArray<Label> labels)
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

            json.WriteStartObject("labels"u8);
            foreach (var label in labels)
                json.WriteString(label.Key, label.Value);
            json.WriteEndObject();
            json.WritePropertyName("requires"u8);
        }

        return buffer.WrittenSpan.ToArray();
    }

    private byte[] Write(string node)
    {
        var requires = JsonSerializer.SerializeToUtf8Bytes(
            new Dictionary<string, string> { [NodeNames.IdLabel] = node });
        return [.. head, .. requires, (byte)'}'];
    }
}
