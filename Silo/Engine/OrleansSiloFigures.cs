using Orleans.Providers;
using OrleansTasks.Silo.Calls;

namespace OrleansTasks.Silo.Engine;

/// <summary>Returns a silo's figures to a caller that asks all silos for theirs.</summary>
internal sealed class OrleansSiloFigures(OwnFigures own, ILocalSiloDetails silo) : IControllable
{
    /// <summary>The key of this control command provider.</summary>
    public const string Name = "call-figures";

    /// <summary>The command that asks for the figures.</summary>
    public const int All = 1;

    /// <inheritdoc/>
    public Task<object?> ExecuteCommand(int command, object? arg) => Task.FromResult<object?>(own.Read(silo.Name));
}
