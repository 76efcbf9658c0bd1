namespace OrleansTasks.Schedules;

/// <summary>The action that a <see cref="ScheduleRequest"/> asks for.</summary>
public enum ScheduleAction
{
    /// <summary>Creates a schedule; refused if the id is in use.</summary>
    Create = 0,

    /// <summary>Creates the schedule, or replaces the body of the existing one.</summary>
    Put = 1,

    /// <summary>Deletes the schedule. What it started continues.</summary>
    Delete = 2,

    /// <summary>Pauses the schedule: times pass without occurrences.</summary>
    Pause = 3,

    /// <summary>Resumes the schedule from now on.</summary>
    Resume = 4,

    /// <summary>Starts an occurrence at once.</summary>
    Trigger = 5,

    /// <summary>Adds occurrences for the times of a past range.</summary>
    Backfill = 6,

    /// <summary>Cancels backfills: removes their occurrences that have not started.</summary>
    CancelBackfill = 7,
}
