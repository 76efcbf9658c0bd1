namespace OrleansTasks.Storage;

/// <summary>A schedule as the store has it.</summary>
/// <param name="Queue">The queue whose owner starts its occurrences.</param>
/// <param name="Row">What changes with its occurrences.</param>
/// <param name="Body">What a user wrote.</param>
public sealed record StoredSchedule(string Queue, ScheduleRow Row, ScheduleBody Body);
