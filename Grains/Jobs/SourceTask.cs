using System.Buffers;
using System.Text.Json;
using OrleansTasks.Jobs.Spec;
using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Jobs;

/// <summary>
/// Builds the request that submits a job's source task: the task that runs the command whose output lines
/// are the job's items. <see cref="SourceFeed"/> has <see cref="JobOwner"/> send the request, and reads the task's output
/// from the store while the command runs. A source task is an ordinary task of the job's queue. It takes a slot of a
/// node, users see it with the label <c>job</c>, and its lease ensures that only one attempt runs at a time. Its id
/// follows from the job's id, so there is one task however often it is submitted.
/// </summary>
internal static class SourceTask
{
    /// <summary>
    /// The most bytes of output that are kept, for each of stdout and stderr: 1 GiB, the most that any task's spec may
    /// ask for. When the command writes more to either stream, the job fails once the command has ended.
    /// </summary>
    public const long MostBytes = 1L << 30;

    /// <summary>
    /// Returns the request that submits the task: the same request each time for the same job. The request is marked as
    /// a repeat: if the task is known already, open or ended, the dispatcher changes nothing and answers "accepted".
    /// </summary>
    /// <param name="job">The job's id.</param>
    /// <param name="spec">The job's spec, with a command as its source.</param>
    public static SubmitRequest RequestOf(TaskId job, JobSpec spec)
    {
        var json = WriteSpec(job, spec);
        // Parsed, so that the submission has the same values as the spec, and the defaults of what the spec leaves out.
        var task = TaskSpecReader.ReadStored(json, default);
        return new SubmitRequest(
            [new TaskSubmission(
                SourceTaskId.Of(job), task.Name, task.Priority, RunAt: 0, ExpiresAt: 0, task.Retry, task.Labels, task.Requires,
                task.Limits.Kinds, json, SecretEnv: default)],
            Batch: null, Idempotency: null, Repeated: true);
    }

    /// <summary>
    /// Returns the task's spec as JSON. A command that fails is not run again: one attempt is the default. If its node
    /// is lost, the command runs again only if the job's spec says that it is replayable, which means that a second run
    /// writes the same lines. The command may also run again after its worker has shut down or a user has retried the
    /// task; if it is not replayable, <see cref="SourceFeed"/> then fails the job.
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
            // The longest that a spec may have. When the job stops, the job cancels the task.
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
