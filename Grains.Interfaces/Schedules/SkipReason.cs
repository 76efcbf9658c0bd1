namespace OrleansTasks.Schedules;

/// <summary>Why an occurrence was skipped. Stored by number.</summary>
public enum SkipReason
{
    /// <summary>It was not skipped.</summary>
    None = 0,

    /// <summary>What an earlier occurrence started had not ended.</summary>
    Overlap = 1,

    /// <summary>The queue took no more tasks.</summary>
    QueueFull = 2,
}
