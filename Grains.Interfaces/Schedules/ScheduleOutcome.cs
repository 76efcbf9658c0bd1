namespace OrleansTasks.Schedules;

/// <summary>The outcome of a <see cref="ScheduleRequest"/>.</summary>
public enum ScheduleOutcome
{
    /// <summary>The request was carried out, and the change is stored.</summary>
    Done = 0,

    /// <summary>There is no such schedule in this queue.</summary>
    NotFound = 1,

    /// <summary>The id of a new schedule is in use, or the stored version differs from the requested one.</summary>
    Conflict = 2,

    /// <summary>The queue accepts no more tasks or schedules.</summary>
    QueueFull = 3,

    /// <summary>The backfill has too many times. <see cref="ScheduleReply.Accepted"/> has their number.</summary>
    TooMany = 4,

    /// <summary>The idempotency key is known. The reply repeats the first one.</summary>
    Replayed = 5,

    /// <summary>The idempotency key was used with another body.</summary>
    KeyReused = 6,
}
