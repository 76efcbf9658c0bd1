using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Schedules;

/// <summary>
/// Creates the task of an occurrence: the schedule's task with the label <c>schedule</c> and the variables
/// <c>SCHEDULE_ID</c> and <c>SCHEDULE_TIME</c>, which replace variables of the same names.
/// </summary>
public static class OccurrenceTask
{
    internal const string IdVariable = "SCHEDULE_ID";
    internal const string TimeVariable = "SCHEDULE_TIME";

    // Writes non-ASCII letters and quotes unescaped; the default encoder makes each six bytes long.
    internal static readonly JsonWriterOptions Writing =
        new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Creates the task.</summary>
    /// <param name="id">The task's id.</param>
    /// <param name="schedule">The schedule's id.</param>
    /// <param name="time">The occurrence's time without jitter, in Unix milliseconds.</param>
    /// <param name="spec">The schedule's task as JSON in UTF-8, without <c>secretEnv</c>.</param>
    /// <param name="secretEnv">The <c>secretEnv</c> object as JSON in UTF-8; empty if there is none.</param>
    public static TaskSubmission Of(
        TaskId id, string schedule, long time, ReadOnlyMemory<byte> spec, ReadOnlyMemory<byte> secretEnv)
    {
        var json = WriteSpec(schedule, time, spec);
        var task = TaskSpecReader.ReadStored(json, default);
        return new TaskSubmission(
            id, task.Name, task.Priority, RunAt: 0, task.ExpiresAt, task.Retry, task.Labels, task.Requires,
            task.Needs, json, secretEnv, task.Concurrency)
        {
            Files = task.KeptFiles,
            Resources = task.Asks,
            Lasts = task.Lasts,
        };
    }

    /// <summary>
    /// Returns the environment variables that an occurrence adds; see <see cref="Of"/> for the parameters.
    /// </summary>
    internal static ImmutableArray<(string Name, string Value)> Variables(string schedule, long time) =>
        [(IdVariable, schedule), (TimeVariable, Text(time))];

    /// <summary>
    /// Writes the field <c>labels</c>: the labels of the spec, plus the label with the schedule's id.
    /// </summary>
    internal static void WriteLabels(Utf8JsonWriter json, JsonDocument document, string schedule)
    {
        json.WriteStartObject("labels"u8);
        Copy(json, document, "labels"u8, ScheduleSpec.Label, ScheduleSpec.Label);
        json.WriteString(ScheduleSpec.Label, schedule);
        json.WriteEndObject();
    }

    private static byte[] WriteSpec(string schedule, long time, ReadOnlyMemory<byte> spec)
    {
        using var document = JsonDocument.Parse(spec);
        var buffer = new ArrayBufferWriter<byte>(spec.Length + 256);
        using (var json = new Utf8JsonWriter(buffer, Writing))
        {
            json.WriteStartObject();
            foreach (var field in document.RootElement.EnumerateObject())
            {
                if (!field.NameEquals("labels"u8) && !field.NameEquals("env"u8))
                    field.WriteTo(json);
            }

            WriteLabels(json, document, schedule);
            json.WriteStartObject("env"u8);
            Copy(json, document, "env"u8, IdVariable, TimeVariable);
            foreach (var (name, value) in Variables(schedule, time))
                json.WriteString(name, value);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    // Copies the entries of an object except those with the two given names.
    internal static void Copy(Utf8JsonWriter json, JsonDocument document, ReadOnlySpan<byte> name, string one, string two)
    {
        if (!document.RootElement.TryGetProperty(name, out var entries))
            return;
        foreach (var entry in entries.EnumerateObject())
        {
            if (!entry.NameEquals(one) && !entry.NameEquals(two))
                entry.WriteTo(json);
        }
    }

    private static string Text(long time)
    {
        Span<byte> text = stackalloc byte[Timestamps.TextLength];
        Timestamps.Write(time, text);
        return System.Text.Encoding.ASCII.GetString(text);
    }
}
