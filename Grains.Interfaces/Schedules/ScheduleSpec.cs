using OrleansTasks.Calendars;
using OrleansTasks.Jobs.Spec;
using OrleansTasks.Processing.Cron;
using OrleansTasks.Processing.Files;
using OrleansTasks.Tasks.Spec;
using OrleansTasks.Workflows;

namespace OrleansTasks.Schedules;

/// <summary>
/// A validated schedule body with the contract's defaults for omitted fields. Times are in Unix milliseconds.
/// </summary>
public sealed record ScheduleSpec
{
    /// <summary>The default time zone.</summary>
    public const string DefaultZone = "UTC";

    /// <summary>
    /// The field of a stored body with the workflow as it was written, if its nodes name definitions.
    /// </summary>
    public const string AsWritten = "asWritten";

    /// <summary>The label with the schedule's id on tasks, jobs and workflows that a schedule starts.</summary>
    public const string Label = "schedule";

    /// <summary>The cron expression; null if the schedule has a period.</summary>
    public CronExpression? Cron { get; internal set; }

    /// <summary>The name of the expression's time zone.</summary>
    public string ZoneName { get; internal set; } = DefaultZone;

    /// <summary>The expression's time zone.</summary>
    public TimeZoneInfo Zone { get; internal set; } = TimeZoneInfo.Utc;

    /// <summary>The period in milliseconds; 0 if the schedule has an expression.</summary>
    public long Every { get; internal set; }

    /// <summary>The folder whose files start occurrences; null if the times do.</summary>
    public WatchedFolder? Files { get; internal set; }

    /// <summary>The task that each occurrence starts, if it starts neither a job nor a workflow.</summary>
    public TaskSpec Task { get; internal set; } = new();

    /// <summary>
    /// The position in the document of the task and its secrets, or of the job, which has no secrets.
    /// </summary>
    public SpecExtent Extent { get; internal set; }

    /// <summary>The job that each occurrence starts; null if it starts something else.</summary>
    public JobSpec? Job { get; internal set; }

    /// <summary>The workflow that each occurrence starts; null if it starts something else.</summary>
    public WorkflowSpec? Workflow { get; internal set; }

    /// <summary>The queue of the started task, job or workflow; its dispatcher also owns the schedule.</summary>
    public string Queue => Workflow?.Queue ?? Job?.Queue ?? Task.Queue;

    /// <summary>The earliest time of an occurrence; null for no bound.</summary>
    public long? StartAt { get; internal set; }

    /// <summary>The time from which no occurrence happens; null for never.</summary>
    public long? EndAt { get; internal set; }

    /// <summary>What happens to an occurrence while an earlier start has not ended.</summary>
    public Overlap Overlap { get; internal set; }

    /// <summary>The delay in milliseconds after which an unprocessed occurrence counts as missed.</summary>
    public long StartWithin { get; internal set; } = SchedulePlan.DefaultStartWithin;

    /// <summary>Which missed occurrences run later.</summary>
    public CatchUp CatchUp { get; internal set; }

    /// <summary>Maximum number of missed occurrences that run later.</summary>
    public int CatchUpLimit { get; internal set; } = SchedulePlan.DefaultCatchUpLimit;

    /// <summary>The maximum delay of a start in milliseconds.</summary>
    public long Jitter { get; internal set; }

    /// <summary>The calendars of which one must have a time; empty for all times.</summary>
    public ImmutableArray<string> Only { get; internal set; } = [];

    /// <summary>The calendars of which none may have a time.</summary>
    public ImmutableArray<string> Except { get; internal set; } = [];

    /// <summary>All calendars that the schedule names.</summary>
    public ImmutableArray<string> CalendarNames => [.. Only, .. Except];

    /// <summary>The stored files that its task, job or workflow names, each once.</summary>
    public ImmutableArray<FileName> NamedFiles
    {
        get
        {
            var nodes = Workflow?.Nodes ?? [];
            return
            [
                .. Task.NamedFiles.Concat(Job?.Source.NamedFiles ?? [])
                    .Concat(nodes.SelectMany(static node => node.Job?.Source.NamedFiles ?? node.Task.NamedFiles))
                    .Distinct(),
            ];
        }
    }

    /// <summary>Returns the schedule as it would be if it followed no calendar.</summary>
    public ScheduleSpec WithoutCalendars() => this with { Only = [], Except = [] };

    /// <summary>What happens to a time in a blackout of the queue.</summary>
    public OnBlackout OnBlackout { get; internal set; }

    /// <summary>
    /// How many milliseconds after an occurrence's time its task, job or workflow should have ended; null for no
    /// expectation.
    /// </summary>
    public long? ExpectBy { get; internal set; }

    /// <summary>Whether the schedule is paused: times pass without occurrences.</summary>
    public bool Paused { get; internal set; }

    /// <summary>The version that the stored schedule must have; null to skip the check.</summary>
    public long? Version { get; internal set; }

    /// <summary>Copies the whole document of the schedule without <c>secretEnv</c>.</summary>
    public byte[] CopyBody(ReadOnlySpan<byte> document) => Workflow is { } workflow
        ? workflow.CopyWithoutSecrets(document, 0, document.Length)
        : (Extent with { Start = 0, End = document.Length }).CopySpec(document);

    /// <summary>Copies the task, job or workflow from the document without <c>secretEnv</c>.</summary>
    public byte[] CopyTarget(ReadOnlySpan<byte> document) => Workflow is { } workflow
        ? workflow.CopyWithoutSecrets(document, workflow.Start, workflow.End)
        : Extent.CopySpec(document);

    /// <summary>
    /// Copies the secrets from the document: a task's <c>secretEnv</c> object, or the object that
    /// <see cref="NodeSecrets"/> writes for a workflow. Empty if there are none.
    /// </summary>
    public byte[] CopySecrets(ReadOnlySpan<byte> document) =>
        Workflow is { } workflow ? NodeSecrets.Write(workflow, document) : Extent.CopySecrets(document);

    /// <summary>Returns when the schedule has occurrences and how it handles them.</summary>
    /// <param name="createdAt">When the schedule was created, in Unix milliseconds.</param>
    /// <param name="calendars">All calendars; null for none.</param>
    public SchedulePlan PlanOf(long createdAt, CalendarSet? calendars = null) => new(
        (Cron is { } cron
            ? Timetable.OfCron(new CronTimes(cron, Zone), StartAt, EndAt)
            : Timetable.OfPeriod(Every, createdAt, StartAt, EndAt)).Within(Only, Except, calendars ?? CalendarSet.Empty),
        Overlap, StartWithin, CatchUp, CatchUpLimit, Jitter)
    {
        OnBlackout = OnBlackout,
        ExpectBy = ExpectBy,
        Files = Files,
    };
}
