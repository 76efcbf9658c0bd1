namespace OrleansTasks.Queues;

/// <summary>How a queue chooses among the matching nodes that have a free slot.</summary>
public enum Placement
{
    /// <summary>The node with the lowest share of slots in use; of equals, the one idle longest.</summary>
    LeastLoaded,

    /// <summary>The next node in a ring ordered by node id.</summary>
    RoundRobin,
}
