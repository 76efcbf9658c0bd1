using System.Buffers;
using System.Text.Json;
using OrleansTasks.Jobs.Spec;
using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Jobs;

/// <summary>
/// The task that runs a job's source command: an ordinary one of the job's queue under an id that follows from the job's, so that there
/// is one however often it is submitted. Its lease sees to it that one run goes on at a time, its stored output is the spool.
/// </summary>
internal static class SourceTask
{
    /// <summary>How much of its output is kept.</summary>
    public const long MostBytes = 1L << 30;

    private const byte Priority = 5;

    /// <summary>What is submitted.</summary>
    public static SubmitRequest RequestOf(TaskId job, JobSpec spec)
    {
        var json = WriteSpec(job, spec);
        var task = TaskSpecReader.ReadStored(json, default);
        return new SubmitRequest(
            [new TaskSubmission(
                SourceTaskId.Of(job), task.Name, Priority, 0, 0, task.Retry, task.Labels, task.Requires, task.Limits.Kinds, json, default)],
            null, null, Repeated: true);
    }

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
