namespace OrleansTasks.Jobs;

/// <summary>State of a job in the HTTP contract. Stored as a number: never renumber.</summary>
public enum JobState : byte
{
    /// <summary>Reading, processing, or stopping after a cancel or failure.</summary>
    Running = 0,

    /// <summary>Every item was processed.</summary>
    Succeeded = 1,

    /// <summary>Failed; the aggregate covers the work done before.</summary>
    Failed = 2,

    /// <summary>Cancelled; the aggregate covers the work done before.</summary>
    Cancelled = 3,
}
