namespace OrleansTasks.Jobs;

/// <summary>The outcome of posting a <see cref="JobBlock"/>.</summary>
public enum AppendOutcome : byte
{
    /// <summary>Some or all of the items are stored.</summary>
    Taken,

    /// <summary>
    /// Nothing was taken: the workers are behind, or the job's pace is exceeded. The sender retries shortly.
    /// </summary>
    Full,

    /// <summary>The job takes no more items: its stream is closed, or it was cancelled or has ended.</summary>
    Closed,

    /// <summary>The job's source is not a stream.</summary>
    NotAStream,

    /// <summary>The job does not exist.</summary>
    NoJob,

    /// <summary>
    /// The job has forgotten the upload, or has fewer of its items than the block's offset, so it cannot tell which
    /// items it has.
    /// </summary>
    UploadUnknown,
}
