using Orleans.Providers;

namespace OrleansTasks.Cluster.Status;

/// <summary>
/// Returns a silo's figures to a caller that asks all silos for theirs. The caller names this class, so both ends know it.
/// </summary>
/// <param name="read">Reads the figures of the silo of a name.</param>
/// <param name="silo">This silo.</param>
public sealed class SiloFigureProvider(Func<string, SiloFigures> read, ILocalSiloDetails silo) : IControllable
{
    /// <summary>The key of this control command provider.</summary>
    public const string Name = "call-figures";

    /// <summary>The command that asks for the figures.</summary>
    public const int All = 1;

    /// <inheritdoc/>
    public Task<object?> ExecuteCommand(int command, object? arg) => Task.FromResult<object?>(read(silo.Name));
}
