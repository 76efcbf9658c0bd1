namespace OrleansTasks.Schedules;

/// <summary>Why there is an occurrence. Stored by number.</summary>
public enum OccurrenceKind
{
    /// <summary>Its time came.</summary>
    Time = 0,

    /// <summary>A user asked for one at once.</summary>
    Trigger = 1,

    /// <summary>A user asked for the times of a past range.</summary>
    Backfill = 2,
}
