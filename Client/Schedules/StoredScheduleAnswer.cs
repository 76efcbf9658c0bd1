using System.ComponentModel;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using OrleansTasks.Calendars;
using OrleansTasks.Client.Contract;
using OrleansTasks.Contract;
using OrleansTasks.Processing.Text;
using OrleansTasks.Schedules;

namespace OrleansTasks.Client.Schedules;

/// <summary>
/// A schedule, as the HTTP contract shows it. If its body cannot be read or its next times cannot be computed, what comes
/// from the body is null, so that one bad schedule does not fail a whole list.
/// </summary>
[Schema("Schedule"), Description("If a schedule cannot be read because its time zone no longer exists on the machine, task, job, workflow and the "
    + "fields for its times are null.")]
internal sealed class StoredScheduleAnswer
{
    private const int ShownRuns = 5;

    private readonly ScheduleView schedule;
    private readonly ScheduleSpec? spec;
    private readonly long[] runs;

    // Does everything that may fail before the first byte is written.
    private StoredScheduleAnswer(ScheduleView schedule, long now, CalendarSet calendars)
    {
        this.schedule = schedule;
        try
        {
            var read = ScheduleSpecReader.ReadStored(schedule.Spec.Span);
            var from = Math.Max(now, schedule.LastAt);
            runs = schedule.Paused ? [] : [.. ScheduleTimes.Of(read.PlanOf(schedule.CreatedAt, calendars).Times, from, ShownRuns)];
            spec = read;
        }
        catch (Exception fault) when (fault is FormatException or ArgumentException or ArithmeticException)
        {
            runs = [];
        }
    }

    [Description("The schedule's id.")]
    public string Id => schedule.Id;

    [Description("The queue in which the schedule starts tasks, jobs or workflows.")]
    public string Queue => schedule.Queue;

    [Description("Increases by one with each change.")]
    public long Version => schedule.Version;

    [Description("The times, as in the schedule's body; omitted with every."), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Cron => spec?.Cron?.Text;

    [Description("The IANA name of cron's time zone; omitted with every."), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? TimeZone => spec?.Cron is null ? null : spec.ZoneName;

    [RefersTo("Duration"), Description("The interval; omitted with cron."), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Every => spec is { Cron: null } ? Text(spec.Every) : null;

    [RefersTo("TaskSpec"), Description("As submitted, without secretEnv; null if the schedule starts something else.")]
    public StoredJson? Task => Target("task");

    [RefersTo("JobSpec"), Description("As submitted; null if the schedule starts something else.")]
    public StoredJson? Job => Target("job");

    [RefersTo("WorkflowSpec"), Description("As submitted, without secretEnv; null if the schedule starts something else.")]
    public StoredJson? Workflow => Target("workflow") is { } workflow ? FieldOf(schedule.Spec, ScheduleSpec.AsWritten) ?? workflow : null;

    [RefersTo("ScheduledDefinition"), Description("The definition that supplies the task, job or workflow; null if the schedule names none.")]
    public StoredJson? Definition => FieldOf(schedule.Spec, "definition");

    [Description("The earliest time of an occurrence; with every, the time of the first one.")]
    public Timestamp? StartAt => spec?.StartAt;

    [Description("The end of the schedule, exclusive.")]
    public Timestamp? EndAt => spec?.EndAt;

    [Description("What happens if the task, job or workflow of an earlier occurrence has not ended.")]
    public Overlap? Overlap => spec?.Overlap;

    [RefersTo("Duration"), Description("An occurrence that the service could not process within this time is missed.")]
    public string? StartWithin => Text(spec?.StartWithin);

    [Description("Which missed occurrences run.")]
    public CatchUp? CatchUp => spec?.CatchUp;

    [Description("With catchUp all: the maximum number of occurrences that run, newest first.")]
    public int? CatchUpLimit => spec?.CatchUpLimit;

    [RefersTo("Duration"), Description("Each occurrence is delayed by a fixed part of this time.")]
    public string? Jitter => Text(spec?.Jitter);

    [Description("Names of calendars: times that none of them has fall out; empty if there is no such condition.")]
    public IEnumerable<string>? Only => spec?.Only;

    [Description("Names of calendars: times that one of them has fall out.")]
    public IEnumerable<string>? Except => spec?.Except;

    [Description("What happens to a time in a blackout of the queue.")]
    public OnBlackout? OnBlackout => spec?.OnBlackout;

    [RefersTo("Duration"), Description("How long after an occurrence's time its task, job or workflow should have ended; null if nothing is expected.")]
    public string? ExpectBy => Text(spec?.ExpectBy);

    [RefersTo("WatchedFolder"), Description("The folder whose files start occurrences, as submitted; null if the times do.")]
    public StoredJson? Files => spec?.Files is null ? null : FieldOf(schedule.Spec, "files");

    [Description("Why the folder cannot be watched, or not all of it; null if it can.")]
    public FolderProblemAnswer? FolderProblem =>
        schedule.Problem is { } problem ? new FolderProblemAnswer(problem.Detail, problem.Since) : null;

    [Description("Whether nothing starts by itself.")]
    public bool Paused => schedule.Paused;

    [Description("When the schedule was created.")]
    public Timestamp CreatedAt => schedule.CreatedAt;

    [Description("The time of the last occurrence that was started, not counting backfills.")]
    public Timestamp? LastRun => schedule.LastRun == 0 ? null : schedule.LastRun;

    [RefersTo("Time", IsOfItems = true), Description("Up to five next times, before jitter; empty while the schedule is paused.")]
    public IEnumerable<Timestamp> NextRuns => runs.Select(static time => new Timestamp(time));

    /// <summary>The example of the contract.</summary>
    public static StoredScheduleAnswer Example => Of(
        new ScheduleView("nightly", "default", 1, false, Examples.Time, 0, 0,
            """{"cron":"0 3 * * *","timeZone":"Europe/Berlin","task":{"cmd":"echo nightly"}}"""u8.ToArray()),
        Examples.Time, CalendarSet.Empty);

    /// <summary>Returns the answer of a schedule.</summary>
    public static StoredScheduleAnswer Of(ScheduleView schedule, long now, CalendarSet calendars) => new(schedule, now, calendars);

    private StoredJson? Target(string name) =>
        spec is not null && ScheduleTimes.TargetOf(spec) == name ? new StoredJson(spec.CopyTarget(schedule.Spec.Span)) : null;

    // Returns a field that the schedule's reader does not know.
    private static StoredJson? FieldOf(ReadOnlyMemory<byte> body, string name)
    {
        if (body.Span.IndexOf(Encoding.UTF8.GetBytes($"\"{name}\"").AsSpan()) < 0)
            return null;
        try
        {
            using var document = JsonDocument.Parse(body);
            return document.RootElement.TryGetProperty(name, out var field) ? StoredJson.Of(field.GetRawText()) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string? Text(long? milliseconds) =>
        milliseconds is { } known ? Durations.Format(TimeSpan.FromMilliseconds(known)) : null;
}

/// <summary>A problem with the folder that a schedule watches, as the HTTP contract shows it.</summary>
[Schema("FolderProblem"), Description("Why a schedule cannot watch its folder, or not all of it. The service looks again at each time of the schedule.")]
internal sealed record FolderProblemAnswer(
    [property: Description("The problem.")]
    string Detail,
    [property: Description("When it was first noticed.")]
    Timestamp Since)
{
    /// <summary>The example of the contract.</summary>
    public static FolderProblemAnswer Example => new("Node w1 is not connected.", Examples.Time);
}
