namespace OrleansTasks.Storage;

/// <summary>
/// What the store has of a schedule that changes with its occurrences. Times are Unix milliseconds.
/// </summary>
/// <param name="No">The schedule's number in its queue.</param>
/// <param name="Id">The schedule's id, unique among all queues.</param>
/// <param name="Version">Rises by one with each change that a user makes.</param>
/// <param name="Paused">Whether times pass without occurrences.</param>
/// <param name="CreatedAt">When it was created.</param>
/// <param name="NextAt">The first time that nobody has looked at; 0 when there is none, or while it is paused.</param>
/// <param name="LastAt">The last time that was looked at; nothing at or before it occurs again. 0 before the first.</param>
/// <param name="LastRun">The time of the last occurrence that was started, but for backfills; 0 before the first.</param>
/// <param name="Parallel">How many occurrences of backfills may be open at once.</param>
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
