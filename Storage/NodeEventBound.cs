namespace OrleansTasks.Storage;

/// <summary>How many changes of nodes' states are kept.</summary>
internal static class NodeEventBound
{
    /// <summary>As many as a fleet of a thousand makes by coming and going five times.</summary>
    internal const int Kept = ServiceLimits.NodeEvents;
}
