using System.Buffers;
using System.Text.Json;
using OrleansTasks.Jobs.Spec;
using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Jobs;

/// <summary>
/// Builds the submission of a job's source command: an ordinary task of the job's queue, with the label <c>job</c>. Its
/// lease ensures that only one attempt runs at a time; its id derives from the job's, so repeats submit the same task.
/// </summary>
internal static class SourceTask
{
    /// <summary>Limit on stdout and on stderr, the maximum of any spec. More output fails the job.</summary>
    public const long MostBytes = 1L << 30;

    /// <summary>
    /// Builds the request, which is always the same and marked as a repeat: if the task is known, open or ended, the
    /// dispatcher accepts the request and changes nothing.
    /// </summary>
    public static SubmitRequest RequestOf(TaskId job, JobSpec spec)
    {
        var json = WriteSpec(job, spec);
        // Parses the JSON to get the defaults of omitted fields.
        var task = TaskSpecReader.ReadStored(json, secretEnv: default);
        return new SubmitRequest(
            [new TaskSubmission(
                SourceTaskId.Of(job), task.Name, task.Priority, RunAt: 0, ExpiresAt: 0, task.Retry, task.Labels, task.Requires,
                task.Needs, json, SecretEnv: default)],
            Batch: null, Idempotency: null, Repeated: true);
    }

    /// <summary>
    /// Returns the task's spec as JSON. It sets no number of attempts, so one is allowed; only a replayable command
    /// runs again after node loss. A command may still run again after its worker shut down or a user retried it;
    /// <see cref="SourceFeed"/> then fails the job unless it is replayable.
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
            // The maximum that a spec allows. A stopping job cancels the task.
            json.WriteString("timeout"u8, "30d");
            json.WriteNumber("maxOutputBytes"u8, MostBytes);
            json.WriteStartObject("retry"u8);
            json.WriteBoolean("onNodeLost"u8, spec.Source.IsReplayable);
            json.WriteEndObject();
            json.WriteStartObject("labels"u8);
            json.WriteString("job"u8, job.ToString());
            json.WriteEndObject();
            json.WriteStartObject("env"u8);
            foreach (var variable in spec.Env)
                json.WriteString(variable.Name, variable.Value);
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
