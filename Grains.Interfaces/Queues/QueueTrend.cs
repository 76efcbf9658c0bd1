namespace OrleansTasks.Queues;

/// <summary>How the number of a queue's waiting tasks changes.</summary>
public enum QueueTrend : byte
{
    /// <summary>Nothing is known yet.</summary>
    Unknown,

    /// <summary>Tasks arrive faster than they start.</summary>
    Growing,

    /// <summary>Tasks start about as fast as they arrive.</summary>
    Steady,

    /// <summary>Tasks start faster than they arrive.</summary>
    Shrinking,
}
