namespace OrleansTasks.Jobs;

/// <summary>Why a job changes its phase. Only the first cancel or failure has an effect.</summary>
public enum JobTrigger : byte
{
    /// <summary>The source is cut to its end, or closed. Chunks may still be open.</summary>
    SourceEnd,

    /// <summary>After <see cref="SourceEnd"/>: all chunks are folded, and no aggregate has parts to reduce.</summary>
    AllDone,

    /// <summary>A user cancels the job.</summary>
    Cancel,

    /// <summary>
    /// The job can no longer succeed: a chunk used up its attempts, a result is unreadable or cannot be folded, the
    /// source failed, or a bound such as <c>maxErrors</c> was exceeded.
    /// </summary>
    Fail,

    /// <summary>After Cancel or Fail: a commit dropped the open chunks, and earlier ended ones are folded.</summary>
    Stopped,
}
