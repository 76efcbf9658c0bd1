using OrleansTasks.Queues;

namespace OrleansTasks.Storage;

/// <summary>A schedule as the store has it.</summary>
/// <param name="Partition">The partition whose owner starts its occurrences.</param>
/// <param name="Row">What changes with its occurrences.</param>
/// <param name="Body">What a user wrote.</param>
public sealed record StoredSchedule(PartitionKey Partition, ScheduleRow Row, ScheduleBody Body);
