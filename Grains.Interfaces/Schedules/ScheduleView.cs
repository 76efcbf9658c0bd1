namespace OrleansTasks.Schedules;

/// <summary>A schedule as stored. Times are in Unix milliseconds.</summary>
/// <param name="Id">The schedule's id.</param>
/// <param name="Queue">The queue that owns the schedule.</param>
/// <param name="Version">The version, which rises by one with each change by a user.</param>
/// <param name="Paused">Whether the schedule is paused: times pass without occurrences.</param>
/// <param name="CreatedAt">When the schedule was created.</param>
/// <param name="LastAt">The latest time processed; times up to it do not occur again. 0 before the first.</param>
/// <param name="LastRun">The time of the latest started occurrence, backfills excepted; 0 before the first.</param>
/// <param name="Spec">The body that a user wrote, as JSON in UTF-8, without <c>secretEnv</c>.</param>
[GenerateSerializer, Immutable, Alias("ot.ScheduleView")]
public sealed record ScheduleView(
    [property: Id(0)] string Id,
    [property: Id(1)] string Queue,
    [property: Id(2)] long Version,
    [property: Id(3)] bool Paused,
    [property: Id(4)] long CreatedAt,
    [property: Id(5)] long LastAt,
    [property: Id(6)] long LastRun,
    [property: Id(7)] ReadOnlyMemory<byte> Spec)
{
    /// <summary>What keeps files of the watched folder from starting occurrences; null if nothing does.</summary>
    [Id(8)] public FolderProblem? Problem { get; init; }
}

/// <summary>Why a schedule cannot watch its folder, or not all of it.</summary>
/// <param name="Detail">The problem, as a sentence.</param>
/// <param name="Since">When it was first noticed, in Unix milliseconds.</param>
[GenerateSerializer, Immutable, Alias("ot.FolderProblem")]
public sealed record FolderProblem([property: Id(0)] string Detail, [property: Id(1)] long Since);

/// <summary>A schedule that has a problem with its folder.</summary>
/// <param name="Schedule">The schedule's id.</param>
/// <param name="Problem">The problem.</param>
[GenerateSerializer, Immutable, Alias("ot.ScheduleFolderProblem")]
public sealed record ScheduleFolderProblem([property: Id(0)] string Schedule, [property: Id(1)] FolderProblem Problem);
