namespace OrleansTasks.Jobs;

/// <summary>What makes a job change its phase.</summary>
public enum JobTrigger : byte
{
    /// <summary>Its source has given its last item.</summary>
    SourceEnd,

    /// <summary>Its last open chunk has ended well.</summary>
    AllDone,

    /// <summary>Somebody cancelled it.</summary>
    Cancel,

    /// <summary>A chunk failed for good, or a bound was passed.</summary>
    Fail,

    /// <summary>None of its chunks is open any more, after a cancel or a failure.</summary>
    Stopped,
}
