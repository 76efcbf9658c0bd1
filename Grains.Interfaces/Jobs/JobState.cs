namespace OrleansTasks.Jobs;

/// <summary>The state of a job, as the HTTP contract names it. The numbers are stored and must not change.</summary>
public enum JobState : byte
{
    /// <summary>It reads, processes, or winds up after a cancel or a failure.</summary>
    Running = 0,

    /// <summary>Every item of its source was processed.</summary>
    Succeeded = 1,

    /// <summary>It failed; the aggregate covers what was done before.</summary>
    Failed = 2,

    /// <summary>It was cancelled; the aggregate covers what was done before.</summary>
    Cancelled = 3,
}
