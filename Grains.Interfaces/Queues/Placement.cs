namespace OrleansTasks.Queues;

/// <summary>How a queue chooses among the nodes that would do for a task and have a free slot.</summary>
public enum Placement
{
    /// <summary>The one with the lowest share of its slots in use, then the one that has been idle longest.</summary>
    LeastLoaded,

    /// <summary>The next one in the ring, which is in the order of the nodes' ids.</summary>
    RoundRobin,
}
