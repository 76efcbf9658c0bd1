namespace OrleansTasks.Schedules;

/// <summary>The outcome of an occurrence so far. The values are stored and must not change.</summary>
public enum OccurrenceOutcome
{
    /// <summary>The occurrence waits for its start.</summary>
    Pending = 0,

    /// <summary>The occurrence started a task, job or workflow.</summary>
    Started = 1,

    /// <summary>The occurrence was skipped when its time came.</summary>
    Skipped = 2,

    /// <summary>
    /// The service did not process the time soon enough, because it was down or a clock was set forward.
    /// </summary>
    Missed = 3,
}
