using OrleansTasks.Tasks;

namespace OrleansTasks.Schedules;

/// <summary>The answer to a <see cref="ScheduleRequest"/>.</summary>
/// <param name="Outcome">What came of it.</param>
[GenerateSerializer, Immutable, Alias("ot.ScheduleReply")]
public sealed record ScheduleReply([property: Id(0)] ScheduleOutcome Outcome)
{
    /// <summary>Whether a schedule was made.</summary>
    [Id(1)]
    public bool IsNew { get; init; }

    /// <summary>The stored version, with <see cref="ScheduleOutcome.Conflict"/>; 0 when there is none.</summary>
    [Id(2)]
    public long Version { get; init; }

    /// <summary>How many occurrences a backfill has, or how many were cancelled.</summary>
    [Id(3)]
    public int Accepted { get; init; }

    /// <summary>How many times a backfill left out, because they were started before.</summary>
    [Id(4)]
    public int LeftOut { get; init; }

    /// <summary>The id of the task, job or workflow that a trigger started.</summary>
    [Id(5)]
    public TaskId? Task { get; init; }

    /// <summary>After how many milliseconds to ask again, with <see cref="ScheduleOutcome.QueueFull"/>.</summary>
    [Id(6)]
    public long RetryAfter { get; init; }

    /// <summary>The schedule's id.</summary>
    [Id(7)]
    public string Id { get; init; } = "";
}
