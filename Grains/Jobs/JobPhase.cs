namespace OrleansTasks.Jobs;

/// <summary>Where a job stands within its life; callers see the coarser <see cref="JobState"/>. The numbers are stored.</summary>
public enum JobPhase : byte
{
    /// <summary>Its source may give more items.</summary>
    Reading = 0,

    /// <summary>Its source is at its end; chunks are still open.</summary>
    Draining = 1,

    /// <summary>A cancel was asked for; its chunks are being dropped.</summary>
    Cancelling = 2,

    /// <summary>It has failed; its chunks are being dropped.</summary>
    Failing = 3,

    /// <summary>Every item was processed.</summary>
    Succeeded = 4,

    /// <summary>It failed.</summary>
    Failed = 5,

    /// <summary>It was cancelled.</summary>
    Cancelled = 6,
}
