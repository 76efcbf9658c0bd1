namespace OrleansTasks.Schedules;

/// <summary>Why an occurrence exists. The values are stored and must not change.</summary>
public enum OccurrenceKind
{
    /// <summary>A time of the schedule was reached.</summary>
    Time = 0,

    /// <summary>A user triggered an occurrence at once.</summary>
    Trigger = 1,

    /// <summary>A user requested a backfill of a past range.</summary>
    Backfill = 2,
}
