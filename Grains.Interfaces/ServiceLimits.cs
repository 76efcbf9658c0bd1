namespace OrleansTasks;

/// <summary>The bounds of a service that hold unless an option says otherwise. docs/limits.md lists all of them.</summary>
public static class ServiceLimits
{
    /// <summary>How many queues may be in use (<c>--max-queues</c>).</summary>
    public const int MaxQueues = 2_000;
}
