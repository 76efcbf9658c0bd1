namespace OrleansTasks.Schedules;

/// <summary>Why an occurrence was skipped. The values are stored and must not change.</summary>
public enum SkipReason
{
    /// <summary>The occurrence was not skipped.</summary>
    None = 0,

    /// <summary>An earlier start had not ended.</summary>
    Overlap = 1,

    /// <summary>The queue accepted no more tasks.</summary>
    QueueFull = 2,
}
