using OrleansTasks.Cluster;
using OrleansTasks.Cluster.Status;
using OrleansTasks.Silo.Calls;

namespace OrleansTasks.Silo.Engine;

/// <summary>
/// Like <see cref="OrleansEngineWatch"/>, for the process of the only silo. Its figures, which are read every second,
/// need no calls.
/// </summary>
internal sealed class OrleansOwnWatch(IGrainFactory grains, OwnFigures own, ILocalSiloDetails silo)
    : OrleansEngineWatch(grains)
{
    /// <inheritdoc/>
    public override Task<ImmutableArray<SiloFigures>> Figures() =>
        Task.FromResult<ImmutableArray<SiloFigures>>([own.Read(silo.Name)]);
}
