namespace OrleansTasks.Client.Schedules;

/// <summary>What a run of a schedule takes.</summary>
/// <param name="Took">From its start to its end, milliseconds.</param>
/// <param name="Slots">How many slots it uses on average: 1 for a task.</param>
internal readonly record struct ScheduleRun(long Took, double Slots);
