namespace OrleansTasks.Jobs;

/// <summary>What became of a <see cref="JobBlock"/>.</summary>
public enum AppendOutcome : byte
{
    /// <summary>Some or all of it was taken.</summary>
    Taken,

    /// <summary>The workers are behind, or the pace holds it back: nothing was taken; send it again in a moment.</summary>
    Full,

    /// <summary>The job takes no more items: it is closed, was cancelled, or has ended.</summary>
    Closed,

    /// <summary>The job has another source.</summary>
    NotAStream,

    /// <summary>There is no such job.</summary>
    NoJob,

    /// <summary>The grain has begun anew since: whether the piece before this one, or this one when it is a repeat, was taken is unknown.</summary>
    UploadUnknown,
}
