namespace OrleansTasks.Jobs;

/// <summary>Outcome of posting a <see cref="JobBlock"/>.</summary>
public enum AppendOutcome : byte
{
    /// <summary>Some or all items are on disk.</summary>
    Taken,

    /// <summary>Nothing was taken: the workers are behind, or the job's pace is exceeded. Send again shortly.</summary>
    Full,

    /// <summary>The job takes no more items: it is closed, was cancelled or has ended.</summary>
    Closed,

    /// <summary>The job's source is not a stream.</summary>
    NotAStream,

    /// <summary>The job does not exist.</summary>
    NoJob,

    /// <summary>The grain restarted: whether the previous block, or this repeated one, was taken is unknown.</summary>
    UploadUnknown,
}
