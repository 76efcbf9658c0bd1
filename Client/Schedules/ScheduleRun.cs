namespace OrleansTasks.Client.Schedules;

/// <summary>The duration and slots of a schedule's run.</summary>
/// <param name="Took">The time from its start to its end, in milliseconds.</param>
/// <param name="Slots">The number of slots that it uses on average: 1 for a task.</param>
internal readonly record struct ScheduleRun(long Took, double Slots);
