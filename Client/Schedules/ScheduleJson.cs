using System.Text.Json;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Processing.Text;
using OrleansTasks.Schedules;
using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Client.Schedules;

/// <summary>Writes schedules and occurrences as the HTTP contract shows them.</summary>
internal static class ScheduleJson
{
    private const int ShownRuns = 5;
    private static readonly string[] Kinds = ["time", "trigger", "backfill"];
    private static readonly string[] Outcomes = ["pending", "started", "skipped", "missed"];
    private static readonly string?[] Reasons = [null, "overlap", "queue-full"];

    // A schedule has exactly one of them: what each occurrence starts.
    private static readonly string[] Targets = ["task", "job", "workflow"];

    // The fields that are null if the schedule's spec cannot be read.
    private static readonly string[] Unreadable =
        ["task", "job", "workflow", "startAt", "endAt", "overlap", "startWithin", "catchUp", "catchUpLimit", "jitter"];

    /// <summary>The names of outcomes, by number.</summary>
    public static IReadOnlyList<string> OutcomeNames => Outcomes;

    /// <summary>
    /// Returns the spec that a caller wrote; null if it cannot be read, for example because its time zone was removed
    /// from the machine's list of zones.
    /// </summary>
    public static ScheduleSpec? SpecOf(ScheduleView schedule)
    {
        try
        {
            return ScheduleSpecReader.ReadStored(schedule.Spec.Span);
        }
        catch (FormatException)
        {
            return null;
        }
    }

    /// <summary>Returns the name of the body's field that says what the schedule starts.</summary>
    public static string TargetOf(ScheduleSpec spec) =>
        spec.Workflow is not null ? "workflow" : spec.Job is not null ? "job" : "task";

    /// <summary>
    /// Writes a schedule. If its spec cannot be read or its next times cannot be computed, the fields from the spec are
    /// null, so that one bad schedule does not fail a whole list.
    /// </summary>
    public static void Write(Utf8JsonWriter json, ScheduleView schedule, long now)
    {
        var (spec, runs) = Read(schedule, now);
        json.WriteStartObject();
        json.WriteString("id"u8, schedule.Id);
        json.WriteString("queue"u8, schedule.Queue);
        json.WriteNumber("version"u8, schedule.Version);
        if (spec is not null)
            WriteSpec(json, spec, schedule);
        else
        {
            foreach (var name in Unreadable)
                json.WriteNull(name);
        }

        json.WriteBoolean("paused"u8, schedule.Paused);
        WriteTime(json, "createdAt", schedule.CreatedAt);
        WriteTime(json, "lastRun", schedule.LastRun == 0 ? null : schedule.LastRun);
        WriteTimes(json, "nextRuns", runs);
        json.WriteEndObject();
    }

    /// <summary>Writes an occurrence.</summary>
    public static void Write(Utf8JsonWriter json, OccurrenceView occurrence)
    {
        json.WriteStartObject();
        WriteTime(json, "time", occurrence.At);
        WriteTime(json, "until", occurrence.Until);
        json.WriteNumber("count"u8, occurrence.Count);
        json.WriteString("kind"u8, Kinds[(int)occurrence.Kind]);
        json.WriteString("outcome"u8, Outcomes[(int)occurrence.Outcome]);
        json.WriteString("reason"u8, Reasons[(int)occurrence.Reason]);
        WriteTime(json, "startedAt", occurrence.StartedAt == 0 ? null : occurrence.StartedAt);
        json.WriteString("task"u8, occurrence.Task?.ToString());
        json.WriteString("job"u8, occurrence.Job?.ToString());
        json.WriteString("workflow"u8, occurrence.Workflow?.ToString());
        json.WriteString("state"u8, occurrence.State?.Name());
        json.WriteEndObject();
    }

    /// <summary>
    /// Returns the next times of a timetable: <paramref name="count"/> of them, or fewer if it ends earlier.
    /// </summary>
    public static IEnumerable<long> Times(Timetable timetable, long after, int count)
    {
        for (var at = timetable.Next(after); at is { } time && count > 0; at = timetable.Next(time), count--)
            yield return time;
    }

    /// <summary>Writes an array of times.</summary>
    public static void WriteTimes(Utf8JsonWriter json, string name, IEnumerable<long> times)
    {
        json.WriteStartArray(name);
        Span<byte> text = stackalloc byte[Timestamps.TextLength];
        foreach (var time in times)
        {
            Timestamps.Write(time, text);
            json.WriteStringValue(text);
        }

        json.WriteEndArray();
    }

    // Does everything that may fail before the first byte is written.
    private static (ScheduleSpec? Spec, long[] Runs) Read(ScheduleView schedule, long now)
    {
        try
        {
            var spec = ScheduleSpecReader.ReadStored(schedule.Spec.Span);
            var from = Math.Max(now, schedule.LastAt);
            return (spec, schedule.Paused ? [] : [.. Times(spec.PlanOf(schedule.CreatedAt).Times, from, ShownRuns)]);
        }
        catch (Exception fault) when (fault is FormatException or ArgumentException or ArithmeticException)
        {
            return (null, []);
        }
    }

    private static void WriteSpec(Utf8JsonWriter json, ScheduleSpec spec, ScheduleView schedule)
    {
        if (spec.Cron is { } cron)
        {
            json.WriteString("cron"u8, cron.Text);
            json.WriteString("timeZone"u8, spec.ZoneName);
        }
        else
            WriteDuration(json, "every", spec.Every);

        foreach (var target in Targets)
        {
            json.WritePropertyName(target);
            if (target == TargetOf(spec))
                json.WriteRawValue(spec.CopyTarget(schedule.Spec.Span), skipInputValidation: true);
            else
                json.WriteNullValue();
        }

        WriteTime(json, "startAt", spec.StartAt);
        WriteTime(json, "endAt", spec.EndAt);
        json.WriteString("overlap"u8, ScheduleSpecReader.OverlapNames[(int)spec.Overlap]);
        WriteDuration(json, "startWithin", spec.StartWithin);
        json.WriteString("catchUp"u8, ScheduleSpecReader.CatchUpNames[(int)spec.CatchUp]);
        json.WriteNumber("catchUpLimit"u8, spec.CatchUpLimit);
        WriteDuration(json, "jitter", spec.Jitter);
    }

    private static void WriteTime(Utf8JsonWriter json, string name, long? time) =>
        TaskJson.WriteTime(json, JsonEncodedText.Encode(name), time);

    private static void WriteDuration(Utf8JsonWriter json, string name, long milliseconds) =>
        json.WriteString(name, Durations.Format(TimeSpan.FromMilliseconds(milliseconds)));
}
