using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Schedules;

/// <summary>
/// Creates the task of an occurrence: the schedule's task with the label <c>schedule</c> and the variables
/// <c>SCHEDULE_ID</c>, <c>SCHEDULE_TIME</c> and, for a file, <c>SCHEDULE_FILE</c>. They replace variables of the same
/// names.
/// </summary>
public static class OccurrenceTask
{
    internal const string IdVariable = "SCHEDULE_ID";
    internal const string TimeVariable = "SCHEDULE_TIME";
    internal const string FileVariable = "SCHEDULE_FILE";

    // Writes non-ASCII letters and quotes unescaped; the default encoder makes each six bytes long.
    internal static readonly JsonWriterOptions Writing =
        new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Creates the task.</summary>
    /// <param name="id">The task's id.</param>
    /// <param name="schedule">The schedule's id.</param>
    /// <param name="time">The occurrence's time without jitter, in Unix milliseconds.</param>
    /// <param name="spec">The schedule's task as JSON in UTF-8, without <c>secretEnv</c>.</param>
    /// <param name="secretEnv">The <c>secretEnv</c> object as JSON in UTF-8; empty if there is none.</param>
    /// <param name="file">The path of the file that the occurrence is for; null if there is none.</param>
    public static TaskSubmission Of(
        TaskId id, string schedule, long time, ReadOnlyMemory<byte> spec, ReadOnlyMemory<byte> secretEnv, string? file = null)
    {
        var json = WriteSpec(schedule, time, spec, file);
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
    internal static ImmutableArray<(string Name, string Value)> Variables(string schedule, long time, string? file) =>
        file is null ? [(IdVariable, schedule), (TimeVariable, Text(time))]
            : [(IdVariable, schedule), (TimeVariable, Text(time)), (FileVariable, file)];

    /// <summary>
    /// Writes the field <c>labels</c>: the labels of the spec, plus the label with the schedule's id.
    /// </summary>
    internal static void WriteLabels(Utf8JsonWriter json, JsonDocument document, string schedule)
    {
        json.WriteStartObject("labels"u8);
        Copy(json, document, "labels"u8, [ScheduleSpec.Label]);
        json.WriteString(ScheduleSpec.Label, schedule);
        json.WriteEndObject();
    }

    /// <summary>Writes the field <c>env</c>: the variables of the spec, plus those of the occurrence.</summary>
    internal static void WriteEnv(Utf8JsonWriter json, JsonDocument document, string schedule, long time, string? file)
    {
        json.WriteStartObject("env"u8);
        var variables = Variables(schedule, time, file);
        Copy(json, document, "env"u8, [.. variables.Select(static one => one.Name)]);
        foreach (var (name, value) in variables)
            json.WriteString(name, value);
        json.WriteEndObject();
    }

    private static byte[] WriteSpec(string schedule, long time, ReadOnlyMemory<byte> spec, string? file)
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
            WriteEnv(json, document, schedule, time, file);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    // Copies the entries of an object except those with the given names.
    private static void Copy(Utf8JsonWriter json, JsonDocument document, ReadOnlySpan<byte> name, ReadOnlySpan<string> without)
    {
        if (!document.RootElement.TryGetProperty(name, out var entries))
            return;
        foreach (var entry in entries.EnumerateObject())
        {
            if (!without.Contains(entry.Name))
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
