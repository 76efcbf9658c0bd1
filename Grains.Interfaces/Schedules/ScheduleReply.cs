using OrleansTasks.Tasks;

namespace OrleansTasks.Schedules;

/// <summary>The answer to a <see cref="ScheduleRequest"/>.</summary>
/// <param name="Outcome">The outcome.</param>
[GenerateSerializer, Immutable, Alias("ot.ScheduleReply")]
public sealed record ScheduleReply([property: Id(0)] ScheduleOutcome Outcome)
{
    /// <summary>Whether the request created a schedule.</summary>
    [Id(1)]
    public bool IsNew { get; init; }

    /// <summary>The stored version, with <see cref="ScheduleOutcome.Conflict"/>; 0 if there is none.</summary>
    [Id(2)]
    public long Version { get; init; }

    /// <summary>The number of occurrences that a backfill has, or that were cancelled.</summary>
    [Id(3)]
    public int Accepted { get; init; }

    /// <summary>The number of times that a backfill left out because they had been started before.</summary>
    [Id(4)]
    public int LeftOut { get; init; }

    /// <summary>The id of the task, job or workflow that a trigger started.</summary>
    [Id(5)]
    public TaskId? Task { get; init; }

    /// <summary>
    /// The time in milliseconds after which to try again; set with <see cref="ScheduleOutcome.QueueFull"/>.
    /// </summary>
    [Id(6)]
    public long RetryAfter { get; init; }

    /// <summary>The schedule's id.</summary>
    [Id(7)]
    public string Id { get; init; } = "";
}
