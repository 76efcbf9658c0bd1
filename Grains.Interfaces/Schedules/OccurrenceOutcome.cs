namespace OrleansTasks.Schedules;

/// <summary>What has become of an occurrence. Stored by number.</summary>
public enum OccurrenceOutcome
{
    /// <summary>It waits for its start.</summary>
    Pending = 0,

    /// <summary>It has started something.</summary>
    Started = 1,

    /// <summary>It was passed over when its time came.</summary>
    Skipped = 2,

    /// <summary>Nobody could look at it in time, because the service was down or a clock was set forward.</summary>
    Missed = 3,
}
