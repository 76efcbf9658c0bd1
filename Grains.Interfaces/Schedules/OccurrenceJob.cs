using System.Buffers;
using System.Text.Json;

namespace OrleansTasks.Schedules;

/// <summary>
/// Creates the data job of an occurrence: the schedule's job with the label <c>schedule</c>. The job's commands get the
/// variables of the occurrence (<see cref="OccurrenceTask"/>), which only the stored job's field <c>env</c> contains.
/// </summary>
public static class OccurrenceJob
{
    /// <summary>Returns the spec of the job to store, as JSON in UTF-8.</summary>
    /// <param name="schedule">The schedule's id.</param>
    /// <param name="time">The occurrence's time without jitter, in Unix milliseconds.</param>
    /// <param name="spec">The schedule's job as JSON in UTF-8.</param>
    /// <param name="file">The path of the file that the occurrence is for; null if there is none.</param>
    public static byte[] SpecOf(string schedule, long time, ReadOnlyMemory<byte> spec, string? file = null)
    {
        using var document = JsonDocument.Parse(spec);
        var buffer = new ArrayBufferWriter<byte>(spec.Length + 256);
        using (var json = new Utf8JsonWriter(buffer, OccurrenceTask.Writing))
        {
            json.WriteStartObject();
            foreach (var field in document.RootElement.EnumerateObject())
            {
                if (!field.NameEquals("labels"u8) && !field.NameEquals("env"u8))
                    field.WriteTo(json);
            }

            OccurrenceTask.WriteLabels(json, document, schedule);
            OccurrenceTask.WriteEnv(json, document, schedule, time, file);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }
}
