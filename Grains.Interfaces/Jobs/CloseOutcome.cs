namespace OrleansTasks.Jobs;

/// <summary>The outcome of closing a job's stream.</summary>
public enum CloseOutcome : byte
{
    /// <summary>The stream is closed, by this call or an earlier one. The job may have ended since.</summary>
    Closed,

    /// <summary>The job ended before its stream was closed: it failed or was cancelled.</summary>
    Finished,

    /// <summary>The job's source is not a stream.</summary>
    NotAStream,

    /// <summary>The job does not exist.</summary>
    NoJob,
}
