namespace OrleansTasks.Jobs;

/// <summary>The outcome of closing a job's stream.</summary>
public enum CloseOutcome : byte
{
    /// <summary>The stream is closed, by this call or an earlier one.</summary>
    Closed,

    /// <summary>The job has ended.</summary>
    Finished,

    /// <summary>The job's source is not a stream.</summary>
    NotAStream,

    /// <summary>The job does not exist.</summary>
    NoJob,
}
