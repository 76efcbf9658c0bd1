namespace OrleansTasks.Storage;

/// <summary>How many changes of resources are kept.</summary>
internal static class ResourceEventBound
{
    /// <summary>As many as a change every minute makes in a week.</summary>
    internal const int Kept = ServiceLimits.ResourceEvents;
}
