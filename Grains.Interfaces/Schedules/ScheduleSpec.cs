using OrleansTasks.Jobs.Spec;
using OrleansTasks.Tasks.Spec;
using OrleansTasks.Workflows;

namespace OrleansTasks.Schedules;

/// <summary>
/// What a caller asks for with a schedule: a validated body with the contract's defaults in place of what was left out. Times
/// are Unix milliseconds.
/// </summary>
public sealed record ScheduleSpec
{
    /// <summary>The time zone when nothing is said.</summary>
    public const string DefaultZone = "UTC";

    /// <summary>The label that tasks, jobs and workflows of a schedule carry, with the schedule's id.</summary>
    public const string Label = "schedule";

    /// <summary>The expression; null when the schedule has a period.</summary>
    public CronExpression? Cron { get; internal set; }

    /// <summary>The name of the expression's time zone.</summary>
    public string ZoneName { get; internal set; } = DefaultZone;

    /// <summary>The expression's time zone.</summary>
    public TimeZoneInfo Zone { get; internal set; } = TimeZoneInfo.Utc;

    /// <summary>The period in milliseconds; 0 when the schedule has an expression.</summary>
    public long Every { get; internal set; }

    /// <summary>The task that each occurrence starts, unless it is a job or a workflow.</summary>
    public TaskSpec Task { get; internal set; } = new();

    /// <summary>Where the task and its secrets stand in the document, or the job, which has no secrets.</summary>
    public SpecExtent Extent { get; internal set; }

    /// <summary>The job that each occurrence starts; null when it is none.</summary>
    public JobSpec? Job { get; internal set; }

    /// <summary>The workflow that each occurrence starts; null when it is none.</summary>
    public WorkflowSpec? Workflow { get; internal set; }

    /// <summary>The queue of what is started, where the schedule lives.</summary>
    public string Queue => Workflow?.Queue ?? Job?.Queue ?? Task.Queue;

    /// <summary>The first time that may occur; null for no bound.</summary>
    public long? StartAt { get; internal set; }

    /// <summary>The time from which on nothing occurs; null for never.</summary>
    public long? EndAt { get; internal set; }

    /// <summary>What happens while something that it started has not ended.</summary>
    public Overlap Overlap { get; internal set; }

    /// <summary>An occurrence that is looked at later than this is missed; milliseconds.</summary>
    public long StartWithin { get; internal set; } = SchedulePlan.DefaultStartWithin;

    /// <summary>Which missed occurrences are run later.</summary>
    public CatchUp CatchUp { get; internal set; }

    /// <summary>How many missed occurrences are run later at most.</summary>
    public int CatchUpLimit { get; internal set; } = SchedulePlan.DefaultCatchUpLimit;

    /// <summary>Occurrences start later by a part of this; milliseconds.</summary>
    public long Jitter { get; internal set; }

    /// <summary>Whether times pass without occurrences.</summary>
    public bool Paused { get; internal set; }

    /// <summary>The version that must be stored; null when it is not checked.</summary>
    public long? Version { get; internal set; }

    /// <summary>A copy of the document that the schedule was read from, without <c>secretEnv</c>.</summary>
    public byte[] CopyBody(ReadOnlySpan<byte> document) => Workflow is { } workflow
        ? workflow.CopyWithoutSecrets(document, 0, document.Length)
        : (Extent with { Start = 0, End = document.Length }).CopySpec(document);

    /// <summary>A copy of the task, job or workflow in the document, without <c>secretEnv</c>.</summary>
    public byte[] CopyTarget(ReadOnlySpan<byte> document) => Workflow is { } workflow
        ? workflow.CopyWithoutSecrets(document, workflow.Start, workflow.End)
        : Extent.CopySpec(document);

    /// <summary>
    /// The secrets in the document: a task's <c>secretEnv</c> object, or what <see cref="NodeSecrets"/> makes of those
    /// of a workflow's nodes. Empty when there are none.
    /// </summary>
    public byte[] CopySecrets(ReadOnlySpan<byte> document) =>
        Workflow is { } workflow ? NodeSecrets.Write(workflow, document) : Extent.CopySecrets(document);

    /// <summary>When the schedule has occurrences, and what becomes of them.</summary>
    /// <param name="createdAt">When the schedule was created.</param>
    public SchedulePlan PlanOf(long createdAt) => new(
        Cron is { } cron
            ? Timetable.OfCron(new CronTimes(cron, Zone), StartAt, EndAt)
            : Timetable.OfPeriod(Every, createdAt, StartAt, EndAt),
        Overlap, StartWithin, CatchUp, CatchUpLimit, Jitter);
}
