using System.Buffers;
using System.Text.Json;
using OrleansTasks.Jobs.Spec;
using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Jobs;

/// <summary>
/// The task that runs a job's source command: an ordinary task of the job's queue. Its id follows from the job's, so there is one task
/// however often it is submitted. The task's lease keeps two attempts from running at a time. Its stored output buffers the lines until the
/// job cuts them, see <see cref="SourceFeed"/>.
/// </summary>
internal static class SourceTask
{
    /// <summary>
    /// The most bytes of output that are kept, for each of stdout and stderr: the largest value that a spec may have. With more the job
    /// fails.
    /// </summary>
    public const long MostBytes = 1L << 30;

    /// <summary>The default priority of a task.</summary>
    private const byte Priority = 5;

    /// <summary>
    /// Returns the request that submits the task, the same for each call with the same job. It counts as accepted when the task is there
    /// already.
    /// </summary>
    public static SubmitRequest RequestOf(TaskId job, JobSpec spec)
    {
        var json = WriteSpec(job, spec);
        var task = TaskSpecReader.ReadStored(json, default);
        return new SubmitRequest(
            [new TaskSubmission(
                SourceTaskId.Of(job), task.Name, Priority, RunAt: 0, ExpiresAt: 0, task.Retry, task.Labels, task.Requires,
                task.Limits.Kinds, json, SecretEnv: default)],
            Batch: null, Idempotency: null, Repeated: true);
    }

    /// <summary>
    /// Returns the task's spec as JSON. It is tried again only when its node is lost, and only if a second run writes the same lines.
    /// </summary>
    private static byte[] WriteSpec(TaskId job, JobSpec spec)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteStartArray("argv"u8);
            foreach (var argument in spec.Source.Command)
                json.WriteStringValue(argument);
            json.WriteEndArray();
            json.WriteString("name"u8, SpecRules.WithoutControls($"source of {spec.Name}"));
            json.WriteString("queue"u8, spec.Queue);
            json.WriteNumber("priority"u8, Priority);
            json.WriteString("timeout"u8, "30d");
            json.WriteNumber("maxOutputBytes"u8, MostBytes);
            json.WriteStartObject("retry"u8);
            json.WriteBoolean("onNodeLost"u8, spec.Source.IsReplayable);
            json.WriteEndObject();
            json.WriteStartObject("labels"u8);
            json.WriteString("job"u8, job.ToString());
            json.WriteEndObject();
            json.WriteStartObject("requires"u8);
            foreach (var label in spec.Requires)
                json.WriteString(label.Key, label.Value);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }
}
