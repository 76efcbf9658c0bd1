namespace OrleansTasks.Jobs;

/// <summary>What became of closing a job's stream.</summary>
public enum CloseOutcome : byte
{
    /// <summary>It takes no more items; that may have been so before.</summary>
    Closed,

    /// <summary>The job has ended.</summary>
    Finished,

    /// <summary>The job has another source.</summary>
    NotAStream,

    /// <summary>There is no such job.</summary>
    NoJob,
}
