using System.Text.Json.Serialization;
using OrleansTasks.ApiClient.Json;

namespace OrleansTasks.ApiClient;

/// <summary>
/// Times at which a queue starts a task, a data job or a workflow. A schedule has either <see cref="Cron"/> or
/// <see cref="Every"/>, and one of <see cref="Task"/>, <see cref="Job"/> and <see cref="Workflow"/>.
/// </summary>
public record ScheduleSpec
{
    /// <summary>A cron expression of five fields, or six with seconds first.</summary>
    public string? Cron { get; init; }

    /// <summary>The IANA name of the cron expression's time zone; UTC by default.</summary>
    public string? TimeZone { get; init; }

    /// <summary>A period of elapsed time: 1 s to 366 days.</summary>
    public TimeSpan? Every { get; init; }

    /// <summary>The task that each occurrence starts.</summary>
    public TaskSpec? Task { get; init; }

    /// <summary>The data job that each occurrence starts.</summary>
    public JobSpec? Job { get; init; }

    /// <summary>The workflow that each occurrence starts.</summary>
    public WorkflowSpec? Workflow { get; init; }

    /// <summary>The time before which there is no occurrence.</summary>
    public DateTimeOffset? StartAt { get; init; }

    /// <summary>The time from which on there is no occurrence.</summary>
    public DateTimeOffset? EndAt { get; init; }

    /// <summary>
    /// What happens while an earlier occurrence's task has not ended; by default the next one is skipped.
    /// </summary>
    public Overlap? Overlap { get; init; }

    /// <summary>The time after which an occurrence that could not be started is missed; 1 minute by default.</summary>
    public TimeSpan? StartWithin { get; init; }

    /// <summary>Which missed occurrences are started later; none by default.</summary>
    public CatchUp? CatchUp { get; init; }

    /// <summary>With <see cref="ApiClient.CatchUp.All"/>: how many at most, the newest; 100 by default.</summary>
    public int? CatchUpLimit { get; init; }

    /// <summary>By how much occurrences are spread; up to 1 hour, none by default.</summary>
    public TimeSpan? Jitter { get; init; }

    /// <summary>The names of calendars of which one must have a time; null or empty for all times.</summary>
    public IReadOnlyList<string>? Only { get; init; }

    /// <summary>The names of calendars whose times fall out.</summary>
    public IReadOnlyList<string>? Except { get; init; }

    /// <summary>
    /// What happens to a time in a blackout of the queue; <see cref="ApiClient.OnBlackout.After"/> by default.
    /// </summary>
    public OnBlackout? OnBlackout { get; init; }

    /// <summary>
    /// How long after an occurrence's time its task, job or workflow should have ended; null for no expectation.
    /// </summary>
    public TimeSpan? ExpectBy { get; init; }

    /// <summary>
    /// The folder that the service looks at at each of the times, where each new file starts an occurrence; null if the
    /// times start occurrences.
    /// </summary>
    public WatchedFolder? Files { get; init; }

    /// <summary>Whether nothing is started; false by default.</summary>
    public bool? Paused { get; init; }

    /// <summary>
    /// The version that the stored schedule must have; if it has another, a put fails with 409. Null to not compare.
    /// </summary>
    public long? Version { get; init; }
}

/// <summary>A schedule.</summary>
public sealed record ScheduleDetails : ScheduleSpec
{
    /// <summary>The schedule's id.</summary>
    public required string Id { get; init; }

    /// <summary>The queue.</summary>
    public required string Queue { get; init; }

    /// <summary>When the schedule was created.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>The time of the last occurrence that was started; null if none was.</summary>
    public DateTimeOffset? LastRun { get; init; }

    /// <summary>The next times, up to five.</summary>
    public IReadOnlyList<DateTimeOffset> NextRuns { get; init; } = [];

    /// <summary>Why the folder cannot be watched, or not all of it; null if it can.</summary>
    public FolderProblem? FolderProblem { get; init; }
}

/// <summary>
/// A folder of one node that a schedule watches. The commands that a file starts find its path in
/// <c>SCHEDULE_FILE</c>.
/// </summary>
/// <param name="Node">The node on whose machine the folder is.</param>
/// <param name="Folder">The folder's absolute path. Folders below it are not looked at.</param>
public sealed record WatchedFolder(string Node, string Folder)
{
    /// <summary>A pattern of file names without a slash; <c>*</c> by default.</summary>
    public string? Match { get; init; }

    /// <summary>For how long a file's size and time must not have changed; 10 s by default.</summary>
    public TimeSpan? Settled { get; init; }

    /// <summary>What happens to files that are there at the first look; they start occurrences by default.</summary>
    public ExistingFiles? Existing { get; init; }
}

/// <summary>Why a schedule cannot watch its folder, or not all of it.</summary>
/// <param name="Detail">The problem.</param>
/// <param name="Since">When it was first noticed.</param>
public sealed record FolderProblem(string Detail, DateTimeOffset Since);

/// <summary>What a schedule does with files that were in its folder before.</summary>
[JsonConverter(typeof(CamelWordConverter<ExistingFiles>))]
public enum ExistingFiles
{
    /// <summary>A rule that this version of the package does not know.</summary>
    Unknown,

    /// <summary>They start occurrences.</summary>
    Start,

    /// <summary>They start nothing until they change.</summary>
    Skip,
}

/// <summary>What a schedule does while an earlier occurrence's task has not ended.</summary>
[JsonConverter(typeof(CamelWordConverter<Overlap>))]
public enum Overlap
{
    /// <summary>A rule that this version of the package does not know.</summary>
    Unknown,

    /// <summary>The next occurrence is skipped.</summary>
    Skip,

    /// <summary>Both run.</summary>
    Allow,

    /// <summary>One occurrence waits, and further ones are skipped.</summary>
    QueueOne,
}

/// <summary>What happens to a schedule's time in a blackout of the queue.</summary>
[JsonConverter(typeof(CamelWordConverter<OnBlackout>))]
public enum OnBlackout
{
    /// <summary>A rule that this version of the package does not know.</summary>
    Unknown,

    /// <summary>What it starts waits for the end of the blackout.</summary>
    After,

    /// <summary>The time is skipped.</summary>
    Skip,
}

/// <summary>Which missed occurrences are started later.</summary>
[JsonConverter(typeof(CamelWordConverter<CatchUp>))]
public enum CatchUp
{
    /// <summary>A rule that this version of the package does not know.</summary>
    Unknown,

    /// <summary>None.</summary>
    None,

    /// <summary>The latest.</summary>
    One,

    /// <summary>All.</summary>
    All,
}

/// <summary>The task, job or workflow that a trigger has started.</summary>
/// <param name="Id">Its id.</param>
public sealed record Triggered(string Id);
