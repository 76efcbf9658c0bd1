namespace OrleansTasks.Schedules;

/// <summary>A schedule as it is stored. Times are Unix milliseconds.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Queue">Where its owner is.</param>
/// <param name="Version">Rises by one with each change that a user makes.</param>
/// <param name="Paused">Whether times pass without occurrences.</param>
/// <param name="CreatedAt">When it was created.</param>
/// <param name="LastAt">The last time that was looked at; 0 before the first.</param>
/// <param name="LastRun">The time of the last occurrence that was started, but for backfills; 0 before the first.</param>
/// <param name="Spec">What a user wrote, as JSON in UTF-8, without <c>secretEnv</c>.</param>
[GenerateSerializer, Immutable, Alias("ot.ScheduleView")]
public sealed record ScheduleView(
    [property: Id(0)] string Id,
    [property: Id(1)] string Queue,
    [property: Id(2)] long Version,
    [property: Id(3)] bool Paused,
    [property: Id(4)] long CreatedAt,
    [property: Id(5)] long LastAt,
    [property: Id(6)] long LastRun,
    [property: Id(7)] ReadOnlyMemory<byte> Spec);
