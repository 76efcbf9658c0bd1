namespace OrleansTasks.Storage;

/// <summary>The number of node state changes that are kept.</summary>
internal static class NodeEventBound
{
    /// <summary>Enough for a fleet of a thousand nodes to come and go five times.</summary>
    internal const int Kept = ServiceLimits.NodeEvents;
}
