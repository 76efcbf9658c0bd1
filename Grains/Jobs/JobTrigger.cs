namespace OrleansTasks.Jobs;

/// <summary>What makes a job change its phase.</summary>
public enum JobTrigger : byte
{
    /// <summary>The whole source has been cut into chunks, or was closed.</summary>
    SourceEnd,

    /// <summary>No chunk is open any more, and none failed.</summary>
    AllDone,

    /// <summary>A caller cancels the job.</summary>
    Cancel,

    /// <summary>A chunk has used up its attempts, the source has failed, or a bound was exceeded.</summary>
    Fail,

    /// <summary>The open chunks of a cancelled or failed job were dropped.</summary>
    Stopped,
}
