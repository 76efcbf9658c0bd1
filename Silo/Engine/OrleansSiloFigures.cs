using Orleans.Providers;
using OrleansTasks.Cluster.Status;
using OrleansTasks.Silo.Calls;

namespace OrleansTasks.Silo.Engine;

/// <summary>
/// The same as <see cref="SiloFigureProvider"/> for gateways of an earlier version (wire level 2 or lower), which name this class.
/// </summary>
internal sealed class OrleansSiloFigures(OwnFigures own, ILocalSiloDetails silo) : IControllable
{
    /// <inheritdoc/>
    public Task<object?> ExecuteCommand(int command, object? arg) => Task.FromResult<object?>(own.Read(silo.Name));
}
