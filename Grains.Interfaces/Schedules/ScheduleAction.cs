namespace OrleansTasks.Schedules;

/// <summary>What a <see cref="ScheduleRequest"/> asks for.</summary>
public enum ScheduleAction
{
    /// <summary>A new schedule; refused when there is one with its id.</summary>
    Create = 0,

    /// <summary>A schedule as in the body: a new one, or another body for the one that is there.</summary>
    Put = 1,

    /// <summary>The schedule's end. What it started goes on.</summary>
    Delete = 2,

    /// <summary>Times pass without occurrences.</summary>
    Pause = 3,

    /// <summary>Times count again, from now on.</summary>
    Resume = 4,

    /// <summary>An occurrence at once.</summary>
    Trigger = 5,

    /// <summary>Occurrences for the times of a past range.</summary>
    Backfill = 6,

    /// <summary>The end of backfills: those that have not started are forgotten.</summary>
    CancelBackfill = 7,
}
