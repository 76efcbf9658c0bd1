namespace OrleansTasks.Schedules;

/// <summary>What came of a <see cref="ScheduleRequest"/>.</summary>
public enum ScheduleOutcome
{
    /// <summary>It was done, and is on disk.</summary>
    Done = 0,

    /// <summary>There is no such schedule in this queue.</summary>
    NotFound = 1,

    /// <summary>There is a schedule with the id of a new one, or the stored version is another one.</summary>
    Conflict = 2,

    /// <summary>The queue takes no more tasks, or no more schedules.</summary>
    QueueFull = 3,

    /// <summary>A backfill has too many times; <see cref="ScheduleReply.Accepted"/> says how many.</summary>
    TooMany = 4,

    /// <summary>The idempotency key is known: the reply says what was done then.</summary>
    Replayed = 5,

    /// <summary>The idempotency key was used with another body.</summary>
    KeyReused = 6,
}
