namespace OrleansTasks.Storage;

/// <summary>The columns of a schedule that change with its occurrences. Times are Unix milliseconds.</summary>
/// <param name="No">The schedule's number in its queue.</param>
/// <param name="Id">Unique among all queues.</param>
/// <param name="Version">Rises by one with each change by a user.</param>
/// <param name="Paused">Times pass without occurrences.</param>
/// <param name="CreatedAt">When it was created.</param>
/// <param name="NextAt">The first time not yet examined; 0 if none, or while paused.</param>
/// <param name="LastAt">The last time examined; nothing at or before it occurs again. 0 before the first.</param>
/// <param name="LastRun">The time of the last started occurrence, except backfills; 0 before the first.</param>
/// <param name="Parallel">How many backfill occurrences may be open at once.</param>
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
