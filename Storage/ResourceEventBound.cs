namespace OrleansTasks.Storage;

/// <summary>The number of resource changes that are kept.</summary>
internal static class ResourceEventBound
{
    /// <summary>Enough for a change every minute for a week.</summary>
    internal const int Kept = ServiceLimits.ResourceEvents;
}
