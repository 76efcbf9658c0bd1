using OrleansTasks.Cluster.Link;
using OrleansTasks.Cluster.Status;

namespace OrleansTasks.Client.Operations;

/// <summary>Checks that a silo can activate grains, which a task of a new queue needs.</summary>
public sealed class ActivationReadiness(IClusterLink link, ActivationProbe probe) : IReadinessCheck
{
    /// <inheritdoc />
    public string Name => "silo";

    /// <inheritdoc />
    // While no silo answers, the check of the store says so.
    public async ValueTask<string?> FindProblem(CancellationToken cancellation) =>
        link.IsUp ? await probe.FindFault().WaitAsync(cancellation) : null;
}
