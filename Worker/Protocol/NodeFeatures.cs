namespace OrleansTasks.Worker.Protocol;

/// <summary>The bits of <see cref="StatusReport.Features"/> and <see cref="StatusAnswer.Features"/>.</summary>
public static class NodeFeatures
{
    /// <summary>Leases are renewed by <see cref="StatusAnswer.Terms"/>, each partition's apart.</summary>
    public const uint Terms = 1;
}
