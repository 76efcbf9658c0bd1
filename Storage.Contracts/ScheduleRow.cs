namespace OrleansTasks.Storage;

/// <summary>The columns of a schedule that change with its occurrences. Times are Unix milliseconds.</summary>
/// <param name="No">The schedule's number in its queue.</param>
/// <param name="Id">The schedule's id, unique across all queues.</param>
/// <param name="Version">Increases by one with each change by a user.</param>
/// <param name="Paused">Whether the schedule is paused: its times pass without occurrences.</param>
/// <param name="CreatedAt">When it was created.</param>
/// <param name="NextAt">The next time to examine; 0 if there is none, or while paused.</param>
/// <param name="LastAt">The last time examined. No time at or before it occurs again. 0 before the first.</param>
/// <param name="LastRun">The time of the last started occurrence, not counting backfills; 0 before the first.</param>
/// <param name="Parallel">The maximum number of backfill occurrences that may be open at once.</param>
public sealed record ScheduleRow(
    long No,
    string Id,
    long Version,
    bool Paused,
    long CreatedAt,
    long NextAt,
    long LastAt,
    long LastRun,
    int Parallel);
